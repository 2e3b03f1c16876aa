"""Whose voice is a text? One ridge regression of a creator against a fixed background of other speakers.

A text is cut into pieces of about 250 and 1,000 words. A piece is the bag of its word 1- and 2-grams (no case,
accents, punctuation), valued cbrt(count) * sqrt(idf), scaled to length 1. The creator's pieces of 250 words have
target 1, the background's 0. The model is the mean of the leave-one-source-out models, so the creator's own held-out
scores are honest. From its weights a share of the background's `asking` is taken: whoever hosts, asks, and the
background mostly answers, so that without this every host would resemble every other.
z = (score - mean) / standard deviation of held-out background speakers' scores at the text's length.
"""

import io
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.features.dna.grams import Doubles, Integers, Lexicon, Reals, cuts, grams_of
from app.features.dna.speakers import BAG_WORDS, BAGS_A_SPEAKER, FOLDS, RUNGS, Background, unpacked
from app.shared.exceptions import Conflict

Model = tuple[Reals, float]  # weight of each column, bias
Excerpt = tuple[Integers, Doubles]

LENGTHS = np.array([60, 125, 250, 500, 1000, 2000])  # words at which held-out scores are measured
SOURCE_WORDS, EXCERPTS_A_SOURCE = 125, 12
NONE = -2
RIDGE, BIAS = 0.1, 1.0  # BIAS is added to every inner product: an intercept, regularised like the rest
ASKING = 0.3  # standard deviations of the score that are taken away for one of `asking`
MOST_PIECES, MOST_GROUPS = 400, 20  # text n is left out together with its group n % MOST_GROUPS
REGISTER_WORDS = 500
USUAL_SPREAD, USUAL_WEIGHT = 1.3, 4  # of own held-out z, as if that many more excerpts had shown it

_WORD, _SILENT = re.compile(r"[^\W_]+"), re.compile("['’ʼ`\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class VoicePrint:
    """All that a text is scored with: for each gram, by rising hash, its root, its weight, and its value in the
    background's centre. Over LENGTHS: mean, spread and spread within a speaker of held-out background speakers'
    scores (`others`), median and spread of the creator's own held-out z (`own`). `register`: mean and spread of the
    background's cosines to its centre, median of the creator's sources' (as `familiarity`). `held_out`: z of each source by the model that did not see it."""

    hashes: NDArray[np.uint32]
    roots: NDArray[np.float16]
    weights: NDArray[np.float16]
    centre: NDArray[np.float16]
    unseen: Reals
    bias: Reals
    others: Reals
    own: Reals
    register: Reals
    held_out: Reals

    @property
    def lexicon(self) -> Lexicon:
        return Lexicon(self.hashes, self.roots, float(self.unseen[0]))


def words_of(text: str) -> list[str]:
    """Words without case, accents and punctuation; an apostrophe joins (don't -> dont)."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall(_SILENT.sub("", letters))


@cache
def load_background(register: str = "spoken") -> Background:
    with np.load(Path(__file__).parent / "background" / f"{register}.npz") as stored:
        return unpacked(dict(stored))


def train(sources: Sequence[str], background: Background) -> VoicePrint:
    """Raises ValueError with fewer than two sources of 125 words or more: nothing could be held out."""
    texts = [grams_of(words) for words in map(words_of, sources) if len(words) >= SOURCE_WORDS]
    if len(texts) < 2:
        raise ValueError(f"A voice needs two sources of {SOURCE_WORDS} words or more; there are {len(texts)}.")
    lexicon, places = _joined(background, texts)
    mean_model = _solved(texts, background, lexicon, places)
    everyone = range(min(MOST_GROUPS, len(texts)))
    raw = [mean_model(everyone, fold) for fold in range(FOLDS)]
    asking = np.zeros(len(lexicon.hashes), np.float32)
    asking[places] = background.asking
    passages, folds = background.rungs[1].moved(places, len(asking)), background.folds(1)
    usual = np.choose(folds, [passages.times(weights) + bias for weights, bias in raw]).std()
    asking *= ASKING * usual / max(float(passages.times(asking).std()), 1e-9)

    def told(model: Model) -> Model:
        return model[0] - asking, model[1]

    weights, bias = told(mean_model(everyone, NONE))
    others = _others_curve(background, places, [told(model) for model in raw])
    own: list[list[float]] = [[] for _ in LENGTHS]
    held_out = []
    for n, text in enumerate(texts):
        model = told(mean_model([n % MOST_GROUPS], NONE))
        for length, scores in zip(LENGTHS, own, strict=True):
            starts = range(0, len(text) - length + 1, length)
            starts = starts[:: math.ceil(len(starts) / EXCERPTS_A_SOURCE) or 1]
            scores += [scored(lexicon.excerpt(text[start : start + length]), model) for start in starts]
        mean, spread, _ = at(others, len(text))
        held_out.append((scored(lexicon.excerpt(text), model) - mean) / spread)
    centre, mean, spread = _register(background)
    there = np.zeros(len(asking), np.float16)
    there[places] = centre.astype(np.float16)
    cosines = [scored(lexicon.excerpt(text, [REGISTER_WORDS]), (there, 0.0)) for text in texts]
    register = [mean, spread, (float(np.median(cosines)) - mean) / spread]
    return VoicePrint(
        lexicon.hashes,
        lexicon.roots.astype(np.float16),
        weights.astype(np.float16),
        there,
        np.array([lexicon.unseen], np.float32),
        np.array([bias], np.float32),
        others,
        _own_curve(own, others),
        np.array(register, np.float32),
        np.array(held_out, np.float32),
    )


def score(print_: VoicePrint, grams: Integers) -> float:
    """z of the text; 0 if it has no word."""
    if not len(grams):
        return 0.0
    mean, spread, _ = at(print_.others, len(grams))
    return (scored(print_.lexicon.excerpt(grams), (print_.weights, float(print_.bias[0]))) - mean) / spread


def familiarity(print_: VoicePrint, grams: Integers) -> float:
    """z of the cosine to the background's centre, over pieces of about 500 words: in longer ones all but the middle
    of the register looks strange."""
    mean, spread, _ = (float(value) for value in print_.register)
    return (scored(print_.lexicon.excerpt(grams, [REGISTER_WORDS]), (print_.centre, 0.0)) - mean) / spread


def scored(excerpt: Excerpt, model: tuple[NDArray[Any], float]) -> float:
    columns, values = excerpt
    return float(values @ model[0][columns]) + float(model[1])


def at(curve: Reals, words: int) -> list[float]:
    """Each of a curve's rows: linear in log(words) between LENGTHS, constant beyond."""
    return [float(np.interp(math.log(words), np.log(LENGTHS), values)) for values in curve]


def dump(print_: VoicePrint) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **asdict(print_))
    return file.getvalue()


