"""What the fingerprint is compared with, under the same protocol (app/evaluate/voice.py).

Burrows' Delta (Burrows 2002), Cosine Delta (Smith and Aldridge 2011) over the candidates' own frequencies or a fixed
background's, and linear support vector machines (squared hinge, C = 1, as liblinear's) on tf-idf of n-grams, one
against the rest of the candidates. All but the one with the fixed background need the other candidates to learn from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.evaluate.voice import UNIT_WORDS, UNITS_A_FILE, Answer, File, Trainer
from app.features.dna.fingerprint import words_of
from app.features.dna.grams import Doubles, Rows

Grams = Callable[[str], Iterable[str]]

C = 1.0
EPOCHS, TOLERANCE = 200, 1e-3


def words(text: str) -> list[str]:
    return words_of(text)


def word_pairs(text: str) -> list[str]:
    found = words_of(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


def characters(shortest: int, longest: int) -> Grams:
    def grams(text: str) -> list[str]:
        line = f" {' '.join(words_of(text))} "
        return [line[n : n + size] for size in range(shortest, longest + 1) for n in range(len(line) - size + 1)]

    return grams


def units(files: Sequence[File]) -> list[str]:
    found = []
    for file in files:
        every = file.text.split()
        most = min(UNITS_A_FILE, len(every) // UNIT_WORDS)
        found += [" ".join(every[n * UNIT_WORDS : (n + 1) * UNIT_WORDS]) for n in range(most)]
    return found


class Frequencies:
    """z-scores of the shares of the most frequent grams, over some texts; several kinds of grams side by side."""

    def __init__(self, texts: Sequence[str], kinds: Sequence[tuple[Grams, int]]) -> None:
        self.kinds: list[tuple[Grams, dict[str, int]]] = []
        for grams, most in kinds:
            frequent = Counter(gram for text in texts for gram in grams(text)).most_common(most)
            self.kinds.append((grams, {gram: n for n, (gram, _) in enumerate(frequent)}))
        self.known: dict[str, Doubles] = {}
        matrix = np.array([self.shares(text) for text in texts])
        self.mean, self.spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9

    def shares(self, text: str) -> Doubles:
        parts = []
        for grams, places in self.kinds:
            found = Counter(grams(text))
            vector = np.zeros(len(places))
            for gram, n in found.items():
                if gram in places:
                    vector[places[gram]] = n / found.total()
            parts.append(vector)
        return np.concatenate(parts)

    def z(self, text: str) -> Doubles:
        if text not in self.known:
            self.known[text] = (self.shares(text) - self.mean) / self.spread
        return self.known[text]


def cosine(one: Doubles, other: Doubles) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def nearness(one: Doubles, other: Doubles) -> float:
    """Burrows' Delta, the other way round: minus the mean absolute difference of z-scores."""
    return -float(np.abs(one - other).mean())


def delta(
    kinds: Sequence[tuple[Grams, int]],
    near: Callable[[Doubles, Doubles], float],
    background: Sequence[str] | None = None,
) -> Trainer:
    """Nearness to a speaker's mean; without a background, frequencies are the candidates' own."""
    fixed = Frequencies([part for text in background for part in _parts(text)], kinds) if background else None

    def train(speakers: Sequence[Sequence[File]]) -> Callable[[str], Sequence[Answer]]:
        parts = [units(files) for files in speakers]
        frequencies = fixed or Frequencies([unit for own in parts for unit in own], kinds)
        centres = [np.mean([frequencies.z(unit) for unit in own], axis=0) for own in parts]

        def ask(text: str) -> Sequence[Answer]:
            vector = frequencies.z(text)
            return [Answer(near(vector, centre)) for centre in centres]

        return ask

    return train


def _parts(text: str) -> list[str]:
    every = text.split()
    return [" ".join(every[n : n + UNIT_WORDS]) for n in range(0, len(every) - UNIT_WORDS + 1, UNIT_WORDS)]


