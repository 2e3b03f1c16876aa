"""Citations in a narration: read from the marks that an engine writes, carried through edits, never left dangling.

A citation holds to the words of its sentence. After an edit it stands on the same words, or on the same sentence as the
creator changed it (then it says `edited`), or it is reported as lost.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import Stance
from app.features.research.factual import factual_sentences
from app.features.research.schemas import ClaimRead
from app.features.scripts.schemas import LostCitation, ScriptCitation, Section
from app.features.scripts.speech import PLACEHOLDER
from app.shared.evidence import Span
from app.shared.text import sentence_spans, words

MOST_SOURCES_A_SENTENCE = 3
SAME_SENTENCE = 0.75
"""Of the words of two sentences shared, in order: the later one is the earlier one, edited."""
_MARK = re.compile(r"[^\S\n]*\[(C\d+(?:\s*[,;]\s*C\d+)*)\]")
_NUMBER = re.compile(r"\d[\d.,]*")
_NEGATION = frozenset(
    [
        "not",
        "no",
        "never",
        "none",
        "nobody",
        "nothing",
        "neither",
        "nor",
        "without",
        "isn't",
        "wasn't",
        "didn't",
        "doesn't",
        "don't",
        "won't",
        "can't",
        "couldn't",
    ]
)


class Cited(Struct):
    """A narration without marks, its citations, and the labels that no claim has."""

    narration: str
    citations: list[ScriptCitation]
    unknown: list[str]


def read_marks(drafted: str, claims: Mapping[str, ClaimRead]) -> Cited:
    """Take `[C1]` and `[C1, C3]` out of a draft; each cites the sentence that it ends, by the sources of its claim."""
    clean: list[str] = []
    marks: list[tuple[int, list[str]]] = []
    place, length = 0, 0
    for mark in _MARK.finditer(drafted):
        clean.append(drafted[place : mark.start()])
        length += mark.start() - place
        marks.append((length, re.findall(r"C\d+", mark.group(1))))
        place = mark.end()
    narration = "".join((*clean, drafted[place:]))
    sentences = sentence_spans(narration)
    citations: list[ScriptCitation] = []
    unknown: list[str] = []
    for at, labels in marks:
        sentence = _sentence_ending(sentences, at)
        for label in labels:
            claim = claims.get(label)
            if claim is None or sentence is None:
                unknown.append(label)
            else:
                citations.extend(cite(claim, sentence))
    return Cited(narration, _once(citations), unknown)


def cite(claim: ClaimRead, span: Span) -> list[ScriptCitation]:
    """The claim's own quotes as citations of these words of a narration."""
    carrying = [
        one for one in claim.citations if one.stance is Stance.SUPPORTS and one.quote and not one.source_deleted
    ]
    return [
        ScriptCitation(
            claim_id=claim.id,
            narration_span=span,
            source_id=one.source_id,
            source_version=one.source_version,
            source_span=one.span,
            quote=one.quote,
            page=one.page,
            start_seconds=one.start_seconds,
            stale=one.stale,
        )
        for one in carrying[:MOST_SOURCES_A_SENTENCE]
    ]


def carry(
    section_id: str, before: str, citations: Sequence[ScriptCitation], after: str
) -> tuple[list[ScriptCitation], list[LostCitation]]:
    """The citations of a narration in its edited form, and those whose words are gone."""
    if before == after:
        return list(citations), []
    moved: list[ScriptCitation] = []
    lost: list[LostCitation] = []
    blocks = (
        SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        if citations and len(before) + len(after) < 20_000
        else []
    )
    sentences = sentence_spans(after)
    places: dict[Span, tuple[Span, bool] | None] = {}
    for citation in citations:
        span = citation.narration_span
        if span not in places:
            places[span] = _found_again(before, span, after, sentences, _shifted(span.start, blocks))
        found = places[span]
        if found is None:
            lost.append(LostCitation(section_id, citation.claim_id, citation.source_id, span.of(before)))
        else:
            moved.append(replace(citation, narration_span=found[0], edited=citation.edited or found[1]))
    return moved, lost


def shift(citations: Iterable[ScriptCitation], by: int) -> list[ScriptCitation]:
    """The citations of a text that now begins *by* code points later."""
    return [
        replace(one, narration_span=Span(one.narration_span.start + by, one.narration_span.end + by))
        for one in citations
    ]


def unsupported(narration: str, citations: Sequence[ScriptCitation]) -> list[Span]:
    """Sentences that state a fact which no citation carries. What a placeholder says is the creator's to write."""
    carried = [one.narration_span for one in citations if not one.source_deleted]
    reserved = [Span(*match.span()) for match in PLACEHOLDER.finditer(narration)]
    return [
        span
        for span in factual_sentences(narration)
        if not any(_overlap(span, other) for other in (*carried, *reserved))
    ]


def settled(section: Section) -> Section:
    """The section with its unsupported sentences reckoned anew."""
    return replace(section, unsupported=unsupported(section.narration, section.citations))


def stands_in(section: Section) -> bool:
    """Whether every citation points into the narration: what is stored must."""
    return all(
        0 <= one.narration_span.start < one.narration_span.end <= len(section.narration) for one in section.citations
    )


def _found_again(before: str, span: Span, after: str, sentences: Sequence[Span], near: int) -> tuple[Span, bool] | None:
    """Where the words stand now, and whether they were edited."""
    said = span.of(before)
    starts = [match.start() for match in re.finditer(re.escape(said), after)] if said.strip() else []
    if starts:
        start = min(starts, key=lambda place: abs(place - near))
        return Span(start, start + len(said)), False
    best, likeness = None, SAME_SENTENCE
    for sentence in sentences:
        now = sentence.of(after)
        if before.find(now) >= 0:  # stood there before as a sentence of its own
            continue
        ratio = SequenceMatcher(None, _plain(said), _plain(now), autojunk=False).ratio()
        if ratio >= likeness and _same_facts(said, now):
            best, likeness = sentence, ratio
    return (best, True) if best else None


def _same_facts(before: str, after: str) -> bool:
    """The numbers, the names and the negations of a sentence must stay, or it says something else."""
    return (
        sorted(_NUMBER.findall(before)) == sorted(_NUMBER.findall(after))
        and sum(word in _NEGATION for word in _plain(before)) == sum(word in _NEGATION for word in _plain(after))
        and _names(before) == _names(after)
    )


def _names(sentence: str) -> set[str]:
    return {word for word in words(sentence)[1:] if word[0].isupper() and word not in {"I", "I'm", "I've", "I'd"}}


def _plain(sentence: str) -> list[str]:
    return [word.lower() for word in words(sentence)]


def _shifted(place: int, blocks: Sequence[tuple[int, int, int]]) -> int:
    """About where a place of the old text is in the new one."""
    for old, new, size in blocks:
        if place < old + size:
            return new + max(0, place - old)
    return place


def _sentence_ending(sentences: Sequence[Span], at: int) -> Span | None:
    """The sentence that a mark at this place belongs to: the one it stands in, else the last that has begun."""
    begun = [span for span in sentences if span.start < at]
    return begun[-1] if begun else None


def _once(citations: Iterable[ScriptCitation]) -> list[ScriptCitation]:
    seen: dict[object, ScriptCitation] = {}
    for one in citations:
        seen.setdefault((one.claim_id, one.narration_span, one.source_id, one.source_span), one)
    return list(seen.values())


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
