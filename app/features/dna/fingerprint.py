"""Whose voice is a text? One ridge regression of a creator against a fixed background of other speakers.

A text is cut into pieces. A piece is the bag of its word 1- and 2-grams (no case, accents, punctuation),
hashed into 2**16 buckets, valued sqrt(count) * sqrt(idf), scaled to length 1. The creator's pieces of
about 250 words have target 1, the background's 0. The model is the mean of the leave-one-source-out models,
so the creator's own held-out scores are honest. A text's score is the mean over its pieces, at two scales.
z = (score - mean) / standard deviation of held-out background speakers' scores at the text's length.
"""

import io
import math
import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Model = tuple[NDArray[Any], float]  # weight of each bucket, bias
Verdict = Literal["yours", "not_yours", "unsure", "register_refused"]

BUCKETS = 1 << 16
SCALES = (250, 1000)  # words a piece: short pieces weigh every passage alike, long ones see rare habits
BAG_WORDS, BAGS_A_SPEAKER, RUNGS = 125, 16, 4
LENGTHS = np.array([125, 250, 500, 1000, 2000])  # words at which held-out scores are measured
FOLDS, NONE = 5, -2
RIDGE, BIAS = 0.1, 1.0  # BIAS is added to every inner product: an intercept, regularised like the rest
MOST_PIECES, MOST_GROUPS = 400, 20  # text n is left out together with its group n % MOST_GROUPS
FEWEST_WORDS, VERDICT_WORDS = 50, 500
# "yours" from z = 1.12 + 0.3 * the creator's own median z: a fixed z alone would reject plain speakers
# (own median 3) and accept strangers for marked ones (own median 7). Measured by benchmarks/voice.py.
YOURS_BASE, YOURS_SHARE = 1.12, 0.3
UNSURE_BAND = 0.75
FAMILIAR_FROM = -5.0  # speech has -3 and more, a quiz read out -5; an address to Congress or a novel -5 to -11
USUAL_SPREAD, USUAL_WEIGHT = 1.3, 4  # of own held-out z, as if that many more excerpts had shown it

