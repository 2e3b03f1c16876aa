"""What a creator said: their own turns only, as words and sentences with their places in the sources."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.db.models import Grade
from app.shared.evidence import Span
from app.shared.text import sentence_spans, trimmed, words

SUFFICIENT = ((Grade.A, 10, 15_000), (Grade.B, 5, 5_000), (Grade.C, 3, 1_500))
"""Grade, sources, words: what a profile of that grade is built from at least."""
FEWEST_END_MARKS = 2.0
"""In 100 words; below, the text is bare speech recognition and what needs sentences is left out."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When a span of the text was said."""

    span: Span
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class Sentence:
    span: Span
    text: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One source, cut down to its creator's turns. `text` is the source's whole text, so that spans hold."""

    source_id: str
    text: str
    turns: Sequence[Span]
    timings: Sequence[Timing] = field(default_factory=tuple)

    @cached_property
    def sentences(self) -> list[Sentence]:
        found = []
        for turn in self.turns:
            for span in sentence_spans(self.text, turn.start, turn.end):
                said = span.of(self.text)
                if spoken := tuple(word.lower().replace("’", "'") for word in words(said)):
                    found.append(Sentence(span, said, spoken))
        return found

    @cached_property
    def words(self) -> list[str]:
        return [word for sentence in self.sentences for word in sentence.words]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)

    @cached_property
    def punctuated(self) -> bool:
        marks = sum(sentence.text.rstrip("\"'”’)]")[-1:] in ".!?…" for sentence in self.sentences)
        return marks * 100 >= FEWEST_END_MARKS * max(1, len(self.words))

    @cached_property
    def own_text(self) -> str:
        return "\n".join(turn.of(self.text) for turn in self.turns)

    @cached_property
    def seconds(self) -> float:
        """Time that the creator speaks; 0 where the source is not timed."""
        return sum(timing.end_seconds - timing.start_seconds for timing in self.timings)

    def second_at(self, place: int) -> float | None:
        """When the text at this place was said."""
        for timing in self.timings:
            if timing.span.start <= place < max(timing.span.end, timing.span.start + 1):
                return timing.start_seconds
        return None


def plain_document(text: str, source_id: str = "") -> Document:
    """A text that is all its author's, such as one to be matched."""
    return Document(source_id, text, [Span(0, len(text))])


def creators_document(source_id: str, text: str, cues: Iterable[dict[str, object]], headings: Iterable[dict[str, object]], speaker: str | None) -> Document:  # fmt: skip
    """The source without headings and, where speakers are named, without the others' turns.

    *cues* and *headings* are as a source's version stores them.
    """
    turns: list[Span] = []
    timings: list[Timing] = []
    marked = [cue for cue in cues if isinstance(cue["start"], int) and isinstance(cue["end"], int)]
    named = any(cue.get("speaker") for cue in marked)
    for cue in marked:
        span = Span(cue["start"], cue["end"])  # type: ignore[arg-type]
        if named and cue.get("speaker") not in {speaker, None}:
            continue
        if named and cue.get("speaker") is None and speaker is not None:
            continue
        begins, ends = cue.get("start_seconds"), cue.get("end_seconds")
        if isinstance(begins, int | float) and isinstance(ends, int | float) and span.end > span.start:
            timings.append(Timing(span, float(begins), float(ends)))
        if turns and not text[turns[-1].end : span.start].strip():
            turns[-1] = Span(turns[-1].start, span.end)
        elif span.end > span.start:
            turns.append(span)
    if not named:
        turns = [Span(0, len(text))]
    return Document(source_id, text, _without(turns, text, headings), timings)


def main_speaker(cues: Iterable[Iterable[dict[str, object]]]) -> str | None:
    """Who speaks in most of the sources, and then the most; None where nobody is named."""
    sources: Counter[str] = Counter()
    length: Counter[str] = Counter()
    for one in cues:
        heard = Counter[str]()
        for cue in one:
            if isinstance(name := cue.get("speaker"), str):
                heard[name] += int(str(cue["end"])) - int(str(cue["start"]))
        sources.update(heard.keys())
        length.update(heard)
    return max(sources, key=lambda name: (sources[name], length[name], name), default=None)


def grade_of(sources: int, word_count: int) -> Grade | None:
    """The grade by sufficiency; None where it is too little for a profile."""
    return next((grade for grade, least, fewest in SUFFICIENT if sources >= least and word_count >= fewest), None)


def _without(turns: list[Span], text: str, headings: Iterable[dict[str, object]]) -> list[Span]:
    left: list[Span] = []
    cuts = [(int(str(h["start"])), int(str(h["start"])) + len(str(h["title"]))) for h in headings]
    for turn in turns:
        start = turn.start
        for begin, end in cuts:
            if turn.start <= begin < turn.end:
                if span := trimmed(text, start, begin):
                    left.append(span)
                start = end
        if span := trimmed(text, start, turn.end):
            left.append(span)
    return left
