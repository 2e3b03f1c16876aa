"""The proof card: how far a profile can be trusted to know its creator's voice."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from app.features.dna.corpus import Document
from app.features.dna.fingerprint import VoicePrint
from app.features.dna.signals import CATALOGUE, pair_of
from app.features.dna.standing import load_background, z_of
from app.features.dna.verdict import proof

FEWEST_SIGNALS = 10


class ProofCard(Struct):
    """`sources` held out one at a time: how many are nearer to the profile than 95 of 100 other speakers' texts, and how
    many it would have called yours. `split_half`: how far the signals of one half of the sources agree with those of the
    other (-1 to 1); None where there are too few."""

    sources: int
    words: int
    nearer: int
    yours: int
    split_half: float | None


def card_of(print_: VoicePrint, words: int, split_half: float | None) -> ProofCard:
    shown = proof(print_)
    return ProofCard(shown.sources, words, shown.nearer, shown.yours, split_half)


def split_half(documents: Sequence[Document], language: str) -> float | None:
    """Correlation of the signals' z among other speakers, measured on every second source and on the rest, stepped up to
    the whole length (Spearman 1910, Brown 1910)."""
    ordered = sorted(documents, key=lambda document: document.source_id)
    halves = ordered[::2], ordered[1::2]
    background = load_background()
    if language != background.language or min(map(len, halves)) == 0:
        return None
    pairs = []
    for signal in CATALOGUE:
        if (spread := background.signals.get(signal.name)) is None or spread.sd <= 0:
            continue
        values = [_value([pair_of(signal, document, language) for document in half]) for half in halves]
        if values[0] is not None and values[1] is not None:
            pairs.append((z_of(values[0], spread), z_of(values[1], spread)))
    if len(pairs) < FEWEST_SIGNALS:
        return None
    one, other = np.clip(np.array(pairs), -4, 4).T  # a rare signal must not decide alone
    if one.std() == 0 or other.std() == 0:
        return None
    agreed = float(np.corrcoef(one, other)[0, 1])
    return round(2 * agreed / (1 + agreed), 3) if agreed > 0 else round(agreed, 3)


def _value(measured: Sequence[tuple[float, float] | None]) -> float | None:
    kept = [pair for pair in measured if pair is not None]
    bottom = sum(pair[1] for pair in kept)
    return sum(pair[0] for pair in kept) / bottom if bottom else None
