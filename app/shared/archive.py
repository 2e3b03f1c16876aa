"""A backup's outer form: a tar whose members are written and read one after the other, and whose last is its manifest.

Hand-written headers around `TarInfo`, as `tarfile` wants each member whole or in a file before it writes its length.
"""

import gzip
import hashlib
import sys
import tarfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec
from msgspec import Struct

FORMAT = 1
MANIFEST = "manifest.json"
LISTED = "files.sha256"
TABLES, FILES = "database/", "files/"
PIECE = 1024 * 1024
PART = 8 * PIECE
"""Of a table, whose length nobody knows beforehand: so much of it is held in memory, and is a member."""


class Unfit(Exception):
    """The archive is not one, is not whole, or is not what it says."""


class Table(Struct, frozen=True):
    """PostgreSQL's binary COPY of these columns: its parts in order, one after the other, make the whole."""

    columns: list[str]
    rows: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    format: int = FORMAT
    strand: str
    made_at: str
    migration: str
    postgres: str
    pgvector: str
    keys: list[str]
    """Ids of the keys, newest first, which say nothing of them: `app.shared.keys.key_id`."""
    tables: dict[str, Table]
    sequences: dict[str, int]
    files: int
    file_bytes: int
    files_sha256: str
    """Of the member that lists each file's own checksum."""
    missing: list[str]
    """Files that a row names and that were no longer there."""


class ArchiveWriter:
    """Members in the order in which they are written."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._made = int(time.time())

    @contextmanager
    def member(self, name: str, size: int) -> Iterator["Member"]:
        """A member of exactly this size."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self._made
        self._out.write(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
        member = Member(self._out)
        yield member
        if member.written != size:
            raise Unfit(f"{name} should have {size:,} bytes and has {member.written:,}.")
        self._out.write(b"\0" * (-size % tarfile.BLOCKSIZE))

    def put(self, name: str, data: bytes) -> None:
        with self.member(name, len(data)) as member:
            member.write(data)

    def end(self, manifest: Manifest) -> None:
        self.put(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        self._out.write(b"\0" * 2 * tarfile.BLOCKSIZE)


class Member:
    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.written = 0
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._out.write(data)
        self.sha256.update(data)
        self.written += len(data)


class Parts:
    """A table on its way into the archive, cut into members that fit into memory."""

    def __init__(self, writer: ArchiveWriter, table: str) -> None:
        self._writer, self._table = writer, table
        self._held = bytearray()
        self._count = 0
        self.sha256 = hashlib.sha256()

    async def take(self, data: bytes) -> None:
        self._held += data
        self.sha256.update(data)
        while len(self._held) >= PART:
            self._put(PART)

    def close(self) -> None:
        self._put(len(self._held))

    def _put(self, size: int) -> None:
        if size:
            self._writer.put(f"{TABLES}{self._table}/{self._count:06}", bytes(self._held[:size]))
            del self._held[:size]
            self._count += 1


@contextmanager
def writing(to: str) -> Iterator[ArchiveWriter]:
    """A new archive at this path, which is there only once it is whole; `-` is the standard output; `.gz` packs it."""
    if to == "-":
        yield ArchiveWriter(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    path = Path(to)
    draft = path.with_name(f".{path.name}.partial")
    try:
        draft.touch(mode=0o600)
        with gzip.open(draft, "wb", compresslevel=3) if path.suffix == ".gz" else draft.open("wb") as out:
            yield ArchiveWriter(cast("IO[bytes]", out))
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


class Reader:
    """The archive's members in their order, each read before the next."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._next = tar.next()

    def _advance(self) -> None:
        self._next = self._tar.next()
        self._tar.members = []  # type: ignore[attr-defined]  # it would remember them all

    def names(self) -> Iterator[str]:
        """The member at hand, until there is none; whoever takes a name reads the member, or leaves it out."""
        while self._next is not None:
            member = self._next
            yield member.name
            if self._next is member:
                self._advance()

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the member at hand."""
        assert self._next is not None
        content = self._tar.extractfile(self._next)
        while content is not None and (piece := content.read(PIECE)):
            yield piece

    async def stream(self) -> AsyncIterator[bytes]:
        for piece in self.pieces():
            yield piece

    async def table(self, name: str) -> AsyncIterator[bytes]:
        """The bytes of all the parts of a table that come now."""
        while self._next is not None and self._next.name.startswith(f"{TABLES}{name}/"):
            for piece in self.pieces():
                yield piece
            self._advance()


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Raise `Unfit` where the file is no archive, or ends too early."""
    try:
        with tarfile.open(path, "r|*") as tar:
            yield Reader(tar)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise Unfit(f"{path} is no whole archive: {error}.") from None
    except OSError as error:
        raise Unfit(f"{path} can't be read: {error.strerror or error}.") from None


def verify(path: Path) -> Manifest:
    """Read all of it; raise `Unfit` unless every table and file is there as the manifest says."""
    tables: dict[str, hashlib._Hash] = {}
    files, file_bytes, listing, manifest = 0, 0, hashlib.sha256(), None
    with reading(path) as archive:
        for name in archive.names():
            if name == MANIFEST:
                manifest = _manifest(b"".join(archive.pieces()))
            elif name.startswith(TABLES):
                seen = tables.setdefault(name.split("/")[1], hashlib.sha256())
                for piece in archive.pieces():
                    seen.update(piece)
            elif name.startswith(FILES):
                seen = hashlib.sha256()
                for piece in archive.pieces():
                    seen.update(piece)
                    file_bytes += len(piece)
                files += 1
                listing.update(listed(seen.hexdigest(), name))
    if manifest is None:
        raise Unfit(f"{path} has no manifest: it is no backup, or it was cut off.")
    for name, table in manifest.tables.items():
        if name not in tables or tables.pop(name).hexdigest() != table.sha256:
            raise Unfit(f"The table {name} is not in {path} as it was written.")
    if tables or (files, file_bytes, listing.hexdigest()) != (
        manifest.files, manifest.file_bytes, manifest.files_sha256,
    ):  # fmt: skip
        raise Unfit(f"The files in {path} are not those that were written.")
    return manifest


def listed(sha256: str, name: str) -> bytes:
    """A line as `sha256sum --check` reads it."""
    return f"{sha256}  {name}\n".encode()


def _manifest(raw: bytes) -> Manifest:
    try:
        head = msgspec.json.decode(raw, type=dict)
        if head.get("format") != FORMAT:
            raise Unfit(f"The archive is of format {head.get('format')}; this version reads {FORMAT}.")
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise Unfit(f"The manifest can't be read: {error}.") from None
