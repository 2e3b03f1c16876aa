"""Mail as a real server takes it; what goes over the wire, and what doesn't."""

import asyncio
import stat
from uuid import UUID

import msgspec
import pytest

from app.config import Settings, SettingsError
from app.features.accounts import tasks
from app.shared.bell import Bell, build_bell
from app.shared.clients.mail import MailDelayed, MailRefused, send
from app.shared.jobs import JobQueue, Task
from app.shared.resources import open_resources
from tests.conftest import sign_up, working
from tests.features.accounts.post import TOKEN, certificate, mail_server

MAIL = ("nell@example.com", "Tides", "The moon pulls.\n")


def by(url: str, **more: str) -> Settings:
    return Settings.from_env({"SMTP_URL": url, "MAIL_FROM": "Strand <strand@example.org>", **more})


async def test_a_mail_goes_out_encrypted_and_signed_in_to_one_recipient_whatever_the_address_looks_like(
    tmp_path, monkeypatch
):
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with mail_server(pem, "pass word") as box:
        settings = by(f"smtp://post:pass%20word@127.0.0.1:{box.port}")
        await send(settings, *MAIL)
        await send(settings, "nell,boss@bücher.example", "Tides\r\nBcc: x@example.com".replace("\r\n", " "), "x")

    (_, first, mail), (_, second, odd) = box.mails
    assert box.secure == [True, True]
    assert (first, mail["To"], mail["From"]) == (
        ["nell@example.com"],
        "nell@example.com",
        "Strand <strand@example.org>",
    )
    assert (mail["Subject"], mail.get_content().strip()) == ("Tides", "The moon pulls.")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert len(second) == 1
    assert second[0].endswith("@xn--bcher-kva.example")
    assert [one.addr_spec for one in odd["To"].addresses] == ['"nell,boss"@xn--bcher-kva.example']


async def test_nothing_is_sent_to_a_server_whose_certificate_is_not_trusted_or_that_offers_none(tmp_path):
    async with mail_server(certificate(tmp_path)) as box:
        with pytest.raises(MailDelayed, match="SSL"):
            await send(by(f"smtp://127.0.0.1:{box.port}"), *MAIL)
    async with mail_server() as plain:
        with pytest.raises(MailDelayed):
            await send(by(f"smtp://here.localhost:{plain.port}"), *MAIL)  # a name that isn't known for this machine's
        await send(by(f"smtp://127.0.0.1:{plain.port}"), *MAIL)

    assert "DATA" not in box.said
    assert len(plain.mails) == 1


async def test_a_refused_password_or_recipient_is_told_without_the_servers_words():
    async with mail_server(password="right") as box:
        with pytest.raises(MailDelayed, match="SMTPAuthenticationError") as wrong:
            await send(by(f"smtp://post:wrong-password@127.0.0.1:{box.port}"), *MAIL)
        box.answers = {"RCPT": ["550 no such nell@example.com", "450 later"]}
        with pytest.raises(MailRefused, match="550") as never:
            await send(by(f"smtp://127.0.0.1:{box.port}"), *MAIL)
        with pytest.raises(MailDelayed, match="450"):
            await send(by(f"smtp://127.0.0.1:{box.port}"), *MAIL)
    with pytest.raises(MailDelayed):
        await send(by(f"smtp://127.0.0.1:{box.port}"), *MAIL)  # nobody is there any more
    with pytest.raises(MailRefused):
        await send(by("smtp://127.0.0.1"), "nell@-.example", "x", "x")

    assert "wrong-password" not in wrong.value.message
    assert "nell" not in never.value.message


async def test_without_a_server_mails_are_files_that_only_their_owner_reads(tmp_path):
    await send(Settings.from_env({"STRAND_HOME": str(tmp_path)}), *MAIL)

    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (file, file.parent)] == [0o600, 0o700]
    assert b"The moon pulls." in file.read_bytes()


async def test_a_mail_that_cannot_be_sent_is_tried_again_with_another_token(anonymous, settings):
    account = await sign_up(anonymous)
    errand = Task("tests.send_mail", tasks.send_mail.run, 60, 1, None, urgent=True)
    async with mail_server() as box:
        box.answers = {"MAIL": ["451 busy", "451 busy"], "RCPT": ["451 busy"]}
        posting = msgspec.structs.replace(
            settings, smtp_url=f"smtp://127.0.0.1:{box.port}", smtp_retry_seconds=0.1, owner_max_queued=1
        )
        async with open_resources(posting) as resources, working(posting, resources, {errand.name: errand}):
            bell = Bell(build_bell(posting.database_url))
            queue = JobQueue(bell, posting)
            user_id = UUID(account["id"])
            async with resources.db.transaction() as session:
                job = await queue.enqueue(
                    session, errand, user_id, None, None, user_id=user_id, purpose="reset_password"
                )
            for _ in range(600):
                done = (await anonymous.get(f"/jobs/{job.id}", headers=bearer(account))).json()
                if done["status"] not in {"queued", "running"}:
                    break
                await asyncio.sleep(0.05)
            told = (await anonymous.get(f"/jobs/{job.id}/events", headers=bearer(account))).text
            await bell.close()

    ((_, recipients, mail),) = box.mails
    token = TOKEN.search(mail.get_content()).group(1)
    assert (done["status"], recipients) == ("succeeded", [account["email"]])
    assert token not in told
    assert token not in str(done)


def bearer(account: dict) -> dict[str, str]:
    return {"Authorization": f"Bearer {account['access_token']}"}


@pytest.mark.parametrize(
    "env",
    [
        {"SMTP_URL": "mail.example.com"}, {"SMTP_URL": "http://mail.example.com"}, {"SMTP_URL": "smtp://"},
        {"SMTP_URL": "smtp://a:b@host:port"}, {"MAIL_FROM": "nobody"}, {"MAIL_FROM": "a@b.c\nBcc: x@y.z"},
        {"PUBLIC_URL": "javascript:alert(1)"},
    ],
)  # fmt: skip
def test_settings_by_which_no_mail_could_be_sent_are_named_at_the_start(env):
    with pytest.raises(SettingsError, match=next(iter(env))):
        Settings.from_env(env)


def test_the_servers_password_is_not_shown():
    assert "hush" not in repr(by("smtp://post:hush@mail.example.com"))
