"""Access tokens (JWT, HS256, 15 minutes) and refresh tokens (random, 7 days, kept as a hash)."""

import hashlib
import secrets
import time
from uuid import UUID

import jwt
from msgspec import Struct

from app.db.models import Role
from app.shared.exceptions import Unauthenticated

ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 7 * 24 * 3600
ISSUER = "strand"
AUDIENCE = "strand-api"
ALGORITHM = "HS256"


class AccessToken(Struct, frozen=True):
    """What a verified token says: whose it is, and by which sign-in."""

    user_id: UUID
    session_id: UUID


def issue_access_token(key: str, user_id: UUID, session_id: UUID, role: Role) -> str:
    now = int(time.time())
    claims = {
        "sub": str(user_id),
        "sid": str(session_id),
        "role": role.value,
        "type": "access",
        "iat": now,
        "exp": now + ACCESS_SECONDS,
        "iss": ISSUER,
        "aud": AUDIENCE,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read_access_token(key: str, token: str) -> AccessToken:
    """The token's claims, if we signed it, for this audience, and it has not expired; else `Unauthenticated`."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["sub", "sid", "type", "iat", "exp", "iss", "aud"]},
        )
        if claims["type"] != "access":
            raise Unauthenticated("This is not an access token.", code="invalid_token")
        return AccessToken(UUID(claims["sub"]), UUID(claims["sid"]))
    except jwt.ExpiredSignatureError:
        raise Unauthenticated(
            "The access token has expired; get a new one at /api/v1/auth/refresh.", code="token_expired"
        ) from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise Unauthenticated("The access token is not valid; sign in again.", code="invalid_token") from None


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
