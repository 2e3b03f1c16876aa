"""A signal taken apart: which words make it, how often, and how unusual that is."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from app.features.dna.bootstrap import intervals
from app.features.dna.corpus import Document
from app.features.dna.function_words import FUNCTION_WORDS, counts_of
from app.features.dna.standing import Spread, z_of

MOST_KINDS = 8
MOST_FAVOURED = 20
LEAST_EXPECTED = 5.0
"""Occurrences, seen or to be expected, below which a rate says nothing about a habit."""


class Part(Struct, frozen=True):
    """A word or phrase per 1,000 words, with its interval over sources; `z` against other speakers where known."""

    name: str
    value: float
    ci_low: float | None
    ci_high: float | None
    z: float | None = None


def most_used(counts: Sequence[Counter[str]], documents: Sequence[Document]) -> list[Part]:
    """The kinds that occur most often over all sources."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    names = sorted(total, key=lambda name: (-total[name], name))[:MOST_KINDS]
    matrix = np.array([[one[name] for name in names] for one in counts], dtype=float)
    return _parts(names, matrix, _word_counts(documents), {})


def favoured_words(documents: Sequence[Document], background: Mapping[str, Spread]) -> list[Part]:
    """The function words that the creator uses most unlike other speakers, the most unusual first, whether they are
    favoured or avoided."""
    counts, sizes = counts_of(documents)
    words = float(sizes.sum())
    rates = 1000.0 * counts.sum(axis=0) / words
    scores: dict[str, float] = {}
    for name, rate in zip(FUNCTION_WORDS, rates, strict=True):
        spread = background.get(name)
        if spread is not None and max(rate, spread.mean) * words / 1000.0 >= LEAST_EXPECTED:
            scores[name] = z_of(float(rate), spread)
    names = sorted(scores, key=lambda name: (-abs(scores[name]), name))[:MOST_FAVOURED]
    columns = [FUNCTION_WORDS.index(name) for name in names]
    return _parts(names, counts[:, columns], sizes, scores)


def _parts(names: Sequence[str], counts: np.ndarray, sizes: np.ndarray, scores: Mapping[str, float]) -> list[Part]:
    if not names:
        return []
    values = 1000.0 * counts.sum(axis=0) / sizes.sum()
    bounds = intervals(1000.0 * counts, sizes)
    return [
        Part(
            name,
            _tidy(values[index]),
            None if bounds is None else _tidy(bounds[0, index]),
            None if bounds is None else _tidy(bounds[1, index]),
            scores.get(name),
        )
        for index, name in enumerate(names)
    ]


def _word_counts(documents: Sequence[Document]) -> np.ndarray:
    return np.array([len(document.words) for document in documents], dtype=float)


def _tidy(value: float) -> float:
    return float(f"{value:.3g}")
