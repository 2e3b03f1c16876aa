"""One-time codes beside the password; the tests set the clock that the codes go by."""

import asyncio
from types import SimpleNamespace

import httpx
import msgspec
import pyotp
import pytest
from sqlalchemy import text

from app.main import create_app
from tests.conftest import PASSWORD, serving, sign_up

START = 1_900_000_000


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(at=START)
    monkeypatch.setattr("app.features.accounts.second_factor.time", SimpleNamespace(time=lambda: now.at))
    return now


class Person:
    """Somebody with a password and a device."""

    def __init__(self, client: httpx.AsyncClient, clock: SimpleNamespace, account: dict) -> None:
        self.client, self.clock, self.email, self.id = client, clock, account["email"], account["id"]
        self.bearer = {"Authorization": f"Bearer {account['access_token']}"}
        self.secret = ""

    def code(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(self.clock.at + 30 * steps)

    async def ask(self, method: str, path: str = "", **body: str) -> httpx.Response:
        return await self.client.request(method, f"/users/me/totp{path}", json=body or None, headers=self.bearer)

    async def sign_in(self, code: str | None = None, password: str = PASSWORD) -> tuple[int, str]:
        given = {"totp_code": code} if code is not None else {}
        answer = await self.client.post("/auth/login", json={"email": self.email, "password": password, **given})
        if answer.status_code == 200:
            self.bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer.status_code, answer.json().get("code", "")

    async def with_a_device(self) -> list[str]:
        """Gives the recovery codes."""
        begun = await self.ask("POST")
        assert begun.status_code == 201, begun.text
        self.secret = begun.json()["secret"]
        assert pyotp.parse_uri(begun.json()["otpauth_url"]).secret == self.secret
        confirmed = await self.ask("POST", "/confirm", code=self.code())
        assert confirmed.status_code == 200, confirmed.text
        self.clock.at += 30
        return confirmed.json()["recovery_codes"]


@pytest.fixture
async def person(anonymous, clock):
    return Person(anonymous, clock, await sign_up(anonymous))


async def test_a_second_factor_is_asked_for_once_it_is_confirmed_and_only_after_the_right_password(person, anonymous):
    begun = await person.ask("POST")
    person.secret = begun.json()["secret"]
    unasked = await person.sign_in()
    wrong = await person.ask("POST", "/confirm", code="000000" if person.code() != "000000" else "000001")
    before = (await person.ask("GET")).json()
    other = dict(person.bearer)
    await person.sign_in()
    await person.with_a_device()

    assert (unasked, wrong.status_code, wrong.json()["code"]) == ((200, ""), 422, "wrong_totp_code")
    assert before == {"enabled": False, "confirmed_at": None, "recovery_codes_left": 0}
    after = (await person.ask("GET")).json()
    assert (after["enabled"], after["recovery_codes_left"]) == (True, 10)
    assert (await anonymous.get("/users/me", headers=other)).status_code == 401
    assert await person.sign_in(password="not the password") == (401, "wrong_credentials")
    assert await person.sign_in(person.code(), "not the password") == (401, "wrong_credentials")
    assert await person.sign_in() == (401, "totp_required")
    assert await person.sign_in(person.code()) == (200, "")
    assert ((await person.ask("POST")).status_code, (await person.ask("POST", "/confirm", code="123456")).status_code) == (409, 409)  # fmt: skip


async def test_a_code_is_good_once_and_never_after_a_later_one_even_when_many_are_sent_together(person):
    await person.with_a_device()
    early, now, late, too_late = (person.code(steps) for steps in (-1, 0, 1, 2))

    assert await person.sign_in(too_late) == (401, "wrong_totp_code")
    assert await person.sign_in(early) == (401, "wrong_totp_code"), "it was used to confirm"
    together = await asyncio.gather(*(person.sign_in(now) for _ in range(5)))
    assert sorted(together) == [(200, "")] + [(401, "wrong_totp_code")] * 4
    assert await person.sign_in(late) == (200, "")
    assert await person.sign_in(now) == (401, "wrong_totp_code")


async def test_a_recovery_code_replaces_the_device_once(person, resources):
    codes = await person.with_a_device()
    async with resources.db.transaction() as session:
        kept = text("select code_hash || (select sealed_secret from second_factors where user_id = :id) from recovery_codes where user_id = :id")  # fmt: skip
        rows = "".join((await session.scalars(kept, {"id": person.id})).all())

    assert len(set(codes)) == 10
    assert not any(one in rows for one in (*codes, person.secret))
    assert await person.sign_in(codes[0].upper().replace("-", " ")) == (200, "")
    assert await person.sign_in(codes[0]) == (401, "wrong_totp_code")
    assert await person.sign_in(codes[1]) == (200, "")
    assert (await person.ask("GET")).json()["recovery_codes_left"] == 8


async def test_guessing_codes_is_limited_with_the_right_password_as_guessing_passwords_is(person):
    await person.with_a_device()
    asked = [await person.sign_in() for _ in range(12)]
    wrong = [(await person.sign_in("12345"))[0] for _ in range(11)]
    right = await person.sign_in(person.code())

    assert asked == [(401, "totp_required")] * 12
    assert (wrong, right[0]) == ([401] * 10 + [429], 429)


async def test_a_second_factor_is_taken_away_by_password_and_code_and_by_nothing_less(person, anonymous):
    codes = await person.with_a_device()
    made = await anonymous.post("/users/me/api-keys", json={"name": "x", "scopes": ["read", "write"]}, headers=person.bearer)  # fmt: skip
    key = {"Authorization": f"Bearer {made.json()['key']}"}

    async def removed(**body: str) -> tuple[int, str]:
        answer = await person.ask("DELETE", **body)
        return answer.status_code, answer.json()["code"] if answer.content else ""

    assert await removed(password="not the password", code=person.code()) == (403, "wrong_password")
    assert await removed(password=PASSWORD) == (422, "wrong_totp_code")
    assert await removed(password=PASSWORD, code="000000") == (422, "wrong_totp_code")
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/confirm"), ("DELETE", "")):
        by_key = await anonymous.request(method, f"/users/me/totp{path}", json={}, headers=key)
        assert (by_key.status_code, by_key.json()["code"]) == (403, "not_for_keys")
    assert await removed(password=PASSWORD, code=codes[3]) == (204, "")
    assert await person.sign_in() == (200, "")
    assert await removed(password=PASSWORD) == (404, "not_found")


async def test_a_second_factor_is_begun_by_somebody_who_has_just_signed_in(person, resources):
    async with resources.db.transaction() as session:
        aged = text("update user_sessions set created_at = now() - interval '16 minutes' where user_id = :id")
        await session.execute(aged, {"id": person.id})

    refused = await person.ask("POST")
    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    assert await person.sign_in() == (200, "")
    assert (await person.ask("POST")).status_code == 201


async def test_a_device_whose_secret_no_key_opens_any_more_leaves_the_recovery_codes(person, resources):
    codes = await person.with_a_device()
    async with resources.db.transaction() as session:
        lost = text("update second_factors set sealed_secret = 'sealed by a key that is gone' where user_id = :id")
        await session.execute(lost, {"id": person.id})

    assert await person.sign_in(person.code()) == (401, "wrong_totp_code")
    assert await person.sign_in(codes[0]) == (200, "")


async def test_where_operators_need_a_second_factor_they_are_told_so_until_they_have_one(
    person, settings, resources, stranger
):
    other = (await stranger.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        await session.execute(text("update users set role = 'operator' where id = :id"), {"id": person.id})
    wanted = msgspec.structs.replace(settings, require_operator_totp=True)
    async with serving(create_app(wanted)) as address, httpx.AsyncClient(base_url=f"{address}/api/v1") as client:

        async def answers() -> list[tuple[int, str]]:
            asked = [
                await client.get(path, headers=person.bearer) for path in ("/admin/jobs", "/users", f"/users/{other}")
            ]
            return [(one.status_code, one.json().get("code", "")) for one in asked]

        before = await answers()
        own = await client.get(f"/users/{person.id}", headers=person.bearer)
        await person.with_a_device()
        after = await answers()

    assert before == [(403, "second_factor_required")] * 3
    assert (own.status_code, after) == (200, [(200, "")] * 3)
