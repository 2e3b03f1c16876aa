"""What people send as secrets turns up in no answer and no log, however badly the rest of it is formed."""

import json
import logging
from uuid import uuid4

import msgspec
import pytest

from app.features.accounts import schemas
from tests.conftest import sign_up

SECRET = "Zq7vXw-a-secret-of-theirs"
FIELDS = {
    "/auth/register": ["password"], "/auth/login": ["password", "totp_code"], "/auth/refresh": ["refresh_token"],
    "/auth/logout": ["refresh_token"], "/auth/verify": ["token"],
    "/auth/password-reset/confirm": ["token", "new_password"],
    "/users/me/password": ["current_password", "new_password"], "/users/me/totp/confirm": ["code"],
    "DELETE /users/me/totp": ["password", "code"], "DELETE /users/me": ["password"],
}  # fmt: skip
WHOLE = {
    "/auth/register": {"email": "no address", "display_name": "Nell"}, "/auth/login": {"email": "nobody@example.com"},
}  # fmt: skip


def spoilt(fields: list[str], more: dict) -> list[bytes]:
    """Bodies that hold the secret where it belongs, in wrong types and places, and in what is no JSON."""
    good = more | dict.fromkeys(fields, SECRET)
    wrong_types = [good | dict.fromkeys(fields, value) for value in ([SECRET], {"a": SECRET}, SECRET * 300)]
    bodies = [good, good | {"extra": SECRET}, *wrong_types, {"email": SECRET}]
    whole = json.dumps(good).encode()
    return [*(json.dumps(body).encode() for body in bodies), whole[:-1], whole + b"}", b"\xff" + whole]


@pytest.mark.parametrize("route", FIELDS)
async def test_a_secret_in_a_body_that_is_refused_is_told_to_nobody(anonymous, caplog, route):
    caplog.set_level(logging.DEBUG)
    for chatty in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, logger=chatty)
    method, _, path = route.rpartition(" ")
    account = await sign_up(anonymous)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {account['access_token']}"}

    for body in spoilt(FIELDS[route], WHOLE.get(path, {})):
        answer = await anonymous.request(method or "POST", path, content=body, headers=headers)
        assert answer.status_code in {204, 400, 401, 403, 404, 409, 422, 429}, (body, answer.text)
        assert SECRET not in answer.text, body
        assert SECRET not in str(answer.headers)

    assert SECRET not in caplog.text


async def test_a_secret_in_a_header_or_an_address_is_told_to_nobody(anonymous, caplog):
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, logger="httpx")

    for answer in (
        await anonymous.get("/users/me", headers={"Authorization": f"Bearer {SECRET}"}),
        await anonymous.get("/users/me", headers={"Authorization": f"Bearer strand_{SECRET}"}),
        await anonymous.get("/users/me", headers={"Authorization": f"Basic {SECRET}"}),
        await anonymous.get(f"/jobs/{uuid4()}/events", params={"ticket": SECRET}),
        await anonymous.put(f"/uploads/{uuid4()}/content", params={"token": SECRET}, content=b"x"),
    ):
        assert answer.status_code in {401, 404}
        assert SECRET not in answer.text

    assert SECRET not in caplog.text


def test_no_struct_with_a_secret_shows_it():
    secrets = {"password", "current_password", "new_password", "token", "refresh_token", "access_token", "code",
               "totp_code", "secret", "otpauth_url", "recovery_codes", "key"}  # fmt: skip
    holding = [
        one for one in vars(schemas).values()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and secrets & set(one.__struct_fields__)
    ]  # fmt: skip

    assert {one.__name__ for one in holding} >= {"Login", "TokenPair", "ApiKeyMade", "TotpMade", "NewPassword"}
    for one in holding:
        filled = one(**dict.fromkeys(one.__struct_fields__, SECRET))
        assert SECRET not in f"{filled!r} {filled} {[filled]}", one
