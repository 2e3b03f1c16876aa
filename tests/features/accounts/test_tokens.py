"""What is taken for an access token, and what happens to those that there are when the key is changed."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import jwt
import msgspec
import pytest

from app.db.models import Role
from app.features.accounts.tokens import issue_access_token, read_access_token
from app.features.uploads.signing import check_signature, sign_upload
from app.main import create_app
from app.shared.exceptions import NotFound, Unauthenticated
from app.shared.http import Principal
from app.shared.keys import Keys, key_id
from app.shared.tickets import issue_ticket, read_ticket
from tests.conftest import PASSWORD, serving, sign_up

OLD = "an old key that is long enough for any of the algorithms of its family"
NEW = "a new key that is long enough for any of the algorithms of its family"
BEFORE, ROTATED, AFTER = Keys(OLD), Keys(NEW, (OLD,)), Keys(NEW)
NOW = int(time.time())
GOOD = {
    "sub": str(uuid4()), "sid": str(uuid4()), "role": "creator", "type": "access", "iat": NOW, "exp": NOW + 600,
    "iss": "strand", "aud": "strand-api",
}  # fmt: skip


def forged(claims=GOOD, key=NEW, algorithm="HS256", **header) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": key_id(NEW)} | header)


def by_hand(header: dict, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(GOOD).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


FORGERIES = {
    "no signature": forged(key=None, algorithm="none"),
    "no signature, alg None": by_hand({"alg": "None", "typ": "JWT", "kid": key_id(NEW)}),
    "another algorithm of the same family": forged(algorithm="HS512"),
    "an asymmetric algorithm's name": by_hand({"alg": "RS256", "typ": "JWT", "kid": key_id(NEW)}, b"x" * 256),
    "a key of their own in the header": forged(
        key="k" * 40, jwk={"kty": "oct", "k": base64.b64encode(b"k" * 40).decode()}
    ),
    "a key that we never had": forged(kid=key_id("another key of thirty-two characters")),
    "a path for a name": forged(kid="../../dev/null"),
    "our name on another key": forged(key="another key of thirty-two characters"),
    "another key and no name": jwt.encode(GOOD, OLD, algorithm="HS256"),
    "a critical header that nobody knows": forged(crit=["b64"], b64=False),
    "for another audience": forged(GOOD | {"aud": "strand-stream"}),
    "by another issuer": forged(GOOD | {"iss": "elsewhere"}),
    "of another type": forged(GOOD | {"type": "refresh"}),
    "over": forged(GOOD | {"exp": NOW - 1}),
    "a sign-in that is no id": forged(GOOD | {"sid": "1"}),
    "a sign-in that is no text": forged(GOOD | {"sid": 7}),
    **{f"without {name}": forged({key: value for key, value in GOOD.items() if key != name}) for name in GOOD},
}


@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES)
def test_a_token_that_is_not_ours_for_this_and_now_is_refused(token):
    with pytest.raises(Unauthenticated) as refused:
        read_access_token(AFTER, token)

    assert refused.value.error_code in {"invalid_token", "token_expired"}


def test_the_token_that_the_forgeries_are_made_of_is_good():
    assert str(read_access_token(AFTER, forged()).user_id) == GOOD["sub"]
    assert str(read_access_token(AFTER, jwt.encode(GOOD, NEW, algorithm="HS256")).user_id) == GOOD["sub"]


def test_an_older_key_still_verifies_what_it_signed_and_signs_nothing():
    user, job, sign_in = uuid4(), uuid4(), uuid4()
    access = issue_access_token(BEFORE, user, sign_in, Role.CREATOR)
    ticket = issue_ticket(BEFORE, Principal(user, Role.CREATOR, sign_in), job)
    address = sign_upload(BEFORE, job, datetime.now(UTC) + timedelta(minutes=5))

    assert read_access_token(ROTATED, access).user_id == user
    assert read_ticket(ROTATED, ticket, str(job)).session_id == sign_in
    check_signature(ROTATED, address, job)
    fresh = issue_access_token(ROTATED, user, sign_in, Role.CREATOR)
    assert jwt.get_unverified_header(fresh)["kid"] == key_id(NEW)
    for read, token in ((read_access_token, access), (lambda keys, one: read_ticket(keys, one, str(job)), ticket)):
        with pytest.raises(Unauthenticated):
            read(AFTER, token)
    with pytest.raises(NotFound):
        check_signature(AFTER, address, job)


def test_what_was_signed_for_one_purpose_opens_no_other():
    user, job = uuid4(), uuid4()
    ticket = issue_ticket(AFTER, Principal(user, Role.CREATOR, uuid4()), job)
    access = issue_access_token(AFTER, user, uuid4(), Role.CREATOR)

    with pytest.raises(Unauthenticated):
        read_access_token(AFTER, ticket)
    with pytest.raises(Unauthenticated):
        read_ticket(AFTER, access, str(job))
    with pytest.raises(NotFound):
        check_signature(AFTER, ticket, job)


async def test_a_change_of_the_key_signs_nobody_out_until_the_old_one_is_taken_away(anonymous, settings):
    account = await sign_up(anonymous)
    bearer = {"Authorization": f"Bearer {account['access_token']}"}
    rotated = msgspec.structs.replace(settings, secret_key=NEW, previous_secret_keys=settings.secret_key)
    taken_away = msgspec.structs.replace(settings, secret_key=NEW)
    async with serving(create_app(rotated)) as address, httpx.AsyncClient(base_url=f"{address}/api/v1") as client:
        kept = await client.get("/users/me", headers=bearer)
        fresh = await client.post("/auth/login", json={"email": account["email"], "password": PASSWORD})
    async with serving(create_app(taken_away)) as address, httpx.AsyncClient(base_url=f"{address}/api/v1") as client:
        gone = await client.get("/users/me", headers=bearer)
        newer = {"Authorization": f"Bearer {fresh.json()['access_token']}"}
        good = await client.get("/users/me", headers=newer)

    assert (kept.status_code, gone.status_code, good.status_code) == (200, 401, 200)
