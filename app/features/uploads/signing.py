"""Signed addresses for storage that has none of its own: whoever has one may send that one object, for a while."""

from datetime import datetime
from uuid import UUID

from app.shared.exceptions import NotFound
from app.shared.keys import Keys
from app.shared.signatures import BadSignature, SignatureExpired, claims_of, sign

AUDIENCE = "strand-upload"


def sign_upload(keys: Keys, upload_id: UUID, expires_at: datetime) -> str:
    return sign(keys, AUDIENCE, {"sub": str(upload_id), "exp": int(expires_at.timestamp())})


def check_signature(keys: Keys, token: str, upload_id: UUID) -> None:
    """`NotFound` where the address was not signed by us for this upload, or is over."""
    try:
        claims = claims_of(keys, AUDIENCE, token, ["sub"])
    except SignatureExpired:
        raise NotFound("The address for this upload is over; ask for a new one.", code="upload_expired") from None
    except (BadSignature, ValueError, TypeError):
        raise NotFound("There is no such upload.") from None
    if claims["sub"] != str(upload_id):
        raise NotFound("There is no such upload.")
