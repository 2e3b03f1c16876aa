"""Building a reading's text piece by piece, so that what points into it is right from the start."""

import re

from app.features.sources.readers.limits import Limits, too_large
from app.features.sources.readers.model import Cue, Heading, Page
from app.shared.text import normalise

LONGEST_TITLE = 300
_SPACES = re.compile(r"[^\S\n]+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Composer:
    """Paragraphs become the text, a blank line between them; headings, pages and cues know where they stand."""

    def __init__(self, limits: Limits) -> None:
        self.length = 0
        self.headings: list[Heading] = []
        self.pages: list[Page] = []
        self.cues: list[Cue] = []
        self._limits = limits
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, words: str, gap: str = "\n\n") -> int | None:
        """Append a paragraph and say where it begins; None where there is nothing in it."""
        words = squeezed(words)
        if not words:
            return None
        if self.length:
            self._push(gap)
        start = self.length
        self._push(words)
        return start

    def heading(self, words: str, level: int) -> int | None:
        start = self.add(" ".join(words.split()))
        if start is not None:
            title = self._parts[-1][:LONGEST_TITLE]
            self.headings.append(Heading(start, max(1, min(level, 9)), title))
        return start

    def page(self, number: int, gap: str = "\n\n") -> None:
        """The next piece, added with the same gap, is the page's first."""
        self.pages.append(Page(number, self.length + (len(gap) if self.length else 0)))

    def _push(self, piece: str) -> None:
        self.length += len(piece)
        if self.length > self._limits.text_characters:
            raise too_long(self._limits)
        self._parts.append(piece)


def too_long(limits: Limits) -> Exception:
    return too_large(f"It holds more than {limits.text_characters:,} characters of text.")


def squeezed(words: str) -> str:
    """Normalised, with single spaces and no space at the ends of lines."""
    lines = [_SPACES.sub(" ", line).strip() for line in normalise(whole(words)).split("\n")]
    return "\n".join(lines).strip("\n")


def whole(words: str) -> str:
    """Halves of characters, which some files hold, can't be stored."""
    return _LONE_SURROGATE.sub("\ufffd", words)


def one_line(words: str | None) -> str | None:
    """A title or a name: one line, or None where nothing is left."""
    return " ".join(squeezed(words or "").split())[:LONGEST_TITLE] or None