def restore(data: bytes) -> VoicePrint:
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        if set(stored) != {field.name for field in fields(VoicePrint)}:
            raise Conflict("This profile's fingerprint is of another version of Strand; build the profile again.")
        return VoicePrint(**stored)


def _joined(background: Background, texts: Sequence[Integers]) -> tuple[Lexicon, Integers]:
    """The background's grams and the creator's, and where the background's columns are among them."""
    said = np.unique(np.concatenate(texts))
    hashes = np.union1d(background.lexicon.hashes, said[said >= 0].astype(np.uint32))
    places = np.searchsorted(hashes, background.lexicon.hashes)
    roots = np.full(len(hashes), background.lexicon.unseen, np.float32)
    roots[places] = background.lexicon.roots
    return Lexicon(hashes, roots, background.lexicon.unseen), places


def _solved(
    texts: Sequence[Integers], background: Background, lexicon: Lexicon, places: Integers
) -> Callable[[Sequence[int], int], Model]:
    """Ridge regression in the dual, (K + RIDGE)^-1 targets. Fitted once; leaving rows out of it is exact."""
    pieces = [(n % MOST_GROUPS, text[cut]) for n, text in enumerate(texts) for cut in cuts(text, BAG_WORDS)]
    pieces = pieces[:: math.ceil(len(pieces) / MOST_PIECES)]
    own = lexicon.rows([piece for _, piece in pieces])
    others = background.rungs[0].moved(places, len(lexicon.hashes))
    across, folds = own.gram(others), np.append(background.folds(0), [-1] * len(own))
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


def _others_curve(background: Background, places: Integers, models: Sequence[Model]) -> Reals:
    """Mean, spread, and spread within a speaker, over texts of each of LENGTHS words; `models[fold]` has not seen the
    fold. Lengths below a bag's go on as the two shortest that have been measured, by log(words); the longest one's
    spread within a speaker as that of a mean of two."""
    scores = [
        np.choose(background.folds(rung), [rows.times(weights[places]) + bias for weights, bias in models])
        for rung, rows in enumerate(background.rungs)
    ]
    speakers = len(scores[0]) // BAGS_A_SPEAKER
    curve: list[tuple[float, float, float]] = []
    measured = LENGTHS[LENGTHS >= BAG_WORDS]
    for rung in range(len(measured)):
        scales = [scores[0], scores[min(rung, RUNGS - 1)]]
        texts = np.mean([scale.reshape(len(scores[0]) >> rung, -1).mean(axis=1) for scale in scales], axis=0)
        within = texts.reshape(speakers, -1)
        wobble = within.std(axis=1, ddof=1).mean() if within.shape[1] > 1 else curve[-1][2] / math.sqrt(2)
        curve.append((texts.mean(), texts.std(), wobble))
    first, second = np.array(curve[0]), np.array(curve[1])
    halvings = np.log2(BAG_WORDS / LENGTHS[LENGTHS < BAG_WORDS])
    shorter = [first + (first - second) * times for times in halvings]
    return np.array([*shorter, *curve], np.float32).T


def _own_curve(own: Sequence[Sequence[float]], others: Reals) -> Reals:
    """Median and spread of own held-out z; a length that no source reaches has the one before's."""
    curve: list[tuple[float, float]] = []
    for scores, (mean, spread, _) in zip(own, others.T, strict=True):
        z = (np.array(scores) - mean) / spread
        median = float(np.median(z)) if scores else curve[-1][0]
        squares = float(((z - median) ** 2).sum()) + USUAL_WEIGHT * USUAL_SPREAD**2
        curve.append((median, math.sqrt(squares / (len(z) + USUAL_WEIGHT))) if scores else curve[-1])
    return np.array(curve, np.float32).T


def _register(background: Background) -> tuple[Reals, float, float]:
    """The background's centre over passages of 500 words; mean and spread of the cosines to a centre that the
    passage's fold is no part of."""
    rows, folds = background.rungs[1], background.folds(1)
    kept = [folds != fold for fold in (*range(FOLDS), NONE)]
    *centres, centre = [rows.combined(part / part.sum()) for part in kept]
    cosines = np.choose(folds, [rows.times(other) for other in centres])
    return centre, float(cosines.mean()), float(cosines.std())
