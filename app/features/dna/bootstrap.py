"""How far a value would move with other sources of the same creator."""

from functools import lru_cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

ROUNDS = 1000
SEED = 20_26
KNOWN = {1: 12.706, 2: 4.303, 3: 3.182}
TAIL = 0.025
"""On each side of a 95 % interval."""

Reals = NDArray[np.float64]


def interval(pairs: Reals) -> tuple[float, float] | None:
    """95 % percentile bootstrap over sources (Efron 1979) of the ratio of sums; *pairs* has shape (sources, 2).

    The percentiles are widened as Hesterberg (2015) proposes, as with few sources the plain ones are too narrow.
    None with one source: nothing can be said of what others would give.
    """
    found = intervals(pairs[:, :1], pairs[:, 1])
    return None if found is None else (float(found[0, 0]), float(found[1, 0]))


def intervals(numerators: Reals, denominators: Reals) -> Reals | None:
    """The same of many ratios at once; shapes (sources, ratios) and (sources,), the result (2, ratios)."""
    sources = len(denominators)
    if sources < 2:
        return None
    drawn = _draws(sources)
    values = (drawn @ numerators) / (drawn @ denominators)[:, None]
    tail = widened_tail(sources)
    return np.asarray(np.percentile(values, [100 * tail, 100 * (1 - tail)], axis=0))


def widened_tail(sources: int) -> float:
    """The share to cut from each end: Phi(-sqrt(n / (n - 1)) t), t being Student's with n - 1 degrees of freedom."""
    normal = NormalDist()
    return normal.cdf(-sqrt(sources / (sources - 1)) * student(sources - 1))


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t by the expansion of Cornish and Fisher; for 1 to 3, where that fails, as known."""
    if freedom in KNOWN:
        return KNOWN[freedom]
    z: float = NormalDist().inv_cdf(1 - TAIL)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(z + sum(term / freedom**power for power, term in enumerate(terms, start=1)))


@lru_cache(maxsize=4)
def _draws(sources: int) -> Reals:
    """How often each round draws each source, with replacement; shape (ROUNDS, sources). The same every time."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(sources, np.full(sources, 1 / sources), size=ROUNDS).astype(np.float64)
