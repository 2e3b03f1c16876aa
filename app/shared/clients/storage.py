"""Where originals and exports lie: a folder, S3, Google Cloud Storage or Azure Blob, by `STORAGE_URL`."""

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
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
PROBES = "health/"
HALF = re.compile(r"#\d+$")
"""How a folder's objects are named while they are being written."""


def beside(key: str, name: str) -> str:
    """The key of what lies beside an original."""
    return f"{key.removesuffix(ORIGINAL)}{name}"


class Storage:
    """Objects by key. Keys are made by us, never from a client's file name."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store, self._folder = store, folder
        self._identity = _identity(folder) if folder else None

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """The storage's own errors as ours.

        A folder that is gone, such as a volume that is no longer mounted, would say that its files are missing, and would
        take new ones into a folder of the same name, where they are lost when the old one comes back."""
        if self._folder is not None and _identity(self._folder) != self._identity:
            raise Unavailable("The storage can't be reached: its folder is gone.", code="storage_unavailable")
        try:
            yield
        except MISSING:
            raise _missing() from None
        except BaseError as error:
            raise _away(error) from None

    async def put(self, key: str, data: bytes | IO[bytes] | Path | AsyncIterator[bytes]) -> None:
        """Store it whole or not at all. A file or a stream goes over in parts, and is never held in memory."""
        try:
            with self._reached():
                await obstore.put_async(self._store, key, data)
        except NotFound as error:  # a bucket that isn't there
            raise _away(error) from None

    async def open(self, key: str) -> tuple[int, AsyncIterator[bytes]]:
        """The object's size, and its bytes part by part."""
        with self._reached():
            found = await obstore.get_async(self._store, key)
        return found.meta["size"], self._parts(found)

    async def _parts(self, found: Any) -> AsyncIterator[bytes]:
        with self._reached():
            async for part in found.stream():
                yield bytes(part)

    async def get(self, key: str) -> bytes:
        with self._reached():
            return bytes(await (await obstore.get_async(self._store, key)).bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object's bytes, part by part."""
        _, parts = await self.open(key)
        async for part in parts:
            yield part

    async def beginning(self, key: str, length: int) -> bytes:
        """The first bytes of an object that has some."""
        with self._reached():
            return bytes(await obstore.get_range_async(self._store, key, start=0, length=length))

    async def size(self, key: str) -> int | None:
        """In bytes; None where there is no such object."""
        try:
            with self._reached():
                return (await obstore.head_async(self._store, key))["size"]
        except NotFound:
            return None

    async def move(self, key: str, to: str) -> None:
        """Give the object another key; what had that key is replaced."""
        with self._reached():
            await obstore.rename_async(self._store, key, to)

    async def delete(self, key: str) -> None:
        """Delete the object; one that is not there is no error."""
        with suppress(NotFound), self._reached():
            await obstore.delete_async(self._store, key)

    async def delete_folder(self, key: str) -> None:
        """Delete an original with all that lies beside it: `.../{source}/original`, its pictures, its subtitles."""
        folder, _, name = key.rpartition("/")
        assert name == ORIGINAL, "only an original has a folder of its own"
        async for keys in self.listed(folder):
            for one in keys:
                await self.delete(one)

    async def listed(self, prefix: str | None = None) -> AsyncIterator[list[str]]:
        """All keys under the prefix, up to a thousand at a time."""
        with self._reached():
            async for batch in obstore.list(self._store, prefix, chunk_size=PAGE):
                yield [entry["path"] for entry in batch]

    async def delete_all(self, prefix: str, *, but: str | None = None) -> None:
        """Delete every object under the prefix, and what a folder holds there besides: halves of objects that a crash cut
        off, and empty folders. An object that is named by *but* stays."""
        if not {"", ".", ".."}.isdisjoint(prefix.split("/")):
            raise ValueError("A folder of the storage can be deleted, never the storage itself.")
        async for keys in self.listed(prefix):
            for one in keys:
                if one != but:
                    await self.delete(one)
        if but is None and (folder := self._place(prefix)):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def delete_halves(self, prefix: str, seconds: float) -> int:
        """Delete what writes that were killed so long ago left in a folder, which no listing shows; gives how many. A
        bucket has a rule of its own for such parts."""
        folder = self._place(prefix)
        return await asyncio.to_thread(_delete_halves, folder, time.time() - seconds) if folder else 0

    def _place(self, prefix: str) -> Path | None:
        """Where the objects under the prefix lie, if the storage is a folder."""
        if not isinstance(self._store, LocalStore) or not self._store.prefix:
            return None
        return Path(self._store.prefix) / prefix

    async def older_than(self, prefix: str, seconds: float) -> AsyncIterator[list[str]]:
        """Keys under the prefix that were last written so long ago, up to a thousand at a time."""
        border = datetime.now(UTC) - timedelta(seconds=seconds)
        with self._reached():
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
        key = f"{PROBES}{uuid4().hex}"
        await self.put(key, b"ok")
        await self.get(key)
        await self.delete(key)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _delete_halves(folder: Path, border: float) -> int:
    deleted = 0
    for half in folder.rglob("*"):
        if HALF.search(half.name) and half.is_file() and half.stat().st_mtime < border:
            half.unlink(missing_ok=True)
            deleted += 1
    return deleted


def _missing() -> NotFound:
    return NotFound("The file is no longer in the storage; send it again.", code="file_missing")


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"The storage can't be reached: {type(error).__name__}.", code="storage_unavailable")


def open_storage(settings: Settings) -> Storage:
    if settings.storage_url and not settings.storage_url.startswith("file:"):
        return Storage(from_url(settings.storage_url, retry_config=RETRIES))
    folder = Path(settings.storage_url.removeprefix("file://")) if settings.storage_url else settings.home / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Storage(LocalStore(folder), folder)
