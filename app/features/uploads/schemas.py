from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct


class UploadCreate(Struct, forbid_unknown_fields=True):
    """A file that is about to be sent."""

    filename: Annotated[str, Meta(min_length=1, max_length=255, examples=["interview.mp4"])]
    media_type: Annotated[str, Meta(min_length=3, max_length=127, pattern=r"^[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+$", examples=["video/mp4"])]  # fmt: skip
    size_bytes: Annotated[int, Meta(ge=1, examples=[734003200])]


class UploadRead(Struct):
    """Where to send the bytes: by this method to this address, with these headers, until it expires."""

    upload_id: UUID
    upload_url: str
    method: str
    headers: dict[str, str]
    expires_at: datetime
