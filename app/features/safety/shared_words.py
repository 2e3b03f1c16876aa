"""What two texts have in common, word for word or nearly so."""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import snowballstemmer

from app.features.dna.function_words import FUNCTION_WORDS
from app.shared.evidence import Span
from app.shared.text import sentence_spans, word_spans

SHORTEST_RUN = 8
"""Words in a row that two texts hardly share by chance."""
LEAST_CONTENT = 4
"""Of a run's words that carry a topic; fewer are a turn of phrase."""
LEAST_SHARED, LEAST_ALIKE = 6, 0.65
"""Content stems that a sentence shares with a near paraphrase, names and numbers not counted, and their Dice coefficient.
Names and numbers can't be said otherwise. On the labelled set (tests/data/safety/originality.jsonl) these find 28 of
the 30 pairs that are too near and none of the 52 others."""

_STEMMER = snowballstemmer.stemmer("english")
_FUNCTION = frozenset(FUNCTION_WORDS)
_BREAK = re.compile(r"\n{4,}")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    stemmed: str = _STEMMER.stemWord(word)
    return stemmed


def is_content(word: str) -> bool:
    return word not in _FUNCTION


def plain(word: str) -> str:
    """The word as it is compared: without case, accents and apostrophes."""
    folded = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return "".join(character for character in folded if not unicodedata.combining(character)).replace("'", "")


@dataclass(frozen=True)
class Words:
    """A text as words with their places."""

    text: str

    @cached_property
    def spans(self) -> list[Span]:
        return list(word_spans(self.text))

    @cached_property
    def folded(self) -> list[str]:
        return [plain(span.of(self.text)) for span in self.spans]

    def span(self, first: int, length: int) -> Span:
        return Span(self.spans[first].start, self.spans[first + length - 1].end)


@dataclass(frozen=True, order=True)
class Run:
    """So many words in a row, at a word of the one text and at a word of the other."""

    here: int
    length: int
    there: int


def shared_runs(here: Words, there: Words, shortest: int = SHORTEST_RUN) -> list[Run]:
    """The longest runs of words that both texts have, in the order of the first, none inside another. A run doesn't cross
    what was left out of the text."""
    grams: dict[tuple[str, ...], list[int]] = {}
    folded, broken = here.folded, _breaks(here)
    for place in range(len(folded) - shortest + 1):
        if not any(broken[place + 1 : place + shortest]):
            grams.setdefault(tuple(folded[place : place + shortest]), []).append(place)
    if not grams:
        return []
    known, other = set(folded), there.folded
    found: dict[int, Run] = {}
    together = 0
    for end, word in enumerate(other):
        together = together + 1 if word in known else 0
        if together < shortest:
            continue
        start = end - shortest + 1
        for place in grams.get(tuple(other[start : end + 1]), ()):
            if place and start and folded[place - 1] == other[start - 1] and not broken[place]:
                continue  # the run that began one word earlier holds it
            length = shortest
            while (
                place + length < len(folded)
                and start + length < len(other)
                and folded[place + length] == other[start + length]
                and not broken[place + length]
            ):
                length += 1
            if place not in found or found[place].length < length:
                found[place] = Run(place, length, start)
    return list(_outermost(sorted(found.values())))


def _breaks(words: Words) -> list[bool]:
    """For each word whether something was left out before it."""
    spans = words.spans
    gaps = (words.text[one.end : two.start] for one, two in itertools.pairwise(spans))
    return [False, *(bool(_BREAK.search(gap)) for gap in gaps)]


def _outermost(runs: Sequence[Run]) -> Iterator[Run]:
    reached = 0
    for run in sorted(runs, key=lambda run: (run.here, -run.length)):
        if run.here + run.length > reached:
            reached = run.here + run.length
            yield run


def content_words(text: str) -> int:
    return sum(is_content(span.of(text).lower().replace("’", "'")) for span in word_spans(text))


@dataclass(frozen=True, slots=True)
class Content:
    """What a sentence is made of: its content stems, and those of them that are neither names nor numbers."""

    span: Span
    stems: frozenset[str]
    common: frozenset[str]


def contents(text: str) -> list[Content]:
    return [content_of(text, span) for span in sentence_spans(text)]


def content_of(text: str, sentence: Span) -> Content:
    stems, common = set(), set()
    for number, place in enumerate(word_spans(sentence.of(text))):
        word = place.of(sentence.of(text))
        lower = word.lower().replace("’", "'")
        if not is_content(lower):
            continue
        stems.add(stem(lower))
        if not (any(character.isdigit() for character in word) or (number and word[0].isupper())):
            common.add(stem(lower))
    return Content(sentence, frozenset(stems), frozenset(common))


def alike(one: Content, other: Content) -> float:
    """Dice coefficient of the content stems; 0 where too little of it is neither name nor number."""
    if len(one.common & other.common) < LEAST_SHARED:
        return 0.0
    return 2 * len(one.stems & other.stems) / (len(one.stems) + len(other.stems))


def near_pairs(here: Sequence[Content], there: Sequence[Content]) -> Iterator[tuple[Content, Content, float]]:
    """Each sentence of the one text with its nearest of the other, where that is near enough."""
    holding: dict[str, list[int]] = {}
    for number, content in enumerate(there):
        for one in content.common:
            holding.setdefault(one, []).append(number)
    for content in here:
        counts = Counter(number for one in content.common for number in holding.get(one, ()))
        near = [(alike(content, there[number]), -number) for number, shared in counts.items() if shared >= LEAST_SHARED]
        if near and (best := max(near))[0] >= LEAST_ALIKE:
            yield content, there[-best[1]], best[0]
