"""Runs of three letters, against how often other speakers write them: numbers for machines, as no person reads them."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.features.dna.corpus import MASK, Document
from app.features.dna.rhythm import Measured

ALPHABET = " abcdefghijklmnopqrstuvwxyz'" + MASK
"""Whatever else a word holds counts as one further sign."""
SIGNS = len(ALPHABET) + 1
TRIGRAMS = SIGNS**3
SMOOTHING = 0.5
_CODES = np.full(256, SIGNS - 1, np.int64)
_CODES[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(len(ALPHABET))


def letter_surprise(document: Document) -> Measured | None:
    """Mean of -log2 p over the text's runs of three signs, p being their share among the background speakers'."""
    counts = trigram_counts(document)
    found = np.flatnonzero(counts)
    return (float((counts[found] * load_bits()[found]).sum()), float(counts.sum())) if len(found) else None


def trigram_counts(document: Document) -> NDArray[np.int64]:
    """How often each run of three signs stands in the normalised text; shape (TRIGRAMS,)."""
    text = f" {' '.join(document.normalised)} ".encode("ascii", "replace")
    codes = _CODES[np.frombuffer(text, np.uint8)]
    runs = (codes[:-2] * SIGNS + codes[1:-1]) * SIGNS + codes[2:]
    return np.bincount(runs, minlength=TRIGRAMS)


def bits_of(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """-log2 of the smoothed shares."""
    return np.asarray(-np.log2((counts + SMOOTHING) / (counts.sum() + SMOOTHING * TRIGRAMS)))


@cache
def load_bits() -> NDArray[np.float64]:
    with np.load(Path(__file__).parent / "background/letters.npz") as file:
        return np.asarray(file["bits"], dtype=np.float64)
