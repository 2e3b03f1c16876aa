"""Where a value stands among other speakers of the same register."""

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

QUANTILES = tuple(range(0, 101, 5))
"""Percentiles that the background keeps of each signal."""


class Spread(Struct, frozen=True):
    """A signal, or the rate of a word, over the background's speakers."""

    mean: float
    sd: float
    quantiles: list[float] = []


class Background(Struct, frozen=True):
    """Numbers over speakers of one register in one language: each signal, and each function word per 1,000 words."""

    language: str
    register: str
    speakers: int
    signals: dict[str, Spread]
    function_words: dict[str, Spread]


class Standing(Struct, frozen=True):
    """`percentile`: how many in 100 speakers have less, and half of those who have as much; `median` is theirs, to be
    compared in words."""

    z: float
    percentile: int
    median: float


@cache
def load_background() -> Background:
    data = (Path(__file__).parent / "background/signals.json").read_bytes()
    return msgspec.json.decode(data, type=Background)


def against_background(signal_name: str, value: float) -> Standing | None:
    """The value among the background's speakers; None for a signal that they don't have, such as the pace."""
    spread = load_background().signals.get(signal_name)
    if spread is None or not spread.quantiles:
        return None
    alike = [percent for percent, quantile in zip(QUANTILES, spread.quantiles, strict=True) if quantile == value]
    percentile = float(np.mean(alike) if alike else np.interp(value, spread.quantiles, QUANTILES))
    median = spread.quantiles[QUANTILES.index(50)]
    return Standing(z_of(value, spread), round(percentile), median)


def z_of(value: float, spread: Spread) -> float:
    """(value - mean) / standard deviation; 0 where the background never varies."""
    return round((value - spread.mean) / spread.sd, 2) if spread.sd > 0 else 0.0
