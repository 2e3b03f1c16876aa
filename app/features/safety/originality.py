"""Words that are somebody else's, or that the creator said before: verbatim runs, near paraphrase, sameness."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from app.db.models import AdLevel, FindingField, Severity
from app.features.safety.findings import Draft, TextField
from app.features.safety.shared_words import (
    LEAST_ALIKE,
    LEAST_CONTENT,
    SHORTEST_RUN,
    Content,
    Run,
    Words,
    alike,
    content_words,
    contents,
    near_pairs,
    plain,
    shared_runs,
)
from app.features.scripts.schemas import ScriptCitation
from app.shared.evidence import Span

NAME, VERSION = "originality", "1"
DETECTOR = f"{NAME}-{VERSION}"
PACK, CATEGORY = "evidence", "originality"
REPEATED_RUN = 12
"""Words in a row of one's own archive: shorter ones are a manner of speaking."""
STANDARD_PHRASE = 40
"""A longer run is no greeting or sign-off, however often it is said."""
EDGE_WORDS = 60
"""Greetings and sign-offs stand among the first and last words of a text."""
SEVERE_RUN, GRAVE_RUN = 15, 30
SAME_SHARE, VERY_SAME_SHARE = 0.25, 0.6
"""Of a script's words that stand in runs which another script has too."""

_QUOTED = re.compile(r"[\"“«„][^\"“”«»„]{20,}[\"”»“]")


class Document(Struct, frozen=True):
    """A text that a script is compared with. `seconds`: `[place, second]` rising, where it is timed."""

    id: str
    title: str
    role: Literal["reference", "own", "script"]
    text: str
    version: int
    seconds: list[tuple[int, float]] = []

    def second_at(self, place: int) -> float | None:
        index = bisect_right(self.seconds, place, key=lambda timed: timed[0]) - 1
        return self.seconds[index][1] if index >= 0 else None


class Cited(Struct, frozen=True):
    """What a narration cites, by its section."""

    section_id: str
    citations: list[ScriptCitation]


def detect(fields: Sequence[TextField], cited: Sequence[Cited], documents: Sequence[Document]) -> list[Draft]:
    """Findings about what was said before, field by field; what is properly cited, and the creator's standard phrases, are
    none."""
    narrations = [field for field in fields if field.field is FindingField.NARRATION]
    by_section = {one.section_id: one.citations for one in cited}
    others = [_Other(document) for document in documents]
    archive = [other for other in others if other.document.role == "own"]
    found: list[Draft] = []
    for field in narrations:
        here = _Here(field, by_section.get(field.section_id or "", []), field is narrations[0], field is narrations[-1])
        taken: list[Span] = []
        for other in others:
            if other.document.role == "reference":
                found += here.verbatim(other, taken)
        for other in others:
            if other.document.role == "reference":
                found += here.paraphrased(other, taken)
        for other in archive:
            found += here.repeated(other, archive, taken)
    for other in others:
        if other.document.role == "script":
            found += _sameness(narrations, other)
    return found


class _Other:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.words = Words(document.text)
        self._contents: list[Content] | None = None
        self._joined: str | None = None

    @property
    def contents(self) -> list[Content]:
        if self._contents is None:
            self._contents = contents(self.document.text)
        return self._contents

    def says(self, words: Sequence[str]) -> bool:
        if self._joined is None:
            self._joined = f" {' '.join(self.words.folded)} "
        return f" {' '.join(words)} " in self._joined

    def evidence(self, span: Span, **more: Any) -> dict[str, Any]:
        one = self.document
        key = "script_id" if one.role == "script" else "source_id"
        return {
            key: one.id, "title": one.title, "version": one.version, "quote": span.of(one.text),
            "span": {"start": span.start, "end": span.end}, "start_seconds": one.second_at(span.start), **more,
        }  # fmt: skip


