"""Access tokens (JWT, HS256, 15 minutes) and refresh tokens (random, 7 days, kept as a hash)."""

import hashlib
import secrets
import time
from uuid import UUID

from msgspec import Struct

from app.db.models import Role
from app.shared.exceptions import Unauthenticated
from app.shared.keys import Keys
from app.shared.signatures import BadSignature, SignatureExpired, claims_of, sign

ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 7 * 24 * 3600
AUDIENCE = "strand-api"
CLAIMS = ["sub", "sid", "role", "type", "iat"]


class AccessToken(Struct, frozen=True):
    """What a verified token says: whose it is, and by which sign-in."""

    user_id: UUID
    session_id: UUID


def issue_access_token(keys: Keys, user_id: UUID, session_id: UUID, role: Role) -> str:
    now = int(time.time())
    claims = {
        "sub": str(user_id),
        "sid": str(session_id),
        "role": role.value,
        "type": "access",
        "iat": now,
        "exp": now + ACCESS_SECONDS,
    }
    return sign(keys, AUDIENCE, claims)


def read_access_token(keys: Keys, token: str) -> AccessToken:
    """The token's claims, if we signed it, for this audience, and it has not expired; else `Unauthenticated`. One that was
    verified lately is not verified again while it lasts."""
    if (known := keys.verified.get(token)) and known[1] > time.time():
        verified: AccessToken = known[0]
        return verified
    try:
        claims = claims_of(keys, AUDIENCE, token, CLAIMS)
        if claims["type"] != "access":
            raise Unauthenticated("This is not an access token.", code="invalid_token")
        verified = AccessToken(UUID(claims["sub"]), UUID(claims["sid"]))
        keys.remember(token, verified, claims["exp"])
        return verified
    except SignatureExpired:
        raise Unauthenticated(
            "The access token has expired; get a new one at /api/v1/auth/refresh.", code="token_expired"
        ) from None
    except (BadSignature, ValueError, TypeError, AttributeError):
        raise Unauthenticated("The access token is not valid; sign in again.", code="invalid_token") from None


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
