"""A ZIP that is written once, from front to back, and handed on as it grows: no part of it waits in memory."""

import hashlib
from datetime import datetime
from io import RawIOBase
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from msgspec import Struct

READABLE_BY_ALL = 0o644 << 16
LAST_YEAR_OF_ZIP = 2107


class Packed(Struct, frozen=True):
    """A file of the archive, as the manifest names it."""

    name: str
    size_bytes: int
    sha256: str


class Archive:
    """Not for the event loop: compressing takes its time. Sizes are told after the bytes (ZIP64 where they are large), so
    nothing has to be known beforehand and nothing is sought back to."""

    def __init__(self, made_at: datetime) -> None:
        self.files: list[Packed] = []
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w")
        self._date = (min(made_at.year, LAST_YEAR_OF_ZIP), *made_at.timetuple()[1:6])
        self._names: set[str] = set()
        self._open: _Entry | None = None

    def begin(self, name: str) -> None:
        """Start a file; what is written until `end` is its content. Media is compressed too, though it gains nothing: many
        programs can't find the end of a stored file whose size comes after it."""
        assert self._open is None, "one file at a time"
        info = ZipInfo(self._unused(name), self._date)
        info.compress_type = ZIP_DEFLATED
        info.external_attr = READABLE_BY_ALL
        self._open = _Entry(info.filename, self._zip.open(info, "w", force_zip64=True))

    def write(self, data: bytes) -> None:
        assert self._open is not None, "a file has to be begun first"
        self._open.write(data)

    def end(self) -> None:
        assert self._open is not None
        self.files.append(self._open.close())
        self._open = None

    def add(self, name: str, data: bytes) -> None:
        self.begin(name)
        self.write(data)
        self.end()

    def close(self) -> None:
        self._zip.close()

    def taken(self) -> bytes:
        """What has been packed since the last call."""
        return self._sink.taken()

    def _unused(self, name: str) -> str:
        """The name, numbered where a system that compares without case would see it twice. Names lead nowhere else."""
        if not {"", ".", ".."}.isdisjoint(name.split("/")) or "\\" in name:
            raise ValueError(f"{name} would be unpacked somewhere else.")
        stem, dot, ending = name.rpartition(".") if "." in name.rpartition("/")[2] else (name, "", "")
        number, unused = 1, name
        while unused.casefold() in self._names:
            number += 1
            unused = f"{stem}-{number}{dot}{ending}"
        self._names.add(unused.casefold())
        return unused


class _Entry:
    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name, self._file, self._size, self._sum = name, file, 0, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)
        self._sum.update(data)

    def close(self) -> Packed:
        self._file.close()
        return Packed(self._name, self._size, self._sum.hexdigest())


class _Sink(RawIOBase):
    """Where the ZIP is written to: it can't be read or sought in."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