class _Here:
    """A narration with what it cites."""

    def __init__(self, field: TextField, citations: Sequence[ScriptCitation], first: bool, last: bool) -> None:
        self.field, self.citations, self.first, self.last = field, citations, first, last
        self.words = Words(field.text)
        self.contents = contents(field.text)

    def verbatim(self, other: _Other, taken: list[Span]) -> Iterator[Draft]:
        for run in shared_runs(self.words, other.words):
            for part in self._uncited(run, other.document.id):
                span = self.words.span(part.here, part.length)
                if any(_inside(span, one) for one in taken) or content_words(span.of(self.field.text)) < LEAST_CONTENT:
                    continue
                taken.append(span)
                quoted = any(found.start() <= span.start and span.end <= found.end() for found in _QUOTED.finditer(self.field.text))  # fmt: skip
                severity = (
                    Severity.HIGH if part.length >= GRAVE_RUN
                    else Severity.MEDIUM if part.length >= SEVERE_RUN and not quoted else Severity.LOW
                )  # fmt: skip
                said = f"{part.length} words in a row stand in '{other.document.title}'"
                advice = (
                    "name the source" if quoted else "cite it, put it in quotation marks, or say it in your own words"
                )
                yield self._draft(
                    "verbatim-reuse", span, severity, 0.95, f"{said}, and nothing here cites it: {advice}.",
                    [other.evidence(other.words.span(part.there, part.length), words=part.length)],
                )  # fmt: skip

    def paraphrased(self, other: _Other, taken: list[Span]) -> Iterator[Draft]:
        for content, theirs, score in near_pairs(self.contents, other.contents):
            if any(_overlap(content.span, one) for one in taken) or self._is_cited(content, other.document.id):
                continue
            taken.append(content.span)
            yield self._draft(
                "near-paraphrase", content.span, Severity.LOW, round(min(0.9, score), 2),
                f"This follows a sentence of '{other.document.title}' almost word for word, and nothing here cites it.",
                [other.evidence(theirs.span, similarity=round(score, 2))],
            )  # fmt: skip

    def repeated(self, other: _Other, archive: Sequence[_Other], taken: list[Span]) -> Iterator[Draft]:
        for run in shared_runs(self.words, other.words, REPEATED_RUN):
            span = self.words.span(run.here, run.length)
            if any(_overlap(span, one) for one in taken) or self._is_standard(run, archive):
                continue
            taken.append(span)
            yield self._draft(
                "own-repetition", span, Severity.LOW if run.length >= GRAVE_RUN else Severity.INFO, 0.9,
                f"You said these {run.length} words before, in '{other.document.title}'.",
                [other.evidence(other.words.span(run.there, run.length), words=run.length)],
            )  # fmt: skip

    def _is_standard(self, run: Run, archive: Sequence[_Other]) -> bool:
        """A greeting or sign-off: a short run at either end of the script, or one that several videos have."""
        if run.length >= STANDARD_PHRASE:
            return False
        said = self.words.folded[run.here : run.here + run.length]
        at_edge = (self.first and run.here < EDGE_WORDS) or (
            self.last and run.here + run.length > len(self.words.folded) - EDGE_WORDS
        )
        return at_edge or sum(other.says(said) for other in archive) > 1

    def _uncited(self, run: Run, source_id: str) -> Iterator[Run]:
        """What citations leave of a run, as far as it is long enough still."""
        free = [
            not self._cites(self.words.spans[place], source_id, self.words.folded[run.here : run.here + run.length])
            for place in range(run.here, run.here + run.length)
        ]
        start = 0
        while start < run.length:
            end = start
            while end < run.length and free[end]:
                end += 1
            if end - start >= SHORTEST_RUN:
                yield Run(run.here + start, end - start, run.there + start)
            start = end + 1

    def _is_cited(self, content: Content, source_id: str) -> bool:
        """Whether a citation stands there: of this source, or of another one whose words are as near."""
        return self._cites(content.span, source_id, ()) or any(
            _overlap(one.narration_span, content.span) and _follows(content, one.quote or "") for one in self.citations
        )

    def _cites(self, span: Span, source_id: str, said: Sequence[str]) -> bool:
        """Whether a citation stands there: of this source, or of another one that says the same words."""
        return any(
            _overlap(one.narration_span, span)
            and (str(one.source_id) == source_id or (bool(said) and _says(one.quote or "", said)))
            for one in self.citations
        )

    def _draft(
        self,
        clause_id: str,
        span: Span,
        severity: Severity,
        confidence: float,
        rationale: str,
        evidence: list[dict[str, Any]],
    ) -> Draft:
        level = AdLevel.LIMITED if severity in {Severity.MEDIUM, Severity.HIGH} else AdLevel.FULL
        return Draft(
            category=CATEGORY, level=level, severity=severity, confidence=confidence, field=self.field.field,
            section_id=self.field.section_id, span=span, quote=span.of(self.field.text), rationale=rationale, pack=PACK,
            clause_id=clause_id, evidence=evidence, suggestion=None, detector=DETECTOR,
        )  # fmt: skip


def _sameness(narrations: Sequence[TextField], other: _Other) -> Iterator[Draft]:
    """One finding where much of the script stands in another one too, at the longest run that they share."""
    words, same = 0, 0
    longest: tuple[int, TextField, Words, Run] | None = None
    for field in narrations:
        here = Words(field.text)
        words += len(here.folded)
        for run in shared_runs(here, other.words):
            same += run.length
            if longest is None or run.length > longest[0]:
                longest = (run.length, field, here, run)
    if longest is None or same < SAME_SHARE * words:
        return
    length, field, here, run = longest
    span, share = here.span(run.here, length), min(1.0, same / words)
    very = share >= VERY_SAME_SHARE
    yield Draft(
        category=CATEGORY, level=AdLevel.LIMITED if very else AdLevel.FULL,
        severity=Severity.MEDIUM if very else Severity.INFO, confidence=0.9, field=field.field,
        section_id=field.section_id, span=span, quote=span.of(field.text),
        rationale=f"{share:.0%} of this script stands in your script '{other.document.title}' too; this is the longest run.",
        pack=PACK, clause_id="sameness", suggestion=None, detector=DETECTOR,
        evidence=[other.evidence(other.words.span(run.there, length), words=length, share=round(share, 2))],
    )  # fmt: skip


def _follows(content: Content, quote: str) -> bool:
    return any(alike(content, one) >= LEAST_ALIKE for one in contents(quote))


def _says(quote: str, said: Sequence[str]) -> bool:
    wanted = [plain(word) for word in quote.split()]
    joined = " ".join(re.sub(r"[^\w]", "", word) for word in wanted)
    return " ".join(said) in joined


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
