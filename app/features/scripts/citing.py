"""Citations in a narration: read from the marks that an engine writes, carried through edits, never left dangling.

A citation holds to the words of its sentence. After an edit it stands on the same words, or on the same sentence as the
creator changed it (then it says `edited`), or it is reported as lost.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import islice, takewhile

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import Stance
from app.features.research.factual import factual_sentences
from app.features.research.quantities import compare
from app.features.research.schemas import ClaimRead
from app.features.scripts.schemas import LostCitation, ScriptCitation, Section
from app.features.scripts.speech import BLANKS_BEFORE, PLACEHOLDER
from app.shared.evidence import Span
from app.shared.text import sentence_spans, words

MOST_SOURCES_A_SENTENCE = 3
SAME_SENTENCE = 0.75
"""Of the words of two sentences shared, in order: the later one is the earlier one, edited."""
_MARK = re.compile(rf"{BLANKS_BEFORE}\[(C\d+(?:\s*[,;]\s*C\d+)*)\]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION = frozenset(
    words(
        "not no never none nobody nothing neither nor without cannot isn't aren't wasn't weren't didn't doesn't don't won't "
        "can't couldn't wouldn't hasn't haven't hadn't"
    )
)
_STARTERS = frozenset(
    words(
        "a an the this that these those it its he she they we you i his her their our your my there here and but so or yet in "
        "on at by for from to with without of as if when while where why how what who which after before since until then now "
        "once later today soon finally first next still even only also just about over under between during not no every each "
        "all some many most few one two three"
    )
)
"""Words that begin a sentence without naming anybody."""


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
    """The citations of a narration in its edited form, and those whose words are gone. Of a citation of several sentences
    each is followed by itself where they no longer stand together."""
    if before == after or not citations:
        return list(citations), []
    edit = Edit(before, after)
    moved: list[ScriptCitation] = []
    lost: list[LostCitation] = []
    for citation in citations:
        for span, found in edit.follow(citation.narration_span):
            if found is None:
                lost.append(LostCitation(section_id, citation.claim_id, citation.source_id, span.of(before)))
            else:
                moved.append(replace(citation, narration_span=found.span, edited=citation.edited or found.edited))
    return _once(moved), lost


class Place(Struct, frozen=True):
    """Where words of an earlier narration stand now."""

    span: Span
    edited: bool


class Edit:
    """A narration before and after, and what of the one stands where in the other."""

    def __init__(self, before: str, after: str) -> None:
        self._before, self._after = before, after
        self._old, self._new = sentence_spans(before), sentence_spans(after)
        stayed = {one.of(before) for one in self._old} & {one.of(after) for one in self._new}
        self._gone = {one.of(before) for one in self._old} - stayed
        self._come = [(one, _plain(one.of(after))) for one in self._new if one.of(after) not in stayed]
        self._head = _common(before, after)
        self._found: dict[Span, list[tuple[Span, Place | None]]] = {}

    def follow(self, span: Span) -> list[tuple[Span, Place | None]]:
        """The span, or its sentences where they went different ways, each with its place now."""
        if span not in self._found:
            whole = self._standing(span)
            parts = [Span(max(one.start, span.start), min(one.end, span.end)) for one in _touched(self._old, span)]
            if whole is None and len(parts) > 1:
                self._found[span] = [(part, self._standing(part) or self._reworded(part)) for part in parts]
            else:
                self._found[span] = [(span, whole or self._reworded(span))]
        return self._found[span]

    def _standing(self, span: Span) -> Place | None:
        """Where the very words stand in sentences that still say the same, best in the same sentences, then the nearest."""
        said = span.of(self._before)
        if not said.strip():
            return None
        stood = _around(self._before, self._old, span)
        likely = span.start if span.start < self._head else span.start + len(self._after) - len(self._before)
        places = []
        for found in re.finditer(re.escape(said), self._after):
            place = Span(*found.span())
            stands = _around(self._after, self._new, place)
            if stands == stood:
                places.append((0, abs(place.start - likely), Place(place, edited=False)))
            elif _likeness(_plain(stood), _plain(stands)) >= SAME_SENTENCE and _same_facts(stood, stands):
                places.append((1, abs(place.start - likely), Place(place, edited=True)))
        return min(places, key=lambda one: one[:2])[2] if places else None

    def _reworded(self, span: Span) -> Place | None:
        """The sentence that came in its stead: much like it, with the same facts, and like no other one that went."""
        said = span.of(self._before)
        mine = _plain(said)
        others = [_plain(one) for one in self._gone if one != said]
        best, likeness = None, SAME_SENTENCE
        for place, words_now in self._come:
            near = _likeness(mine, words_now)
            if near < likeness or not _same_facts(said, place.of(self._after)):
                continue
            if all(_likeness(one, words_now) < near for one in others):
                best, likeness = Place(place, edited=True), near
        return best


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


def _same_facts(before: str, after: str) -> bool:
    """Numbers, names and negations of a sentence must stay, and nothing in it be turned round, or it says something else."""
    return (
        sorted(_NUMBER.findall(before)) == sorted(_NUMBER.findall(after))
        and sum(word in _NEGATION for word in _plain(before)) == sum(word in _NEGATION for word in _plain(after))
        and _names(before, first=True) <= set(words(after))
        and _names(after, first=False) <= set(words(before))
        and compare(before, after).verdict != "differ"
    )


def _names(sentence: str, *, first: bool) -> set[str]:
    """Capitalised words, the first one only if asked for and if not any sentence may begin with it."""
    said = words(sentence)
    return {
        word
        for number, word in enumerate(said)
        if word[0].isupper() and re.split("['’]", word)[0].lower() not in _STARTERS and (first or number)
    }


def _plain(sentence: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in words(sentence)]


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """How much of two sentences is the same words in the same order, 0 to 1; 0 where that can't reach what counts."""
    total = len(one) + len(other)
    if not total or 2 * min(len(one), len(other)) < SAME_SENTENCE * total:
        return 0.0
    if 2 * (Counter(one) & Counter(other)).total() < SAME_SENTENCE * total:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _touched(sentences: Sequence[Span], span: Span) -> list[Span]:
    first = bisect_right(sentences, span.start, key=lambda one: one.end)
    return list(takewhile(lambda one: one.start < span.end, islice(sentences, first, None)))


def _around(text: str, sentences: Sequence[Span], span: Span) -> str:
    """The whole sentences that the span stands in."""
    inside = _touched(sentences, span)
    return text[min(span.start, inside[0].start) : max(span.end, inside[-1].end)] if inside else span.of(text)


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    most = min(len(one), len(other))
    return next((place for place in range(most) if one[place] != other[place]), most)


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
