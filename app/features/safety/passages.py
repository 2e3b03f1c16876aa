"""The check-worthy sentences of a script, and the passages of the sources that may carry them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import FindingField
from app.features.research.factual import factual_sentences
from app.features.research.quantities import content_stem, content_stems, quantities
from app.features.safety.findings import TextField
from app.features.scripts.schemas import Section
from app.shared.evidence import Span
from app.shared.text import sentence_spans, word_spans

NAME_WEIGHT = 2.0
MOST_PASSAGES = 12
FARTHEST_BACK = 3
"""Sentences that one beginning with a pronoun may reach back to whom it means."""

_POINTING = re.compile(
    r"^(?:[-*>]\s+)?(?:(?:It|Its|He|She|His|Her|They|Their|This|These|That|Both|Two of (?:its|them))\b"
    r"|(?:In|On|By|After|Before|During|Until|From) (?:[\w-]+,? ){1,4}(?:it|he|she|they|its|his|her|their)\b)"
)


class Passage(Struct, frozen=True):
    """A sentence of a source with its span in the source's text. `cited`: the script cites it for this claim; `around`:
    the text that it stands in, where a number that the sentence lacks may be."""

    source_id: str
    source_version: int
    title: str
    quote: str
    span: Span
    chunk_id: str | None = None
    page: int | None = None
    start_seconds: float | None = None
    cited: bool = False
    around: str = ""


class Claim(Struct, frozen=True):
    """A check-worthy sentence of a script, and the passages that may carry it."""

    field: FindingField
    section_id: str | None
    span: Span
    quote: str
    passages: list[Passage] = []


def claims_of(fields: Sequence[TextField]) -> list[Claim]:
    """The check-worthy sentences of a script: what is said, and what is shown or titled where it states a fact."""
    found = []
    for field in fields:
        if field.field is FindingField.VISUALS:  # a note to the one who films or edits; nobody hears it
            continue
        found += [
            Claim(field.field, field.section_id, span, span.of(field.text)) for span in factual_sentences(field.text)
        ]
    return found


def with_citations(claims: Sequence[Claim], sections: Sequence[Section], titles: dict[str, str]) -> list[Claim]:
    """The claims with the quotes that the script cites for them. *titles*: of the sources, by id."""
    by_section = {section.id: section.citations for section in sections}
    found = []
    for claim in claims:
        citations = by_section.get(claim.section_id or "", []) if claim.field is FindingField.NARRATION else []
        passages = [
            Passage(
                str(one.source_id), one.source_version, titles.get(str(one.source_id), ""), one.quote, one.source_span,
                page=one.page, start_seconds=one.start_seconds, cited=True, around=one.quote,
            )
            for one in citations
            if one.quote is not None and not one.stale and not one.source_deleted
            and one.narration_span.start < claim.span.end and claim.span.start < one.narration_span.end
        ]  # fmt: skip
        found.append(replace(claim, passages=passages))
    return found


def query_of(claim: str) -> str:
    """What to search for: the claim's words without the signs that a search reads as commands."""
    return re.sub(r"[^\w\s.,'’%£$€°]|(?<!\w)[-'’]", " ", claim)[:600].strip()


def passages_of(text: str, start: int, **of: Any) -> list[Passage]:
    """The sentences of a retrieved text that begins at *start* of its source; one that begins with a pronoun also together
    with those before it, so that it says of whom it speaks."""
    sentences = sentence_spans(text)
    spans = list(sentences)
    for number, span in enumerate(sentences):
        first = number
        while first and number - first < FARTHEST_BACK and _POINTING.match(sentences[first].of(text)):
            first -= 1
        if first < number and "\n\n" not in text[sentences[first].start : span.end]:
            spans.append(Span(sentences[first].start, span.end))
    return [
        Passage(quote=span.of(text), span=Span(start + span.start, start + span.end), around=text, **of)
        for span in spans
    ]


def nearest(claim: str, passages: Sequence[Passage], most: int = MOST_PASSAGES) -> list[Passage]:
    """The passages that share most with the claim, each span of a source once; cited ones come first."""
    ranked = sorted(
        passages,
        key=lambda one: (not one.cited, -coverage(claim, one.quote), len(one.quote), one.source_id, one.span.start),
    )
    places: set[tuple[str, Span]] = set()
    kept = []
    for one in ranked:
        place = (one.source_id, one.span)
        if place not in places and (one.cited or coverage(claim, one.quote) > 0):
            places.add(place)
            kept.append(one)
    return kept[:most]


def coverage(claim: str, passage: str) -> float:
    """Share of the claim's content stems that the passage has, names twice, amounts left out."""
    weights, there = weights_of(claim), stems_of(passage)
    whole = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in there) / whole if whole else 0.0


@lru_cache(maxsize=20_000)
def weights_of(claim: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    amounts = quantities(claim)
    spans = list(word_spans(claim))
    for number, span in enumerate(spans):
        if any(one.span.start <= span.start < one.span.end for one in amounts):
            continue
        word = span.of(claim)
        stem = content_stem(word.lower().replace("’", "'"))
        if stem is not None:
            capital = word[0].isupper() and (number > 0 or _goes_on(claim, spans))
            name = capital or (word[0].isalpha() and any(map(str.isdigit, word)))
            weights[stem] = max(weights.get(stem, 0.0), NAME_WEIGHT if name else 1.0)
    return weights


def _goes_on(claim: str, spans: Sequence[Span]) -> bool:
    """Whether the first word, which has a capital anyway, begins a name of several words."""
    return len(spans) > 1 and spans[1].of(claim)[0].isupper()


@lru_cache(maxsize=20_000)
def stems_of(text: str) -> frozenset[str]:
    return frozenset(content_stems(text))
