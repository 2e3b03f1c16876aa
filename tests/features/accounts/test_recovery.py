"""E-mails that are verified and passwords that are reset, by tokens that are mailed."""

import logging
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import text

from app.main import create_app
from tests.conftest import PASSWORD, serving, sign_up
from tests.features.accounts.post import mailed, mails_to
from tests.isolation.test_erasure import tables_that_say

NEW = "another horse, another battery"
pytestmark = pytest.mark.usefixtures("worker")


async def status(client: httpx.AsyncClient, path: str, **body: str) -> tuple[int, str]:
    answer = await client.post(path, json=body)
    return answer.status_code, answer.json()["code"] if answer.content else ""


async def test_a_forgotten_password_is_reset_once_by_mail_and_every_sign_in_ends(
    anonymous, settings, resources, caplog
):
    caplog.set_level(logging.DEBUG)
    account = await sign_up(anonymous)
    email = account["email"]

    known = await anonymous.post("/auth/password-reset", json={"email": email.upper()})
    unknown = await anonymous.post("/auth/password-reset", json={"email": f"{uuid4().hex}@example.com"})
    token = await mailed(settings.home, email)
    stored = await tables_that_say(resources, token)
    purpose = await status(anonymous, "/auth/verify", token=token)
    short = await status(anonymous, "/auth/password-reset/confirm", token=token, new_password="short")
    done = await status(anonymous, "/auth/password-reset/confirm", token=token, new_password=NEW)
    again = await status(anonymous, "/auth/password-reset/confirm", token=token, new_password=NEW)

    def plain(answer: httpx.Response) -> tuple:
        return (
            answer.status_code,
            answer.content,
            {k: v for k, v in answer.headers.items() if k not in {"date", "x-request-id"}},
        )

    assert plain(known) == plain(unknown)
    assert known.status_code == 204
    assert (purpose, short) == ((422, "invalid_token"), (400, "invalid_request"))
    assert (done, again) == ((204, ""), (422, "invalid_token"))
    bearer = {"Authorization": f"Bearer {account['access_token']}"}
    assert (await anonymous.get("/users/me", headers=bearer)).status_code == 401
    assert (await status(anonymous, "/auth/refresh", refresh_token=account["refresh_token"]))[0] == 401
    assert (await status(anonymous, "/auth/login", email=email, password=PASSWORD))[0] == 401
    signed_in = await anonymous.post("/auth/login", json={"email": email, "password": NEW})
    bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    (job,) = (await anonymous.get("/jobs", headers=bearer)).json()["items"]
    assert job["kind"] == "accounts.send_mail"
    assert stored == []
    assert token not in caplog.text
    assert NEW not in caplog.text


async def test_a_token_that_is_over_or_one_of_several_after_another_was_used_is_no_good(anonymous, settings, resources):
    email = (await sign_up(anonymous))["email"]
    tokens = []
    for count in (1, 2, 3):
        assert await status(anonymous, "/auth/password-reset", email=email) == (204, "")
        tokens.append(await mailed(settings.home, email, count))
    async with resources.db.transaction() as session:
        over = "update account_tokens set expires_at = now() where token_hash = encode(sha256(:token), 'hex')"
        await session.execute(text(over), {"token": tokens[2].encode()})

    codes = [
        (await status(anonymous, "/auth/password-reset/confirm", token=token, new_password=NEW))[0]
        for token in (tokens[2], tokens[0], tokens[1])
    ]

    assert codes == [422, 204, 422]


async def test_mails_are_limited_for_known_and_unknown_e_mails_alike_and_an_account_that_is_closed_gets_none(
    anonymous, operator, settings
):
    account, nobody = await sign_up(anonymous), f"{uuid4().hex}@example.com"
    assert (await operator.patch(f"/users/{account['id']}", json={"is_active": False})).status_code == 200

    codes = {
        email: [(await status(anonymous, "/auth/password-reset", email=email)) for _ in range(6)]
        for email in (account["email"], nobody)
    }

    assert list(codes.values()) == [[(204, "")] * 5 + [(429, "too_many_attempts")]] * 2
    assert mails_to(settings.home, account["email"]) == []


async def test_where_e_mails_must_be_verified_nobody_signs_in_before(settings, resources):
    wanted = msgspec.structs.replace(settings, require_verified_email=True)
    email = f"{uuid4().hex}@example.com"
    new = {"email": email, "password": PASSWORD, "display_name": "Nell"}
    async with serving(create_app(wanted)) as address, httpx.AsyncClient(base_url=f"{address}/api/v1") as client:
        assert (await client.post("/auth/register", json=new)).status_code == 201
        wrong = await status(client, "/auth/login", email=email, password="not the password")
        right = await status(client, "/auth/login", email=email, password=PASSWORD)
        first = await mailed(settings.home, email)
        assert await status(client, "/auth/verify/request", email=email) == (204, "")
        await mailed(settings.home, email, 2)
        verified = await status(client, "/auth/verify", token=first)
        after = await client.post("/auth/login", json={"email": email, "password": PASSWORD})
        assert await status(client, "/auth/verify/request", email=email) == (204, "")
        jobs = (await client.get("/jobs", headers={"Authorization": f"Bearer {after.json()['access_token']}"})).json()

    assert (wrong, right) == ((401, "wrong_credentials"), (403, "email_not_verified"))
    assert (verified, after.status_code) == ((204, ""), 200)
    assert jobs["total"] == 2
