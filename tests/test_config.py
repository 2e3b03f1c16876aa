from pathlib import Path

import pytest

from app.config import Settings, SettingsError

GOOD_KEY = "mF3xk9Qw7Zt1Lp5Rv8Ny2Bc6Hd4Js0Ga"


def test_an_empty_environment_is_development_on_this_machine_alone():
    settings = Settings.from_env({})

    assert (settings.app_env, settings.engine, settings.host, settings.port) == (
        "development",
        "auto",
        "127.0.0.1",
        8000,
    )
    assert settings.database_url is None


def test_an_empty_variable_counts_as_unset():
    assert Settings.from_env({"DATABASE_URL": "", "PORT": " "}).port == 8000


@pytest.mark.parametrize("env", [{"PORT": "eighty"}, {"PORT": "70000"}, {"ENGINE": "steam"}, {"JOB_LEASE_SECONDS": "0"}, {"APP_ENV": "prod"}])  # fmt: skip
def test_a_bad_value_names_its_variable(env):
    with pytest.raises(SettingsError, match=next(iter(env))):
        Settings.from_env(env)


@pytest.mark.parametrize("key", ["", "short", "a" * 64, "abcabcabc" * 8])
def test_production_refuses_a_missing_or_weak_key(key):
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        Settings.from_env(
            {"APP_ENV": "production", "SECRET_KEY": key, "DATABASE_URL": "postgresql://u:long-and-odd@db/s"}
        )


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL"])
@pytest.mark.parametrize("password", ["postgres", "changeme", "Strand", ""])
def test_production_refuses_a_default_password_anywhere(name, password):
    scheme = "postgresql" if name == "DATABASE_URL" else "redis"

    with pytest.raises(SettingsError, match=name):
        Settings.from_env({"APP_ENV": "production", "SECRET_KEY": GOOD_KEY, name: f"{scheme}://user:{password}@host/0"})


def test_production_starts_with_real_secrets():
    env = {
        "APP_ENV": "production",
        "SECRET_KEY": GOOD_KEY,
        "DATABASE_URL": "postgresql://s:pVx83kd@db/s",
        "BROKER_URL": "redis://r/0",
    }

    assert Settings.from_env(env).production


def test_secrets_are_masked_wherever_settings_are_shown():
    settings = Settings.from_env(
        {"SECRET_KEY": GOOD_KEY, "OPENAI_API_KEY": "sk-123", "DATABASE_URL": "postgresql://u:pw@h/d"}
    )

    shown = repr(settings) + str(settings.public())

    assert not any(secret in shown for secret in (GOOD_KEY, "sk-123", "pw@h"))


def test_every_setting_is_explained_in_the_example_file():
    text = (Path(__file__).parents[1] / ".env.example").read_text()

    assert [name for name in Settings().public() if f"{name}=" not in text] == []


@pytest.mark.parametrize("pauses", ["5,soon", "0", "-1,5", "700000", "nan"])
def test_pauses_that_are_none_are_refused(pauses):
    with pytest.raises(SettingsError, match="WEBHOOK_RETRY_SECONDS"):
        Settings.from_env({"WEBHOOK_RETRY_SECONDS": pauses})


def test_production_lets_no_webhook_into_the_inner_network():
    env = {"APP_ENV": "production", "SECRET_KEY": GOOD_KEY, "DATABASE_URL": "postgresql://s:pVx83kd@db/s"}

    with pytest.raises(SettingsError, match="WEBHOOK_ALLOW_PRIVATE"):
        Settings.from_env({**env, "WEBHOOK_ALLOW_PRIVATE": "true"})
    assert Settings.from_env(env).webhook_pauses[:2] == (5, 300)


def test_a_secret_may_lie_in_a_file_and_the_variable_itself_wins(tmp_path):
    path = tmp_path / "key"
    path.write_text(f"{GOOD_KEY}\n")

    assert Settings.from_env({"SECRET_KEY_FILE": str(path)}).secret_key == GOOD_KEY
    assert Settings.from_env({"SECRET_KEY_FILE": str(path), "SECRET_KEY": "another"}).secret_key == "another"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_production_does_not_start_with_a_secret_file_that_is_missing_empty_or_no_text(tmp_path, content):
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsError, match="SECRET_KEY"):
        Settings.from_env({"APP_ENV": "production", "SECRET_KEY_FILE": str(path)})
