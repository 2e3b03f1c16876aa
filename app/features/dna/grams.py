"""A text as numbers: hashes of its words and word pairs, and sparse rows of their weighted, cube-rooted counts."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

SCALES = (250, 1000)  # words a piece: short pieces weigh every passage alike, long ones see rare habits


@dataclass(frozen=True, slots=True)
class Rows:
    """A sparse matrix of `width` columns; row i is `[starts[i]:starts[i + 1]]`, and is never empty."""

    columns: Integers
    values: Reals
    starts: Integers
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def times(self, vector: Reals) -> Doubles:
        return np.add.reduceat(self.values * vector[self.columns], self.starts[:-1]).astype(np.float64)

    def gram(self, other: "Rows") -> Doubles:
        """Inner products, shape (rows of self, rows of other)."""
        products, dense = np.empty((len(self), len(other))), np.zeros(self.width, np.float32)
        for row in range(len(self)):
            part = slice(self.starts[row], self.starts[row + 1])
            dense[self.columns[part]] = self.values[part]
            products[row] = other.times(dense)
            dense[self.columns[part]] = 0.0
        return products

    def combined(self, coefficients: Doubles) -> Reals:
        """The sum of the rows, each times its coefficient; shape (width,)."""
        parts = self.values * np.repeat(coefficients, np.diff(self.starts))
        return np.bincount(self.columns, parts, self.width).astype(np.float32)

    def moved(self, places: Integers, width: int) -> "Rows":
        """The same rows where column c is called `places[c]`."""
        return Rows(places[self.columns], self.values, self.starts, width)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The grams that have a column, by rising hash, each with its weight sqrt(idf); `unseen` is all others' weight."""

    hashes: NDArray[np.uint32]
    roots: NDArray[Any]
    unseen: float

    def unit(self, grams: Integers) -> tuple[Integers, Doubles]:
        """Columns and values of one piece. Its length is 1 counting the grams that have no column."""
        found, counts = np.unique(grams[grams >= 0], return_counts=True)
        columns = np.minimum(np.searchsorted(self.hashes, found), len(self.hashes) - 1)
        listed = self.hashes[columns] == found
        values = np.cbrt(counts) * np.where(listed, self.roots[columns], self.unseen)
        return columns[listed], (values / np.sqrt(values @ values))[listed]

    def excerpt(self, grams: Integers, scales: Sequence[int] = SCALES) -> tuple[Integers, Doubles]:
        """Columns and values of the mean of a text's pieces, at each scale alike."""
        parts = []
        for number, times in Counter(_pieces(grams, scale) for scale in scales).items():
            units = [self.unit(grams[piece]) for piece in _equal(grams, number)]
            parts += [(columns, values * (times / number / len(scales))) for columns, values in units]
        columns, values = zip(*parts, strict=True)
        return np.concatenate(columns), np.concatenate(values)

    def rows(self, pieces: Sequence[Integers]) -> Rows:
        """Raises ValueError without a piece."""
        columns, values = zip(*map(self.unit, pieces), strict=True)
        starts = np.cumsum([0, *map(len, columns)])
        return Rows(np.concatenate(columns), np.concatenate(values).astype(np.float32), starts, len(self.hashes))


def grams_of(words: Sequence[str]) -> Integers:
    """Shape (words, 2): 32-bit hashes of each word, and of the pair that it begins (-1 for the last)."""
    hashes = {word: zlib.crc32(word.encode()) for word in set(words)}
    single = np.array([hashes[word] for word in words], np.uint64)
    pair = single[:-1] * np.uint64(0x9E3779B97F4A7C15) ^ single[1:] * np.uint64(0xC2B2AE3D27D4EB4F)
    grams = np.full((len(words), 2), -1, np.int64)
    grams[:, 0] = single
    grams[:-1, 1] = pair >> np.uint64(32)
    return grams


def cuts(grams: Integers, scale: int) -> list[slice]:
    """Equal pieces, as near to `scale` words as their whole number allows."""
    return _equal(grams, _pieces(grams, scale))


def _pieces(grams: Integers, scale: int) -> int:
    return max(1, round(len(grams) / scale))


def _equal(grams: Integers, number: int) -> list[slice]:
    return [slice(len(grams) * n // number, len(grams) * (n + 1) // number) for n in range(number)]
