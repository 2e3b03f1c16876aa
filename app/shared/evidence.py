"""A quote, its source, its span, and the check that it stands there."""

import re
import unicodedata
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

_QUOTES = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "ʼ": "'"}
_DASHES = dict.fromkeys("‐‑‒–—―−", "-")  # fmt: skip
UNSEEN = frozenset(
    map(chr, (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF,
              *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)))
)  # fmt: skip
"""Characters that leave no mark: soft hyphens, zero-width spaces and joiners, direction marks, Unicode tags."""
_FOLD = _QUOTES | _DASHES


class Span(Struct, frozen=True):
    """Code points of the text that it points into; the end is exclusive."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


class Evidence(Struct, frozen=True):
    """A verbatim quote of a source; `start_seconds` where the source is timed. A stale one stood in an earlier version of
    the source's text, which its span points into, and doesn't stand in the newest."""

    quote: str
    source_id: str
    span: Span
    start_seconds: float | None = None
    stale: bool = False


def stands(text: str, quote: str, span: Span) -> bool:
    """Whether the quote is what the text says at the span."""
    return 0 <= span.start < span.end <= len(text) and span.of(text) == quote


def anchor(text: str, quote: str) -> Span | None:
    """Where the text says the quote: exactly, else up to white space, case, quotation marks, dashes and soft hyphens.

    The span is of the text as stored; a paraphrase is never found.
    """
    quote = quote.strip()
    if not quote:
        return None
    if (start := text.find(quote)) >= 0:
        return Span(start, start + len(quote))
    wanted, _ = _fold(quote)
    wanted = wanted.strip()
    if not wanted:
        return None
    folded, places = _fold(text)
    for found in re.finditer(re.escape(wanted), folded):
        start, end = found.span()
        begins = start == 0 or places[start - 1] != places[start]
        if begins and (end == len(places) or places[end] != places[end - 1]):  # no half of a letter: ½ doesn't say 2
            return Span(places[start], places[end - 1] + 1)
    return None


def relocate(evidence: Evidence, text: str, second_at: Callable[[int], float | None]) -> Evidence:
    """The quote where the newest text of its source says it, of several places the nearest to the old one; else marked
    stale. What differs in white space, case or marks is quoted as it stands now."""
    places = [found.start() for found in re.finditer(re.escape(evidence.quote), text)]
    if places:
        start = min(places, key=lambda place: abs(place - evidence.span.start))
        span: Span | None = Span(start, start + len(evidence.quote))
    else:
        span = anchor(text, evidence.quote)
    if span is None:
        return replace(evidence, stale=True)
    return replace(evidence, quote=span.of(text), span=span, start_seconds=second_at(span.start), stale=False)


def _fold(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and the place in the text of each character of that."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character in UNSEEN:
            continue
        if character.isspace():
            if folded and folded[-1] == " ":
                continue
            plain = " "
        else:
            plain = _FOLD.get(character) or unicodedata.normalize("NFKC", character).casefold()
        for part in plain:
            folded.append(part)
            places.append(place)
    return "".join(folded), places
