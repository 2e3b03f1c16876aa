"""How varied the words are, by three measures that hardly depend on a text's length; numbers are masked."""

from collections import Counter
from collections.abc import Iterable
from math import exp, lgamma

from app.features.dna.corpus import Document
from app.features.dna.rhythm import Measured

MATTR_WINDOW = 100
MTLD_THRESHOLD = (18, 25)
"""0.72, as a fraction: types and tokens are compared as whole numbers."""
HDD_SAMPLE = 42
FEWEST_WORDS = 100


def lexical_richness(document: Document) -> Measured | None:
    """Moving-average type-token ratio over windows of 100 words; weight: the windows."""
    said = document.normalised
    return mattr(said) if len(said) >= MATTR_WINDOW else None


def lexical_run(document: Document) -> Measured | None:
    """MTLD, weighted by words."""
    said = document.normalised
    return (mtld(said) * len(said), len(said)) if len(said) >= FEWEST_WORDS else None


def lexical_sample(document: Document) -> Measured | None:
    """HD-D, weighted by words."""
    said = document.normalised
    return (hdd(Counter(said).values(), len(said)) * len(said), len(said)) if len(said) >= FEWEST_WORDS else None


def mattr(said: list[str], window: int = MATTR_WINDOW) -> Measured:
    """Sum of the windows' type-token ratios, and how many windows there are."""
    held = Counter(said[:window])
    types = total = len(held)
    for leaving, entering in zip(said, said[window:], strict=False):
        if leaving != entering:
            held[leaving] -= 1
            types -= not held[leaving]
            types += not held[entering]
            held[entering] += 1
        total += types
    return (total / window, max(0, len(said) - window) + 1)


def mtld(said: list[str]) -> float:
    """Words over factors, the mean of reading forwards and backwards. A factor is complete when the type-token ratio
    falls below 0.72; the rest at the end counts for the part of the way from 1 to 0.72 that it has gone."""
    return (len(said) / _factors(said) + len(said) / _factors(said[::-1])) / 2


def hdd(frequencies: Iterable[int], count: int, sample: int = HDD_SAMPLE) -> float:
    """Expected type-token ratio of a random sample of 42 words: the sum over types of 1 - C(n - f, 42) / C(n, 42),
    over 42."""
    spectrum = Counter(frequencies)
    absent = {
        frequency: exp(
            lgamma(count - frequency + 1) - lgamma(count - frequency - sample + 1)
            - lgamma(count + 1) + lgamma(count - sample + 1)
        ) if count - frequency >= sample else 0.0
        for frequency in spectrum
    }  # fmt: skip
    return sum(types * (1 - absent[frequency]) for frequency, types in spectrum.items()) / sample


def _factors(said: list[str]) -> float:
    part, whole = MTLD_THRESHOLD
    factors, tokens = 0.0, 0
    seen: set[str] = set()
    for word in said:
        seen.add(word)
        tokens += 1
        if len(seen) * whole < part * tokens:
            factors += 1
            tokens = 0
            seen.clear()
    if tokens:
        factors += (1 - len(seen) / tokens) / (1 - part / whole)
    return factors or 1.0
