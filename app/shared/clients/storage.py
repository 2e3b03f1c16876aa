"""Where originals and exports lie: a folder, S3, Google Cloud Storage or Azure Blob, by `STORAGE_URL`."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from app.config import Settings
from app.shared.exceptions import NotFound


class Storage:
    """Objects by key. Keys are made by us, never from a client's file name."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, data: bytes) -> None:
        await obstore.put_async(self._store, key, data)

    async def get(self, key: str) -> bytes:
        try:
            found = await obstore.get_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            raise NotFound("The file is no longer in the storage; send it again.", code="file_missing") from None
        return bytes(await found.bytes_async())

    async def delete(self, key: str) -> None:
        """Delete the object; one that is not there is no error."""
        try:
            await obstore.delete_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        async for batch in obstore.list(self._store, prefix):
            for entry in batch:
                yield entry["path"]

    async def check(self) -> None:
        """Raise where an object can't be written, read back and deleted."""
        key = f"health/{uuid4().hex}"
        await self.put(key, b"ok")
        await self.get(key)
        await self.delete(key)


def open_storage(settings: Settings) -> Storage:
    if settings.storage_url and not settings.storage_url.startswith("file:"):
        return Storage(from_url(settings.storage_url))
    folder = Path(settings.storage_url.removeprefix("file://")) if settings.storage_url else settings.home / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Storage(LocalStore(folder))
