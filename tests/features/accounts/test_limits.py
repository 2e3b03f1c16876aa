"""How often one may try to sign in, register and refresh; counted in the database and in a real Redis."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import msgspec
import pytest

from app.main import create_app
from tests.conftest import PASSWORD, serving, sign_up
from tests.faults.servers import RedisServer

FEW = {"registrations_per_minute": 4, "refreshes_per_minute": 5, "failed_logins_per_account": 3, "failed_logins_per_address": 7}  # fmt: skip


@pytest.fixture(scope="module", params=["the database", "redis"])
async def strict(settings, request):
    """An API with narrow limits behind a proxy on this machine; each test speaks from addresses of its own."""
    given = {**FEW, "trusted_proxies": "127.0.0.0/8"}
    redis = None
    if request.param == "redis":
        if not shutil.which("redis-server"):
            pytest.skip("there is no redis-server")
        redis = RedisServer()
        given["broker_url"] = redis.url
    async with serving(create_app(msgspec.structs.replace(settings, **given))) as address:
        yield address
    if redis:
        redis.remove()


@asynccontextmanager
async def from_somewhere(address):
    somewhere = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    headers = {"X-Forwarded-For": f"192.0.2.1, {somewhere}"}
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", headers=headers, timeout=30) as client:
        yield client


async def tries(client, email, password, count):
    login = {"email": email, "password": password}
    answers = await asyncio.gather(*(client.post("/auth/login", json=login) for _ in range(count)))
    return [answer.status_code for answer in answers], answers


async def test_an_account_that_was_failed_at_too_often_lets_nobody_in_for_a_while_wherever_he_is(strict):
    async with from_somewhere(strict) as owner, from_somewhere(strict) as guesser:
        account = await sign_up(owner)
        codes, answers = await tries(guesser, account["email"], "a wrong password", 6)
        right, refused = await tries(owner, account["email"], PASSWORD, 1)

    assert sorted(codes) == [401, 401, 401, 429, 429, 429]
    assert right == [429]
    for answer in (*[one for one in answers if one.status_code == 429], *refused):
        assert answer.json()["code"] == "too_many_attempts"
        assert 1 <= int(answer.headers["retry-after"]) <= 901


async def test_an_unknown_e_mail_is_limited_as_a_known_one_is(strict):
    async with from_somewhere(strict) as client:
        codes, _ = await tries(client, f"{uuid4().hex}@example.com", "a wrong password", 5)

    assert sorted(codes) == [401, 401, 401, 429, 429]


async def test_signing_in_well_uses_nothing_up(strict):
    async with from_somewhere(strict) as client:
        account = await sign_up(client)
        codes = [(await tries(client, account["email"], PASSWORD, 1))[0][0] for _ in range(9)]

    assert codes == [200] * 9


async def test_an_address_that_fails_at_many_accounts_is_stopped_and_others_are_not(strict):
    async with from_somewhere(strict) as guesser, from_somewhere(strict) as other:
        codes = [(await tries(guesser, f"{uuid4().hex}@example.com", "a guess at it", 1))[0][0] for _ in range(9)]
        elsewhere, _ = await tries(other, f"{uuid4().hex}@example.com", "a guess at it", 1)

    assert codes == [401] * 7 + [429] * 2
    assert elsewhere == [401]


async def test_registering_and_refreshing_are_limited_by_address(strict):
    async with from_somewhere(strict) as client, from_somewhere(strict) as other:
        account = await sign_up(client)
        refreshed = [
            (await client.post("/auth/refresh", json={"refresh_token": "unknown"})).status_code for _ in range(7)
        ]
        registered = []
        for one in (client, client, client, client, other):
            new = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "display_name": "Nell"}
            registered.append((await one.post("/auth/register", json=new)).status_code)

    assert account["access_token"]
    assert refreshed == [401] * 5 + [429] * 2
    assert registered == [201, 201, 201, 429, 201]
