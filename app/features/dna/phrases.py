"""Catchphrases: word n-grams that a creator says far more often than others do."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from app.features.dna.corpus import Document
from app.features.dna.fingerprint import phrase_key, words_of
from app.features.dna.signals import evidence
from app.shared.evidence import Evidence, Span
from app.shared.text import FUNCTION_WORDS, word_spans

SHORTEST, LONGEST = 2, 6
LEAST_SOURCES = 3
PRIOR_WEIGHT = 500.0
"""Pseudo-counts that the background lends to all n-grams of a length together."""
LEAST_Z = 2.6
MOST_CATCHPHRASES = 12
_PLAIN = frozenset(FUNCTION_WORDS["en"].split()) | {
    "i",
    "a",
    "so",
    "it's",
    "that's",
    "if",
    "can",
    "about",
    "there",
}


_Word = tuple[str, int, int]
"""A word as it is counted, and where it stands."""


class Catchphrase(Struct):
    """A phrase with how often, in how many sources, how distinctive, and where in a video it tends to come."""

    phrase: str
    count: int
    n_sources: int
    z: float
    position: float
    """Median place in the source, 0 to 1."""
    examples: list[Evidence]


class Prior(Struct, frozen=True):
    """How often n-grams occur among other speakers: hashes (rising) with counts, and the number of n-grams."""

    hashes: dict[int, Any]
    counts: dict[int, Any]
    tokens: list[int]

    def count(self, words: Sequence[str]) -> int:
        hashes = self.hashes[len(words)]
        key = np.uint64(phrase_key(words))
        place = int(np.searchsorted(hashes, key))
        return int(self.counts[len(words)][place]) if place < len(hashes) and hashes[place] == key else 0


@cache
def load_prior() -> Prior:
    with np.load(Path(__file__).parent / "background/phrases.npz") as file:
        sizes = range(1, LONGEST + 1)
        hashes, counts = {n: file[f"hashes_{n}"] for n in sizes}, {n: file[f"counts_{n}"] for n in sizes}
        return Prior(hashes, counts, [0, *(int(total) for total in file["tokens"])])


def catchphrases(documents: Sequence[Document], prior: Prior) -> list[Catchphrase]:
    """Weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008), z of 2.6 or more, in at
    least three sources, within sentences; of phrases that overlap only the strongest stays."""
    counts: Counter[tuple[str, ...]] = Counter()
    sources: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    totals = [0] * (LONGEST + 1)
    for index, document in enumerate(documents):
        for sentence in document.sentences:
            said = words_of(sentence.text)
            for size in range(SHORTEST, LONGEST + 1):
                totals[size] += max(0, len(said) - size + 1)
                for gram in zip(*(said[start:] for start in range(size)), strict=False):
                    counts[gram] += 1
                    sources[gram].add(index)
    scored = [
        (gram, _z(count, totals[len(gram)], prior.count(gram), prior.tokens[len(gram)]))
        for gram, count in counts.items()
        if len(sources[gram]) >= LEAST_SOURCES and not _plain(gram)
    ]
    ranked = sorted(
        ((gram, z) for gram, z in scored if z >= LEAST_Z),
        key=lambda item: (-item[1] * len(item[0]) ** 0.5, item[0]),
    )
    kept: list[tuple[tuple[str, ...], float]] = []
    for gram, z in ranked:
        if not any(_overlaps(gram, other) for other, _ in kept):
            kept.append((gram, z))
        if len(kept) == MOST_CATCHPHRASES:
            break
    placed = [_placed_words(document) for document in documents]
    return [found for gram, z in kept if (found := _read(gram, z, documents, placed, len(sources[gram])))]


def _z(count: int, total: int, other: int, others: int) -> float:
    prior = max(other, 0.05) / max(1, others) * PRIOR_WEIGHT
    own_odds = (count + prior) / (total + PRIOR_WEIGHT - count - prior)
    other_odds = (other + prior) / (others + PRIOR_WEIGHT - other - prior)
    return (math.log(own_odds) - math.log(other_odds)) / math.sqrt(1 / (count + prior) + 1 / (other + prior + 0.5))


def _plain(gram: Sequence[str]) -> bool:
    """Phrases of function words alone are grammar, not a catchphrase."""
    return all(word in _PLAIN for word in gram)


def _overlaps(gram: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """One within the other, or the end of one the beginning of the other by half."""
    short, long = sorted((gram, other), key=len)
    if any(long[start : start + len(short)] == short for start in range(len(long) - len(short) + 1)):
        return True
    least = (len(short) + 1) // 2
    return any(long[-n:] == short[:n] or short[-n:] == long[:n] for n in range(least, len(short)))


def _read(
    gram: tuple[str, ...], z: float, documents: Sequence[Document], placed: Sequence[list[_Word]], n_sources: int
) -> Catchphrase | None:
    positions: list[float] = []
    examples: list[Evidence] = []
    for document, pieces in zip(documents, placed, strict=True):
        spans = _occurrences(pieces, gram)
        positions.extend(span.start / max(1, len(document.text)) for span in spans)
        if spans and len(examples) < 3 and (quote := evidence(document, spans[0])):
            examples.append(quote)
    if not examples:
        return None
    spelt = {" ".join(example.quote.lower().split()) for example in examples}
    phrase = min(spelt, key=len)
    return Catchphrase(phrase, len(positions), n_sources, round(z, 2), round(float(np.median(positions)), 3), examples)


def _placed_words(document: Document) -> list[_Word]:
    pieces: list[_Word] = []
    for turn in document.turns:
        said = turn.of(document.text)
        for span in word_spans(said):
            place = turn.start + span.start, turn.start + span.end
            pieces.extend((word, *place) for word in words_of(span.of(said)))
    return pieces


def _occurrences(pieces: Sequence[_Word], gram: Sequence[str]) -> list[Span]:
    """Where the phrase stands in the creator's turns, as the source spells it."""
    size, wanted = len(gram), list(gram)
    return [
        Span(pieces[index][1], pieces[index + size - 1][2])
        for index in range(len(pieces) - size + 1)
        if pieces[index][0] == wanted[0] and [piece[0] for piece in pieces[index : index + size]] == wanted
    ]
