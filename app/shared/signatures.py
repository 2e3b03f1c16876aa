"""Claims that we sign for ourselves (JWT, HS256) and take back: by the newest key, which `kid` names; an older key's hold
until they expire."""

from collections.abc import Sequence
from typing import Any

import jwt

from app.shared.keys import Keys, key_id

ISSUER, ALGORITHM = "strand", "HS256"

BadSignature = jwt.InvalidTokenError
SignatureExpired = jwt.ExpiredSignatureError


def sign(keys: Keys, audience: str, claims: dict[str, Any]) -> str:
    named = {"iss": ISSUER, "aud": audience} | claims
    return jwt.encode(named, keys.newest, algorithm=ALGORITHM, headers={"kid": key_id(keys.newest)})


def claims_of(keys: Keys, audience: str, token: str, required: Sequence[str]) -> dict[str, Any]:
    """What we signed for this audience, if it says all that is required and has not expired; else `BadSignature`. The
    algorithm is ours, whatever the token says. One without `kid`, as they were made before keys had names, is held
    against the newest key."""
    name = jwt.get_unverified_header(token).get("kid")
    key = keys.newest if name is None else keys.signing.get(name)
    if key is None:
        raise BadSignature("This key is not ours, or not any more.")
    options: Any = {"require": [*required, "exp", "iss", "aud"]}
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=[ALGORITHM], audience=audience, issuer=ISSUER, options=options
    )
    return claims
