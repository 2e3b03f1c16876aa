"""What a password's hash costs, and that a change of it reaches the accounts that there are."""

import asyncio
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import httpx
import msgspec
import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import text

from app.config import Settings, SettingsError
from app.features.accounts.passwords import Passwords
from app.main import create_app
from tests.conftest import PASSWORD, serving, sign_up


async def hash_of(resources, account) -> str:
    async with resources.db.transaction() as session:
        query = text("select password_hash from users where id = :id")
        return await session.scalar(query, {"id": account["id"]})


async def test_without_settings_a_hash_costs_what_rfc_9106_recommends_and_only_its_password_matches():
    passwords = Passwords.of(Settings())

    made = await passwords.hash(PASSWORD)

    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert extract_parameters(made) == RFC_9106_LOW_MEMORY
    assert (await passwords.match(PASSWORD, made), await passwords.match("another", made)) == (True, False)
    assert not passwords.outdated(made)
    assert not await passwords.match(PASSWORD, None)


async def test_signing_in_makes_the_hash_anew_when_the_parameters_have_changed(anonymous, settings, resources):
    account = await sign_up(anonymous)
    old = await hash_of(resources, account)
    dearer = msgspec.structs.replace(settings, argon2_memory_kib=64, argon2_time_cost=2)
    async with serving(create_app(dearer)) as address, httpx.AsyncClient(base_url=f"{address}/api/v1") as client:
        wrong = await client.post("/auth/login", json={"email": account["email"], "password": "not the password"})
        unchanged = await hash_of(resources, account)
        right = await client.post("/auth/login", json={"email": account["email"], "password": PASSWORD})
        new = await hash_of(resources, account)

    assert (wrong.status_code, right.status_code) == (401, 200)
    assert unchanged == old
    assert ("m=8,t=1,p=1" in old, "m=64,t=2,p=1" in new) == (True, True)
    again = await anonymous.post("/auth/login", json={"email": account["email"], "password": PASSWORD})
    assert again.status_code == 200


async def test_the_hash_that_unknown_accounts_are_compared_with_follows_the_parameters(monkeypatch):
    compared = []
    passwords = Passwords(64, 2, 1, 1)
    verify = passwords._hasher.verify
    monkeypatch.setattr(
        type(passwords._hasher),
        "verify",
        lambda _, made, given: compared.append(made) or verify.__func__(_, made, given),
    )

    assert not await passwords.match(PASSWORD, None)

    assert [extract_parameters(made).memory_cost for made in compared] == [64]


async def test_no_more_are_hashed_at_once_than_the_setting_says_even_when_requests_are_broken_off():
    passwords = Passwords(8, 1, 1, 2)
    most, now, lock, both, go_on = 0, 0, threading.Lock(), threading.Event(), threading.Event()

    def slow(_: str) -> str:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
            if now == 2:
                both.set()
        go_on.wait(5)
        with lock:
            now -= 1
        return ""

    passwords._hasher = SimpleNamespace(hash=slow)
    given_up = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(4)]
    await asyncio.to_thread(both.wait, 5)
    for one in given_up:
        one.cancel()
    others = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(6)]
    await asyncio.sleep(0)
    assert now == 2
    go_on.set()
    await asyncio.gather(*others)

    assert most == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/auth/register", {"email": "waits@example.com", "password": PASSWORD, "display_name": "W"}, 201),
        ("POST", "/users/me/password", {"current_password": PASSWORD, "new_password": f"{PASSWORD}!"}, 204),
        ("DELETE", "/users/me", {"password": PASSWORD}, 204),
    ],
)
async def test_whoever_waits_for_a_hash_holds_no_connection(settings, method, path, body, status):
    one_at_once = msgspec.structs.replace(settings, argon2_time_cost=2, argon2_at_once=1)
    app, passwords, go_on = create_app(one_at_once), Passwords.of(one_at_once), threading.Event()
    async with serving(app) as address, httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {(await sign_up(client))['access_token']}"
        passwords._threads.submit(go_on.wait, 60)  # somebody else's password takes its time
        answer = asyncio.create_task(client.request(method, path, json=body))
        while not passwords._threads._work_queue.qsize():  # noqa: ASYNC110  another thread fills it
            await asyncio.sleep(0.01)
        held = app.state.resources.db.connections_in_use()
        go_on.set()
        answered = await answer

    assert (answered.status_code, held) == (status, 0), answered.text


@pytest.mark.skipif(sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1, reason="threads can't be told apart")
def test_hashing_leaves_a_core_to_requests():
    all_cores, allowed = os.sched_getaffinity(0), []
    passwords = Passwords(65_536, 1, 4, 1)
    asyncio.run(passwords.hash(PASSWORD))

    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):
            allowed.append(os.sched_getaffinity(int(thread.name)))
    assert all_cores - {min(all_cores)} in allowed


@pytest.mark.parametrize(
    "env",
    [
        {"ARGON2_MEMORY_KIB": "16", "ARGON2_PARALLELISM": "4"},
        {"ARGON2_MEMORY_KIB": "4096", "APP_ENV": "production", "SECRET_KEY": "mF3xk9Qw7Zt1Lp5Rv8Ny2Bc6Hd4Js0Ga"},
    ],
)
def test_parameters_that_the_algorithm_or_production_refuses_are_named(env):
    with pytest.raises(SettingsError, match="ARGON2_MEMORY_KIB"):
        Settings.from_env(env)
