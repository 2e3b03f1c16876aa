"""What a creator said: their own turns only, as words and sentences with their places in the sources."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.features.dna.languages import is_spaced, language_of
from app.features.dna.listing import listed
from app.shared.evidence import Evidence, Span, stands
from app.shared.text import sentence_spans, trimmed, word_spans, words

FEWEST_END_MARKS = 2.0
"""In 100 words; below, the text is bare speech recognition and what needs sentences is left out."""
FEWEST_CAPITALS = 0.5
"""Of the sentences begin with one where capitals mean anything."""
NUMBER_WORDS = listed(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion
    """
)
"""'One' is more often a pronoun."""
MASK = "#"


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
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was measured once, by name: signals are asked for by the profile and by the match."""

    @cached_property
    def sentences(self) -> list[Sentence]:
        found = []
        for turn in self.turns:
            for span in sentence_spans(self.text, turn.start, turn.end):
                said = span.of(self.text)
                if spoken := _spoken(said):
                    found.append(Sentence(span, said, spoken))
        return found

    @cached_property
    def words(self) -> list[str]:
        """Verbatim but for case and the form of apostrophes, punctuation left out."""
        return [word for sentence in self.sentences for word in sentence.words]

    @cached_property
    def normalised(self) -> list[str]:
        """The words with numbers masked, whether in figures or spelt: how they are written is the transcriber's."""
        return [MASK if word[0].isdigit() or word in NUMBER_WORDS else word for word in self.words]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each word stands among `words`, rising."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(self.words):
            found[word].append(place)
        return dict(found)

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        """Words of each sentence."""
        return np.array([len(sentence.words) for sentence in self.sentences], dtype=float)

    @cached_property
    def borders(self) -> list[int]:
        """The place of each sentence's first word among `words`, and the number of words."""
        return [0, *(int(border) for border in np.cumsum(self.lengths))]

    def sentence_at(self, place: int) -> int:
        """The number of the sentence that the word at this place belongs to."""
        return bisect_right(self.borders, place) - 1

    def span_of(self, place: int, size: int) -> Span:
        """Where the words from this place on stand in the text; they must be of one sentence."""
        number = self.sentence_at(place)
        begin = self.sentences[number].span.start
        if number not in self._word_spans:
            self._word_spans[number] = list(word_spans(self.sentences[number].text))
        pieces = self._word_spans[number]
        first = min(place - self.borders[number], len(pieces) - 1)
        last = min(first + size, len(pieces)) - 1
        return Span(begin + pieces[first].start, begin + pieces[last].end)

    @cached_property
    def _word_spans(self) -> dict[int, list[Span]]:
        """Of the sentences that were asked for: a quote needs few of them."""
        return {}

    @cached_property
    def punctuated(self) -> bool:
        marks = sum(sentence.text.rstrip("\"'”’)]")[-1:] in ".!?…" for sentence in self.sentences)
        return marks * 100 >= FEWEST_END_MARKS * max(1, len(self.words))

    @cached_property
    def cased(self) -> bool:
        """Whether a capital inside a sentence marks a name: sentences begin with one, and not all letters are."""
        begun = sum(sentence.text.lstrip("\"'“‘([-–— ")[:1].isupper() for sentence in self.sentences)
        return begun >= FEWEST_CAPITALS * max(1, len(self.sentences)) and not self.own_text.isupper()

    @cached_property
    def spaced(self) -> bool:
        """Whether words can be told by the spaces between them: not in Japanese, Chinese or Thai."""
        return is_spaced(self.own_text)

    @cached_property
    def language(self) -> str | None:
        """Of the creator's turns; None where it can't be told."""
        return language_of(self.own_text)

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


class LeftOut(Struct, frozen=True):
    """A source that a profile says nothing about, and why."""

    source_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a profile is measured on, and what of the chosen sources it isn't."""

    documents: list[Document]
    left_out: list[LeftOut]


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
    wanted = None if speaker is None else _same_name(speaker)
    for cue in marked:
        span = Span(cue["start"], cue["end"])  # type: ignore[arg-type]
        name = cue.get("speaker")
        if named and (_same_name(name) if isinstance(name, str) else None) != wanted:
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


def speakers_of(cues: Iterable[dict[str, object]]) -> list[str]:
    """Who is named, in the order of their first cue."""
    return list(dict.fromkeys(name for cue in cues if isinstance(name := cue.get("speaker"), str)))


def is_heard(speaker: str, speakers: Iterable[str]) -> bool:
    """Whether the speaker is among those named, up to case and spaces."""
    return _same_name(speaker) in {_same_name(name) for name in speakers}


def main_language(documents: Iterable[Document]) -> str:
    """The language that most is said in, by characters; `und` where none can be told."""
    said: Counter[str] = Counter()
    for document in documents:
        if document.language:
            said[document.language] += len(document.own_text)
    return max(said, key=lambda language: (said[language], language), default="und")


def gather(documents: Iterable[Document], language: str) -> Gathered:
    """The documents that say something in this language. One whose language can't be told is kept: it may be too
    short or too odd to tell, which is no reason to drop a creator's own words."""
    kept: list[Document] = []
    left: list[LeftOut] = []
    for document in documents:
        if not document.words:
            left.append(LeftOut(document.source_id, "The creator says nothing in it."))
        elif document.language not in {language, None}:
            left.append(
                LeftOut(document.source_id, f"It is in '{document.language}', most of the others in '{language}'.")
            )
        else:
            kept.append(document)
    return Gathered(kept, left)


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


def _spoken(said: str) -> tuple[str, ...]:
    """The words in lower case with straight apostrophes, as many as the text has: lower-casing a Turkish dotted I
    makes two characters of it, so that is done word by word."""
    lowered = said.lower()
    found = words(lowered) if len(lowered) == len(said) else [word.lower() for word in words(said)]
    return tuple(word.replace("’", "'") for word in found) if "’" in said else tuple(found)


def _same_name(name: str) -> str:
    return " ".join(name.casefold().split())


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


def evidence(document: Document, span: Span) -> Evidence | None:
    """The quote at the span as far as the creator's turn goes: nobody else's words are theirs."""
    turn = next((turn for turn in document.turns if turn.start <= span.start < turn.end), None)
    within = trimmed(document.text, span.start, min(span.end, turn.end)) if turn else None
    if within is None or not stands(document.text, quote := within.of(document.text), within):
        return None
    return Evidence(quote, document.source_id, within, document.second_at(within.start))
