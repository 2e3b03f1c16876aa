"""Bytes to text, whatever the encoding."""

import codecs
from collections import Counter
from contextlib import suppress

from app.features.sources.readers import charsets
from app.shared.exceptions import Unprocessable

SNIFFED = 65536
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", 1),
    (b"\xff\xfe\x00\x00", "utf-32", 4),
    (b"\x00\x00\xfe\xff", "utf-32", 4),
    (b"\xff\xfe", "utf-16", 2),
    (b"\xfe\xff", "utf-16", 2),
)
_WORDY_CONTROL = frozenset(b"\t\n\r\f\x1b")


def decode(data: bytes, *, whole: bool = True, declared: str | None = None) -> str:
    """A byte order mark, UTF-8, UTF-16 by its zero bytes, what the file declares, Windows-1252, then statistics.

    *whole* is False for the beginning of a longer file, which may end inside a character.
    """
    for mark, encoding, width in MARKS:
        if data.startswith(mark):
            return data[: len(data) - len(data) % width].decode(encoding, "replace")
    if wide := _looks_wide(data):
        return _plain(data[: len(data) - len(data) % 2].decode(wide, "replace"))
    if b"\x1b$" in data[:SNIFFED] and charsets.guess(data) == "iso2022_jp":
        return data.decode("iso2022_jp", "replace")
    try:
        return _plain(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(data) - 4:
            return _plain(data[: error.start].decode("utf-8"))
    control = sum(byte < 32 and byte not in _WORDY_CONTROL for byte in data[:SNIFFED])
    if control > len(data[:SNIFFED]) * 0.01:
        raise not_text()
    if declared and (known := _codec(declared)):
        with suppress(UnicodeError):  # such as idna's, which minds no `replace`: then the page has lied
            return data.decode(known, "replace")
    # what the letters say is right far more often than statistics on a short text, which take Portuguese for Polish
    if named := charsets.guess(data):
        return data.decode(named, "replace")
    from charset_normalizer import from_bytes  # noqa: PLC0415  the last resort, and five megabytes of the API's memory

    best = from_bytes(data[:SNIFFED]).best()
    return data.decode(best.encoding if best else "latin-1", "replace")


def _looks_wide(data: bytes) -> str | None:
    """UTF-16 without a mark: every second byte is zero, or hardly ever changes, as its script's block doesn't."""
    sample = data[:4000]
    for name, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        usual = Counter(high).most_common(3)
        steady = sum(count for _, count in usual) > len(high) * 0.9 and any(value < 32 for value, _ in usual[:1])
        if len(high) > 8 and (high.count(0) > len(high) * 0.6 or steady):
            text = sample[: len(sample) - len(sample) % 2].decode(name, "replace")
            if sum(c.isalpha() or c in " \n.," for c in text) > len(text) * 0.7:
                return name
    return None


def not_text() -> Unprocessable:
    return Unprocessable(
        "This is not text that can be read; send a transcript, subtitles, a text or a document.",
        code="unreadable_file",
    )


def _codec(name: str) -> str | None:
    """Python's name of a declared encoding; what calls itself ASCII or Latin-1 is Windows-1252 on the web."""
    try:
        known = codecs.lookup(name.strip()[:40]).name
        b"a".decode(known)
    except (LookupError, UnicodeError, ValueError, AssertionError):
        return None  # unknown, or no text encoding
    return "cp1252" if known in {"iso8859-1", "ascii"} else None if known == "utf-8" else known


def _plain(text: str) -> str:
    if text.count("\x00") > len(text) * 0.01:
        raise not_text()
    return text
