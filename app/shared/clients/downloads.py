"""A body on its way into a file: unpacked block by block, counted as it comes out, hashed."""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

from app.shared.exceptions import Unavailable, Unprocessable

BLOCK = 64 * 1024
GZIP = 31
GZIP_MAGIC = b"\x1f\x8b"


class Unpacker:
    """`identity` or `gzip`, the one coding that is asked for. Never more than a block at once, however far a few bytes
    unfold."""

    def __init__(self, coding: str) -> None:
        if coding not in {"", "identity", "gzip", "x-gzip"}:
            raise Unprocessable(
                f"The site sends the page packed as {coding[:40]}, which was not asked for; send the page as a file.",
                code="url_wrong_type",
            )
        self._gzip = zlib.decompressobj(GZIP) if coding.endswith("gzip") else None
        self._begun = False

    def blocks(self, data: bytes) -> Iterator[bytes]:
        if self._gzip is None:
            yield data
            return
        try:
            yield from self._unpacked(data)
        except zlib.error:
            raise Unprocessable(
                "The page's gzip data is damaged; save the page in a browser and send it as a file.", code="url_damaged"
            ) from None

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        assert self._gzip is not None
        while data:
            if self._gzip.eof:
                if not data.startswith(GZIP_MAGIC):
                    return
                self._gzip = zlib.decompressobj(GZIP)
            self._begun = True
            yield self._gzip.decompress(data, BLOCK)
            data = self._gzip.unconsumed_tail or self._gzip.unused_data

    def finish(self) -> None:
        """Raise `Unavailable` where the packed data ends in the middle. Nothing at all is an empty page."""
        if self._gzip is not None and self._begun and not self._gzip.eof:
            raise broken_off()


class Download:
    """A file of at most *limit_bytes*. What comes in packed counts as well as what comes out, as a body of empty gzip
    members would else be endless. It is removed unless `finish` was reached."""

    def __init__(self, into: Path, coding: str, limit_bytes: int) -> None:
        self._unpacker = Unpacker(coding)
        self._limit = limit_bytes
        self._into = into
        self._file = into.open("wb")
        self._hash = hashlib.sha256()
        self._taken = 0
        self._finished = False
        self.size = 0

    def take(self, data: bytes) -> None:
        self._taken += len(data)
        for block in self._unpacker.blocks(data):
            self.size += len(block)
            if max(self.size, self._taken) > self._limit:
                raise too_large(self._limit)
            self._hash.update(block)
            self._file.write(block)

    def finish(self) -> str:
        """The content's SHA-256; from here on the file stays."""
        self._unpacker.finish()
        self._file.flush()
        self._finished = True
        return self._hash.hexdigest()

    def close(self) -> None:
        self._file.close()
        if not self._finished:
            self._into.unlink(missing_ok=True)


def too_large(limit_bytes: int) -> Unprocessable:
    return Unprocessable(
        f"The page is larger than the {limit_bytes:,} bytes that Strand takes; send the part that matters as a file.",
        code="url_too_large",
    )


def broken_off() -> Unavailable:
    return Unavailable("The site broke off in the middle of the page; it is tried again later.", code="url_broken_off")
