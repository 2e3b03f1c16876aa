"""ZIP archives, read with a limit on what really comes out of them; their own headers are not believed."""

import lzma
import zipfile
import zlib
from pathlib import Path

from app.features.sources.readers.limits import Limits, encrypted, malformed, too_large

PIECE = 1024 * 1024


class Archive:
    """The members of a document's archive, by name."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._left = limits.unpacked_bytes
        size = path.stat().st_size
        if size > limits.document_bytes:
            raise too_large(f"The document has {size:,} bytes; {limits.document_bytes:,} is the most that is read.")
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):  # not implemented: a newer kind of ZIP
            raise malformed("The document's archive is damaged.") from None
        entries = self._zip.infolist()
        if len(entries) > limits.members:
            raise too_large(f"The document consists of {len(entries):,} files; {limits.members:,} is the most.")
        self._entries = {entry.filename.lstrip("/"): entry for entry in entries}
        self._folded = {name.lower(): name for name in self._entries}

    def has(self, name: str) -> bool:
        return name.lower() in self._folded

    def names(self) -> list[str]:
        return list(self._entries)

    def read(self, name: str) -> bytes | None:
        """The member's bytes, None where there is no such member."""
        found = self._folded.get(name.lower())
        if found is None:
            return None
        entry = self._entries[found]
        if entry.flag_bits & 1:
            raise encrypted("The document is protected with a password.")
        pieces = []
        try:
            with self._zip.open(entry) as member:
                while piece := member.read(PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise too_large("The document unpacks to far more than a document holds.")
                    pieces.append(piece)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, ValueError):
            # not implemented: a packing that zipfile doesn't know
            raise malformed("A part of the document's archive is damaged.") from None
        return b"".join(pieces)