_WORD, _SILENT = re.compile(r"[^\W_]+"), re.compile("['’ʼ`\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Rows:
    """A sparse matrix; row i, never empty, is `[starts[i]:starts[i + 1]]`."""

    columns: Integers
    values: Reals
    starts: Integers

    @classmethod
    def of_bags(cls, columns: Integers, counts: Integers, starts: Integers, roots: Reals) -> "Rows":
        values = np.sqrt(counts).astype(np.float32) * roots[columns]
        norms = np.sqrt(np.add.reduceat(values**2, starts[:-1]))
        return cls(columns, values / np.repeat(norms, np.diff(starts)), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def times(self, vector: Reals) -> Doubles:
        return np.add.reduceat(self.values * vector[self.columns], self.starts[:-1]).astype(np.float64)

    def gram(self, other: "Rows") -> Doubles:
        """Inner products, shape (rows of self, rows of other)."""
        products, dense = np.empty((len(self), len(other))), np.zeros(BUCKETS, np.float32)
        for row in range(len(self)):
            part = slice(self.starts[row], self.starts[row + 1])
            dense[self.columns[part]] = self.values[part]
            products[row] = other.times(dense)
            dense[self.columns[part]] = 0.0
        return products

    def combined(self, coefficients: Doubles) -> Reals:
        """The sum of the rows, each times its coefficient; shape (BUCKETS,)."""
        parts = self.values * np.repeat(coefficients, np.diff(self.starts))
        return np.bincount(self.columns, parts, BUCKETS).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Background:
    """Other speakers of one register; `rungs[k]`: runs of 2**k bags of 125 words, speaker after speaker."""

    roots: Reals
    rungs: tuple[Rows, ...]
    gram: Doubles

    def folds(self, rung: int) -> Integers:
        """Fold of each row's speaker: a speaker is never scored by a model that was trained on them."""
        return np.arange(len(self.rungs[rung])) // (BAGS_A_SPEAKER >> rung) % FOLDS


@dataclass(frozen=True, slots=True)
class VoicePrint:
    """All that a text is scored with. The curves have shape (2, LENGTHS): middle and spread of held-out
    background speakers' scores, of the creator's own z, and of the background's cosine to its centre."""

    weights: NDArray[np.float16]
    roots: NDArray[np.float16]
    centre: NDArray[np.float16]
    bias: Reals
    others: Reals
    own: Reals
    register: Reals


@dataclass(frozen=True, slots=True)
class VoiceMatch:
    """`voice_match`: percentile (0 to 100) of z among the creator's own held-out texts of that length."""

    voice_match: int | None
    verdict: Verdict
    z: float
    words: int


def words_of(text: str) -> list[str]:
    """Words without case, accents and punctuation; an apostrophe joins (don't -> dont)."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall(_SILENT.sub("", letters))


def phrase_key(words: Sequence[str]) -> int:
    """The 64-bit hash under which background/phrases.npz counts the phrase."""
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "little")


def buckets_of(words: Sequence[str]) -> Integers:
    """Shape (words, 2): the bucket of each word, and of the pair that it begins (-1 for the last)."""
    hashes = {word: zlib.crc32(word.encode()) for word in set(words)}
    single = np.array([hashes[word] for word in words], np.uint64)
    pair = single[:-1] * np.uint64(0x9E3779B97F4A7C15) ^ single[1:] * np.uint64(0xC2B2AE3D27D4EB4F)
    buckets = np.full((len(words), 2), -1, np.int64)
    buckets[:, 0] = single % np.uint64(BUCKETS)
    buckets[:-1, 1] = pair >> np.uint64(65 - BUCKETS.bit_length())
    return buckets


def bag_of(buckets: Integers) -> tuple[Integers, Integers]:
    """Rising bucket numbers, and how often each occurs."""
    return np.unique(buckets[buckets >= 0], return_counts=True)


def background_of(columns: Integers, counts: Integers, sizes: Integers, roots: Reals) -> Background:
    """From bags of 125 words, BAGS_A_SPEAKER for each speaker in turn; `sizes` are their distinct buckets."""
    bags, rungs = np.repeat(np.arange(len(sizes)), sizes), []
    for rung in range(RUNGS):
        keys, place = np.unique((bags >> rung) * BUCKETS + columns, return_inverse=True)
        starts = np.searchsorted(keys // BUCKETS, np.arange((len(sizes) >> rung) + 1))
        rungs.append(Rows.of_bags(keys % BUCKETS, np.bincount(place, counts), starts, roots))
    return Background(roots, tuple(rungs), rungs[1].gram(rungs[1]))


@cache
def load_background(register: str = "spoken") -> Background:
    with np.load(Path(__file__).parent / "background" / f"{register}.npz") as stored:
        columns, counts, sizes = (stored[name].astype(np.int64) for name in ("columns", "counts", "sizes"))
        return background_of(columns, counts, sizes, stored["roots"].astype(np.float32))


def train(sources: Sequence[str], background: Background) -> VoicePrint:
    """Raises ValueError with fewer than two sources of 125 words or more: nothing could be held out."""
    texts = [buckets_of(words) for words in map(words_of, sources) if len(words) >= BAG_WORDS]
    if len(texts) < 2:
        raise ValueError(f"A voice needs two sources of {BAG_WORDS} words or more; there are {len(texts)}.")
    groups, mean_model = range(min(MOST_GROUPS, len(texts))), _solved(texts, background)
    weights, bias = mean_model(groups, NONE)
    others = _others_curve(background, [mean_model(groups, fold) for fold in range(FOLDS)])
    own: list[list[float]] = [[] for _ in LENGTHS]
    for n, text in enumerate(texts):
        model = mean_model([n % MOST_GROUPS], NONE)
        for scores, length in zip(own, LENGTHS, strict=True):
            ends = range(length, len(text) + 1, length)
            scores += [_score(text[end - length : end], background.roots, model) for end in ends]
    kept = [background.folds(1) != fold for fold in (*range(FOLDS), NONE)]
    *centres, centre = [(background.rungs[1].combined(rows / rows.sum()), 0.0) for rows in kept]
    learnt, roots = weights.astype(np.float16), background.roots.astype(np.float16)
    middle, intercept = centre[0].astype(np.float16), np.array([bias], np.float32)
    own_curve, register = _own_curve(own, others), _others_curve(background, centres)
    return VoicePrint(learnt, roots, middle, intercept, others, own_curve, register)


def score(print_: VoicePrint, text: str) -> float:
    """z of the text; 0 if it has no word."""
    buckets = buckets_of(words_of(text))
    if not len(buckets):
        return 0.0
    mean, spread = _at(print_.others, len(buckets))
    return (_score(buckets, print_.roots, (print_.weights, float(print_.bias[0]))) - mean) / spread


def match(print_: VoicePrint, text: str) -> VoiceMatch:
    """No number under 50 words, no verdict under 500, neither in a register that the background isn't of."""
    buckets = buckets_of(words_of(text))
    words, z = len(buckets), score(print_, text)
    if words < FEWEST_WORDS:
        return VoiceMatch(None, "unsure", z, words)
    if words >= VERDICT_WORDS and _familiarity(print_, buckets) < FAMILIAR_FROM:
        return VoiceMatch(None, "register_refused", z, words)
    median, spread = _at(print_.own, words)
    percentile = round(50 * (1 + math.erf((z - median) / spread / math.sqrt(2))))
    yours_from = YOURS_BASE + YOURS_SHARE * median
    if words < VERDICT_WORDS or yours_from - UNSURE_BAND <= z < yours_from:
        return VoiceMatch(percentile, "unsure", z, words)
    return VoiceMatch(percentile, "yours" if z >= yours_from else "not_yours", z, words)


def _familiarity(print_: VoicePrint, buckets: Integers) -> float:
    """z of the cosine to the background's centre, over pieces of about 500 words: in longer ones all but the middle
    of the register looks strange."""
    pieces = np.array_split(buckets, len(buckets) // VERDICT_WORDS)
    mean, spread = _at(print_.register, VERDICT_WORDS)
    cosines = [_score(piece, print_.roots, (print_.centre, 0.0)) for piece in pieces]
    return (float(np.mean(cosines)) - mean) / spread


def dump(print_: VoicePrint) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **asdict(print_))
    return file.getvalue()


def restore(data: bytes) -> VoicePrint:
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return VoicePrint(**{field.name: stored[field.name] for field in fields(VoicePrint)})


def _solved(texts: Sequence[Integers], background: Background) -> Callable[[Sequence[int], int], Model]:
    """Ridge regression in the dual, (K + RIDGE)^-1 targets. Fitted once; leaving rows out of it is exact."""
    pieces = [(n % MOST_GROUPS, text[cut]) for n, text in enumerate(texts) for cut in _cuts(text)]
    pieces = pieces[:: math.ceil(len(pieces) / MOST_PIECES)]
    columns, counts = zip(*(bag_of(piece) for _, piece in pieces), strict=True)
    starts = np.cumsum([0, *map(len, columns)])
    own = Rows.of_bags(np.concatenate(columns), np.concatenate(counts), starts, background.roots)
    others = background.rungs[1]
    across, folds = own.gram(others), np.append(background.folds(1), [-1] * len(own))
    kernel = np.block([[background.gram, across.T], [across, own.gram(own)]]) + BIAS
    inverse = np.linalg.inv(kernel + RIDGE * np.eye(len(kernel)))
    owners = np.array([-1] * len(others) + [group for group, _ in pieces])
    complete = inverse @ (owners >= 0)

    def mean_model(left_out: Sequence[int], fold: int) -> Model:
        mean = np.zeros(len(kernel))
        for group in left_out:
            out = np.flatnonzero((owners == group) | (folds == fold))
            change = inverse[:, out] @ np.linalg.solve(inverse[np.ix_(out, out)], complete[out])
            change[out] = complete[out]
            mean += (complete - change) / len(left_out)
        weights = others.combined(mean[: len(others)]) + own.combined(mean[len(others) :])
        return weights, BIAS * float(mean.sum())

    return mean_model


def _cuts(buckets: Integers, scale: int = SCALES[0]) -> list[slice]:
    """Equal pieces, as near to `scale` words as their whole number allows."""
    words, pieces = len(buckets), max(1, round(len(buckets) / scale))
    return [slice(words * n // pieces, words * (n + 1) // pieces) for n in range(pieces)]


def _score(buckets: Integers, roots: NDArray[Any], model: Model) -> float:
    weights, total = model
    for scale in SCALES:
        cuts = _cuts(buckets, scale)
        for cut in cuts:
            columns, counts = bag_of(buckets[cut])
            values = np.sqrt(counts) * roots[columns]
            total += float(values @ weights[columns] / np.sqrt(values @ values)) / len(cuts) / len(SCALES)
    return total


def _at(curve: Reals, words: int) -> list[float]:
    """Middle and spread: linear in log(words) between LENGTHS, constant beyond."""
    return [float(np.interp(math.log(words), np.log(LENGTHS), values)) for values in curve]


def _others_curve(background: Background, models: Sequence[Model]) -> Reals:
    """Mean and spread over texts of each of LENGTHS words; `models[fold]` has not seen the fold."""
    scores = [
        np.choose(background.folds(rung), [rows.times(weights) + bias for weights, bias in models])
        for rung, rows in enumerate(background.rungs)
    ]
    curve = []
    for rung in range(len(LENGTHS)):
        pieces = [scores[min(rung, top)].reshape(len(scores[0]) >> rung, -1) for top in (1, RUNGS - 1)]
        means = np.mean([piece.mean(axis=1) for piece in pieces], axis=0)
        curve.append((means.mean(), means.std()))
    return np.array(curve, np.float32).T


def _own_curve(own: Sequence[Sequence[float]], others: Reals) -> Reals:
    """Median and spread of own held-out z; a length that no source reaches has the one before's."""
    curve: list[tuple[float, float]] = []
    for scores, (mean, spread) in zip(own, others.T, strict=True):
        z = (np.array(scores) - mean) / spread
        median = float(np.median(z)) if scores else curve[-1][0]
        squares = float(((z - median) ** 2).sum()) + USUAL_WEIGHT * USUAL_SPREAD**2
        curve.append((median, math.sqrt(squares / (len(z) + USUAL_WEIGHT))) if scores else curve[-1])
    return np.array(curve, np.float32).T
