"""Signed addresses for storage that has none of its own: whoever has one may send that one object, for a while."""

from datetime import datetime
from uuid import UUID

import jwt

from app.shared.exceptions import NotFound

ISSUER, AUDIENCE, ALGORITHM = "strand", "strand-upload", "HS256"


def sign_upload(key: str, upload_id: UUID, expires_at: datetime) -> str:
    claims = {"sub": str(upload_id), "exp": int(expires_at.timestamp()), "iss": ISSUER, "aud": AUDIENCE}
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def check_signature(key: str, token: str, upload_id: UUID) -> None:
    """`NotFound` where the address was not signed by us for this upload, or is over."""
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER)
    except jwt.ExpiredSignatureError:
        raise NotFound("The address for this upload is over; ask for a new one.", code="upload_expired") from None
    except jwt.InvalidTokenError:
        raise NotFound("There is no such upload.") from None
    if claims["sub"] != str(upload_id):
        raise NotFound("There is no such upload.")
