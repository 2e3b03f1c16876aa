"""What comes in, before it is read: measured, looked at, and laid into the storage. Never held in memory as a whole."""

import asyncio
import hashlib
from typing import IO
from uuid import UUID

from litestar.datastructures import UploadFile
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceKind, Upload
from app.db.session import after_rollback
from app.features.sources.readers.decoding import SNIFFED
from app.features.sources.readers.sniffing import sniff
from app.features.sources.schemas import NewSource, TextSource, UploadSource
from app.features.sources.service import new_key
from app.features.uploads.service import UploadService
from app.shared.exceptions import Conflict, TooLarge, Unprocessable
from app.shared.resources import Resources

PART = 1024 * 1024


class Looked(Struct, frozen=True):
    """A file as far as it can be judged without reading it."""

    size_bytes: int
    sha256: str
    media_type: str


def plain_name(filename: str | None) -> str | None:
    """The file's own name, without folders and control characters."""
    name = (filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable()).strip()[:255] or None


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold it: neither U+0000 nor half a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


async def look_at(file: UploadFile, filename: str | None, limit: int) -> Looked:
    """Its size, checksum and type. Raises `TooLarge`, and `Unprocessable` for what certainly can't be read."""
    return await asyncio.to_thread(_look_at, file.file, filename, limit)


def _look_at(file: IO[bytes], filename: str | None, limit: int) -> Looked:
    file.seek(0)
    checksum, size, head = hashlib.sha256(), 0, b""
    while part := file.read(PART):
        size += len(part)
        if size > limit:
            raise TooLarge(f"A file has at most {limit:,} bytes; send a larger one by upload.")
        checksum.update(part)
        head = head or part[:SNIFFED]
    file.seek(0)
    return Looked(size, checksum.hexdigest(), sniff(head, size <= SNIFFED, filename))


async def lay_down(resources: Resources, owner_id: UUID, file: UploadFile) -> str:
    """Store the file, part by part; gives its key."""
    key = new_key(owner_id)
    await resources.storage.put(key, file.file)
    return key


async def keep_text(
    session: AsyncSession, resources: Resources, owner_id: UUID, data: TextSource, address: str | None
) -> NewSource:
    """Pasted text, stored like a file; a transaction that does not commit takes it back."""
    raw, key = data.text.encode(), new_key(owner_id)
    media_type = await asyncio.to_thread(sniff, raw[:SNIFFED], len(raw) <= SNIFFED, None)
    after_rollback(session, lambda: resources.storage.delete(key))
    await resources.storage.put(key, raw)
    return NewSource(
        data.title, data.role, SourceKind.TEXT, address,
        size_bytes=len(raw), storage_key=key, media_type=media_type, sha256=hashlib.sha256(raw).hexdigest(),
    )  # fmt: skip


async def take_upload(
    session: AsyncSession,
    resources: Resources,
    owner_id: UUID,
    project_id: UUID,
    data: UploadSource,
    address: str | None,
) -> NewSource:
    """What was sent to the storage, checked against what was announced. The upload stays as it is where it can't be
    taken, so that the bytes can be sent once more."""
    upload = await UploadService(session).take(owner_id, project_id, data.upload_id)
    return NewSource(
        (data.title or plain_name(upload.filename) or "Upload")[:300], data.role, SourceKind.UPLOAD, address,
        size_bytes=upload.size_bytes, storage_key=upload.storage_key, filename=plain_name(upload.filename),
        media_type=await _check_upload(resources, upload),
    )  # fmt: skip


async def _check_upload(resources: Resources, upload: Upload) -> str:
    size = await resources.storage.size(upload.storage_key)
    if size is None:
        raise Conflict("The upload's bytes have not come yet; send them to its address first.", code="upload_missing")
    if size != upload.size_bytes:
        raise Unprocessable(
            f"{upload.size_bytes:,} bytes were announced and {size:,} came; start another upload with the real size.",
            code="upload_size_differs",
        )
    head = await resources.storage.beginning(upload.storage_key, min(size, SNIFFED))
    return sniff(head, size <= SNIFFED, upload.filename)