class Counts:
    """Numbers for the grams that were met, and each text's counts by those numbers."""

    def __init__(self, grams: Grams) -> None:
        self.grams = grams
        self.numbers: dict[str, int] = {}
        self.known: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    def of(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if text not in self.known:
            found = [self.numbers.setdefault(gram, len(self.numbers)) for gram in self.grams(text)]
            self.known[text] = np.unique(np.array(found, np.int64), return_counts=True)
        return self.known[text]


class TfIdf:
    """(1 + ln tf) * idf of grams in at least two texts, rows of length 1; idf = ln((N + 1) / (df + 1)) + 1."""

    def __init__(self, texts: Sequence[str], counts: Counts) -> None:
        self.counts = counts
        met = np.concatenate([counts.of(text)[0] for text in texts])
        df = np.bincount(met)
        self.idf = np.where(df > 1, np.log((len(texts) + 1) / (df + 1)) + 1, 0.0)

    def row(self, text: str) -> tuple[NDArray[np.int64], Doubles]:
        numbers, counts = self.counts.of(text)
        inside = numbers < len(self.idf)
        numbers, counts = numbers[inside], counts[inside]
        listed = self.idf[numbers] > 0
        columns = numbers[listed]
        values = (1 + np.log(counts[listed])) * self.idf[columns]
        return columns, values / np.linalg.norm(values)

    def rows(self, texts: Sequence[str]) -> Rows:
        columns, values = zip(*map(self.row, texts), strict=True)
        starts = np.cumsum([0, *map(len, columns)])
        return Rows(np.concatenate(columns), np.concatenate(values).astype(np.float32), starts, len(self.idf))


def machine(kernel: Doubles, signs: Doubles) -> Doubles:
    """Coefficients of the support vector machine with squared hinge loss, by coordinate descent in the dual
    (Hsieh et al. 2008); `kernel` already has the intercept's 1."""
    alpha, margin = np.zeros(len(signs)), np.zeros(len(signs))
    order = np.random.default_rng(0)
    for _ in range(EPOCHS):
        largest = 0.0
        for n in order.permutation(len(signs)):
            slope = signs[n] * margin[n] - 1 + alpha[n] / (2 * C)
            change = max(alpha[n] - slope / (kernel[n, n] + 1 / (2 * C)), 0.0) - alpha[n]
            if change:
                alpha[n] += change
                margin += change * signs[n] * kernel[n]
                largest = max(largest, abs(change))
        if largest < TOLERANCE:
            break
    return alpha * signs


def support_vectors(grams: Grams) -> Trainer:
    counts = Counts(grams)

    def train(speakers: Sequence[Sequence[File]]) -> Callable[[str], Sequence[Answer]]:
        parts = [units(files) for files in speakers]
        texts = [unit for own in parts for unit in own]
        owner = np.repeat(np.arange(len(parts)), [len(own) for own in parts])
        vectors = TfIdf(texts, counts)
        rows = vectors.rows(texts)
        kernel = rows.gram(rows) + 1
        found = [machine(kernel, np.where(owner == host, 1.0, -1.0)) for host in range(len(parts))]
        weights = np.array([rows.combined(coefficients) for coefficients in found])
        biases = np.array([coefficients.sum() for coefficients in found])

        def ask(text: str) -> Sequence[Answer]:
            columns, values = vectors.row(text)
            return [Answer(float(score)) for score in weights[:, columns] @ values + biases]

        return ask

    return train


def baselines(background: Sequence[str]) -> dict[str, Trainer]:
    """By name; `background` holds other speakers' texts."""
    return {
        "Burrows' Delta, 500 words": delta([(words, 500)], nearness),
        "Cosine Delta, 500 words": delta([(words, 500)], cosine),
        "Cosine Delta, fixed background": delta([(words, 1500), (characters(3, 4), 3000)], cosine, background),
        "SVM, characters 3 to 5": support_vectors(characters(3, 5)),
        "SVM, words 1 to 2": support_vectors(word_pairs),
    }
