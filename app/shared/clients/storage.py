"""Where originals and exports lie: a folder, S3, Google Cloud Storage or Azure Blob, by `STORAGE_URL`."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url

from app.config import Settings
from app.shared.exceptions import NotFound, Unavailable

MISSING = (NotFoundError, FileNotFoundError)
ORIGINAL = "original"
RETRIES: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
"""Short: a request waits for it, and a job tries again by itself."""
PAGE = 1000


def beside(key: str, name: str) -> str:
    """The key of what lies beside an original."""
    return f"{key.removesuffix(ORIGINAL)}{name}"


class Storage:
    """Objects by key. Keys are made by us, never from a client's file name."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, data: bytes | IO[bytes] | Path | AsyncIterator[bytes]) -> None:
        """Store it whole or not at all. A file or a stream goes over in parts, and is never held in memory."""
        try:
            await obstore.put_async(self._store, key, data)
        except (BaseError, FileNotFoundError) as error:  # a bucket that isn't there
            raise _away(error) from None

    async def get(self, key: str) -> bytes:
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except MISSING:
            raise _missing() from None
        except BaseError as error:
            raise _away(error) from None

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object's bytes, part by part."""
        try:
            found = await obstore.get_async(self._store, key)
            async for part in found.stream():
                yield bytes(part)
        except MISSING:
            raise _missing() from None
        except BaseError as error:
            raise _away(error) from None

    async def beginning(self, key: str, length: int) -> bytes:
        """The first bytes of an object that has some."""
        try:
            return bytes(await obstore.get_range_async(self._store, key, start=0, length=length))
        except MISSING:
            raise _missing() from None
        except BaseError as error:
            raise _away(error) from None

    async def size(self, key: str) -> int | None:
        """In bytes; None where there is no such object."""
        try:
            return (await obstore.head_async(self._store, key))["size"]
        except MISSING:
            return None
        except BaseError as error:
            raise _away(error) from None

    async def move(self, key: str, to: str) -> None:
        """Give the object another key; what had that key is replaced."""
        await obstore.rename_async(self._store, key, to)

    async def delete(self, key: str) -> None:
        """Delete the object; one that is not there is no error."""
        try:
            await obstore.delete_async(self._store, key)
        except MISSING:
            return

    async def delete_folder(self, key: str) -> None:
        """Delete an original with all that lies beside it: `.../{source}/original`, its pictures, its subtitles."""
        folder, _, name = key.rpartition("/")
        assert name == ORIGINAL, "only an original has a folder of its own"
        async for batch in obstore.list(self._store, folder, chunk_size=PAGE):
            for entry in batch:
                await self.delete(entry["path"])

    async def older_than(self, prefix: str, seconds: float) -> AsyncIterator[list[str]]:
        """Keys under the prefix that were last written so long ago, up to a thousand at a time."""
        border = datetime.now(UTC) - timedelta(seconds=seconds)
        async for batch in obstore.list(self._store, prefix, chunk_size=PAGE):
            if old := [entry["path"] for entry in batch if entry["last_modified"] < border]:
                yield old

    async def sign_put(self, key: str, seconds: int) -> tuple[str, dict[str, str]] | None:
        """An address that takes this object by PUT for a while, and the headers to send; None where the storage has no
        such thing, as a folder hasn't."""
        if not isinstance(self._store, S3Store | GCSStore | AzureStore):
            return None
        url = await obstore.sign_async(self._store, "PUT", key, timedelta(seconds=seconds))
        return url, {"x-ms-blob-type": "BlockBlob"} if isinstance(self._store, AzureStore) else {}

    async def check(self) -> None:
        """Raise where an object can't be written, read back and deleted."""
        key = f"health/{uuid4().hex}"
        await self.put(key, b"ok")
        await self.get(key)
        await self.delete(key)


def _missing() -> NotFound:
    return NotFound("The file is no longer in the storage; send it again.", code="file_missing")


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"The storage can't be reached: {type(error).__name__}.", code="storage_unavailable")


def open_storage(settings: Settings) -> Storage:
    if settings.storage_url and not settings.storage_url.startswith("file:"):
        return Storage(from_url(settings.storage_url, retry_config=RETRIES))
    folder = Path(settings.storage_url.removeprefix("file://")) if settings.storage_url else settings.home / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Storage(LocalStore(folder))
