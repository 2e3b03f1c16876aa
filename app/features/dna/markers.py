"""Words and phrases of a list, found where they stand: by the places of their first words, not by reading on."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.features.dna.corpus import Document
from app.features.dna.rhythm import Measured
from app.shared.evidence import Span

FEWEST_QUOTED, MOST_QUOTED = 4, 28
AROUND = 8
"""Words quoted on each side where a sentence is too long to quote, or none is marked."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A marker that stands at `place` among the document's words and is `size` words long."""

    place: int
    size: int
    marker: str


@dataclass(frozen=True)
class Markers:
    """A list of phrases in lower case; `not_after`: words before which a phrase means something else."""

    phrases: tuple[str, ...]
    not_after: frozenset[str] = frozenset()

    @cached_property
    def by_first(self) -> dict[str, dict[int, set[tuple[str, ...]]]]:
        """The phrases under their first word and their size, the longest first."""
        found: defaultdict[str, dict[int, set[tuple[str, ...]]]] = defaultdict(dict)
        for phrase in sorted((tuple(phrase.split()) for phrase in self.phrases), key=len, reverse=True):
            found[phrase[0]].setdefault(len(phrase), set()).add(phrase)
        return dict(found)

    def hits(self, document: Document) -> list[Hit]:
        """Every occurrence within a sentence, at each place the longest phrase only; rising."""
        said, places = document.words, document.places
        found: list[Hit] = []
        for first, phrases in self.by_first.items():
            for place in places.get(first, ()):
                if place and said[place - 1] in self.not_after:
                    continue
                for size, known in phrases.items():
                    if size == 1:
                        found.append(Hit(place, 1, first))
                        break
                    if tuple(said[place : place + size]) in known and _in_one(document, place, size):
                        found.append(Hit(place, size, " ".join(said[place : place + size])))
                        break
        found.sort(key=lambda hit: hit.place)
        return [hit for before, hit in zip([None, *found], found, strict=False) if not _overlap(before, hit)]

    def opening(self, spoken: Sequence[str]) -> str | None:
        """The phrase that a sentence begins with."""
        for size, known in self.by_first.get(spoken[0], {}).items() if spoken else ():
            if tuple(spoken[:size]) in known:
                return " ".join(spoken[:size])
        return None


def rate(hits: Sequence[Hit], document: Document) -> Measured | None:
    """Per 1,000 words."""
    return (1000.0 * len(hits), len(document.words)) if document.words else None


def count_of(document: Document, known: Iterable[str]) -> int:
    return sum(len(document.places.get(word, ())) for word in known)


def kinds(hits: Iterable[Hit]) -> Counter[str]:
    return Counter(hit.marker for hit in hits)


def quotes(hits: Iterable[Hit], document: Document) -> list[Span]:
    """The sentences that the hits stand in, or as much of a long one as is around the hit."""
    spans: list[Span] = []
    last = -1
    for hit in hits:
        number = document.sentence_at(hit.place)
        if number == last:
            continue
        last = number
        sentence = document.sentences[number]
        if len(sentence.words) <= MOST_QUOTED:
            if len(sentence.words) >= FEWEST_QUOTED:
                spans.append(sentence.span)
            continue
        first = max(document.borders[number], hit.place - AROUND)
        end = min(document.borders[number + 1], hit.place + hit.size + AROUND)
        spans.append(document.span_of(first, end - first))
    return spans


def _overlap(before: Hit | None, hit: Hit) -> bool:
    return before is not None and hit.place < before.place + before.size


def _in_one(document: Document, place: int, size: int) -> bool:
    return document.sentence_at(place) == document.sentence_at(place + size - 1)
