"""A file on its way through a reader."""

from pathlib import Path

from msgspec import Struct

from app.features.sources.readers.decoding import decode
from app.features.sources.readers.limits import Limits, too_large
from app.shared.text import normalise


class SourceFile(Struct, frozen=True):
    """The file, what it was found to be, and the folder for what is made from it."""

    path: Path
    filename: str | None
    media_type: str
    folder: Path
    limits: Limits

    @property
    def extension(self) -> str:
        return Path(self.filename or "").suffix.lower()

    def data(self) -> bytes:
        """All of it; only for what is text, and up to a limit."""
        size = self.path.stat().st_size
        if size > self.limits.text_bytes:
            raise too_large(f"It is a text of {size:,} bytes; {self.limits.text_bytes:,} is the most that is read.")
        return self.path.read_bytes()

    def text(self) -> str:
        """Decoded and normalised."""
        return normalise(decode(self.data()))
