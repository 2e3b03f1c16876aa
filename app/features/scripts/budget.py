"""How many words a part of a script may have, and holding a draft to it by whole sentences."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.features.research.factual import states_a_fact
from app.features.scripts.schemas import ScriptCitation
from app.features.scripts.speech import PLACEHOLDER, count_words, placeholder, placeholders
from app.shared.evidence import Span
from app.shared.text import sentence_spans

TOLERANCE = 0.10
SLOWEST, FASTEST = 60.0, 320.0
LEAST_WORDS = 12
"""Of a section: less can't be said."""
LEAST_RESERVED = 5


class Narration(Struct):
    """Words with the citations that point into them."""

    text: str
    citations: list[ScriptCitation] = []


def shares(words: int, seconds: Sequence[float]) -> list[int]:
    """The words of each part by its time; they sum to *words* where that leaves each at least twelve."""
    total = sum(seconds) or 1.0
    parts = [max(LEAST_WORDS, round(words * part / total)) for part in seconds]
    largest = max(range(len(parts)), key=lambda index: parts[index])
    parts[largest] = max(LEAST_WORDS, parts[largest] + words - sum(parts))
    return parts


def within(count: int, budget: int) -> bool:
    return abs(count - budget) <= TOLERANCE * budget


def fitted(narration: Narration, budget: int, missing: str) -> Narration:
    """The narration within the budget: whole sentences go where it is too long, those that carry nothing first; where it is
    too short, a placeholder that says what is *missing* reserves the rest."""
    if within(count_words(narration.text), budget):
        return narration
    kept = _shortened(narration, budget)
    lacking = budget - count_words(kept.text)
    if lacking < max(LEAST_RESERVED, TOLERANCE * budget / 2):
        return kept
    reserved = placeholder(missing, lacking)
    return replace(kept, text=f"{kept.text}\n\n{reserved}" if kept.text.strip() else reserved)


def without(narration: Narration, gone: Sequence[Span]) -> Narration:
    """The narration without these spans and the white space that parted them; citations that stood in one go with it."""
    text, citations = narration.text, narration.citations
    for span in sorted(gone, key=lambda one: -one.start):
        start, end = span.start, span.end
        while end < len(text) and text[end] in " \t":
            end += 1
        while start and text[start - 1] in " \t" and text[end : end + 1] in {"", "\n"}:
            start -= 1
        text = text[:start] + text[end:]
        moved = []
        for one in citations:
            place = one.narration_span
            if place.start >= end:
                moved.append(_back(one, end - start))
            elif place.end <= start:
                moved.append(one)
        citations = moved
    return tidied(Narration(text, citations))


def with_less_reserved(narration: Narration, share: float) -> Narration:
    """The same whose placeholders reserve only this share of their words; one that a citation covers stays."""
    text, citations = narration.text, list(narration.citations)
    for one in reversed(placeholders(text)):
        words = max(LEAST_RESERVED, round(one.words * share))
        if words < one.words and not any(_touch(one.span, cited.narration_span) for cited in citations):
            said = placeholder(one.text, words, one.kind)
            by = one.span.end - one.span.start - len(said)
            text = text[: one.span.start] + said + text[one.span.end :]
            citations = [
                _back(cited, by) if cited.narration_span.start >= one.span.end else cited for cited in citations
            ]
    return Narration(text, citations)


def tidied(narration: Narration) -> Narration:
    """Without white space at the ends, and without empty paragraphs."""
    text, citations = narration.text, list(narration.citations)
    while (at := text.find("\n\n\n")) >= 0:
        text = text[:at] + text[at + 1 :]
        citations = [_back(one, 1) if one.narration_span.start > at else one for one in citations]
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    return Narration(text, [_back(one, lead) for one in citations])


def _back(citation: ScriptCitation, by: int) -> ScriptCitation:
    place = citation.narration_span
    return replace(citation, narration_span=Span(place.start - by, place.end - by)) if by else citation


def _shortened(narration: Narration, budget: int) -> Narration:
    """Sentences leave until it fits: placeholders first, then what states nothing, then uncited facts, then cited ones;
    of equal ones the later first. The first sentence stays longest."""
    most = round(budget * (1 + TOLERANCE))
    text = narration.text
    cited = [one.narration_span for one in narration.citations]
    holders = [Span(*match.span()) for match in PLACEHOLDER.finditer(text)]
    sentences = [span for span in sentence_spans(text) if not any(_touch(span, one) for one in holders)]
    ranked = sorted(
        [*holders, *sentences],
        key=lambda span: (_worth(span, text, cited, holders) + (10 if span.start == 0 else 0), -span.start),
    )
    count, gone = count_words(text), []
    for span in ranked:
        if count <= most:
            break
        gone.append(span)
        count -= count_words(span.of(text))
    return without(narration, gone)


def _worth(span: Span, text: str, cited: Sequence[Span], holders: Sequence[Span]) -> int:
    if span in holders:
        return 0
    if any(_touch(span, one) for one in cited):
        return 3
    return 2 if states_a_fact(span.of(text)) else 1


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
