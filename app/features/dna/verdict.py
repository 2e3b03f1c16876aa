"""What a score says: a number against the creator's own texts, how sure it is, and whether the voice is theirs."""

import math
from dataclasses import dataclass
from typing import Literal

from app.features.dna.fingerprint import VoicePrint, at, familiarity, score, words_of
from app.features.dna.grams import Integers, grams_of

Verdict = Literal["yours", "not_yours", "unsure", "register_refused"]

FEWEST_WORDS, VERDICT_WORDS = 50, 500
# "yours" from z = YOURS_BASE + YOURS_SHARE * the creator's own median z: a fixed z alone would reject plain speakers
# (own median 3) and accept strangers for marked ones (own median 7). Measured by benchmarks/voice.py.
YOURS_BASE, YOURS_SHARE = 1.8, 0.3
# Of a creator who is far from all background speakers, another register's share of that distance is not their own:
# their texts have to come within MOST_BELOW spreads of their median.
MOST_BELOW = 3.5
UNSURE_BAND = 0.75
# Speech has -3 and more, a quiz read out -4, a script read out -3 to -4.5, dialogues of a novel -4.2; an address to
# Congress, the rest of a novel, an encyclopedia -5 to -9. A creator whose sources are scripts is allowed the like.
FAMILIAR_FROM, OWN_SLACK, FAMILIAR_AT_LEAST = -4.25, 1.25, -5.5
EIGHTY_PERCENT = 1.2816  # standard deviations to each side that hold 80 % of a normal distribution
NINETY_FIVE_OF_100 = 1.645  # standard deviations above the mean that 95 % of a normal distribution lie below


@dataclass(frozen=True, slots=True)
class VoiceMatch:
    """`voice_match`: percentile (0 to 100) of z among the creator's own held-out texts of that length; `low` and
    `high`: between which 80 % of other passages of this length by the same writer would come out. `margin`: how far
    z lies above where "yours" begins."""

    voice_match: int | None
    low: int | None
    high: int | None
    verdict: Verdict
    z: float
    margin: float
    words: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Of a profile's sources, each judged by a model of all the others: how many there were, how many are nearer to
    the profile than 95 of 100 other speakers' texts of that length, and how many would have come out as "yours"."""

    sources: int
    nearer: int
    yours: int


def proof(print_: VoicePrint) -> Proof:
    line = _line(*at(print_.own, VERDICT_WORDS * 2))
    nearer = int((print_.held_out > NINETY_FIVE_OF_100).sum())
    return Proof(len(print_.held_out), nearer, int((print_.held_out >= line).sum()))


def match(print_: VoicePrint, text: str) -> VoiceMatch:
    """No number under 50 words, no verdict under 500, neither in a register that the background isn't of."""
    return judged(print_, grams_of(words_of(text)))


def judged(print_: VoicePrint, grams: Integers) -> VoiceMatch:
    words, z = len(grams), score(print_, grams)
    median, spread = at(print_.own, max(words, 1))
    margin = z - _line(median, spread)
    if words < FEWEST_WORDS:
        return VoiceMatch(None, None, None, "unsure", z, margin, words)
    if words >= VERDICT_WORDS and not _familiar(print_, grams):
        return VoiceMatch(None, None, None, "register_refused", z, margin, words)
    _, others, within = at(print_.others, words)
    reach = EIGHTY_PERCENT * within / others
    low, middle, high = (_percentile((value - median) / spread) for value in (z - reach, z, z + reach))
    verdict: Verdict = "yours" if margin >= 0 else "not_yours"
    if words < VERDICT_WORDS or -UNSURE_BAND <= margin < 0:
        verdict = "unsure"
    return VoiceMatch(middle, low, high, verdict, z, margin, words)


def _line(median: float, spread: float) -> float:
    return max(YOURS_BASE + YOURS_SHARE * median, median - MOST_BELOW * spread)


def _familiar(print_: VoicePrint, grams: Integers) -> bool:
    own = float(print_.register[2])
    return familiarity(print_, grams) >= max(FAMILIAR_AT_LEAST, min(FAMILIAR_FROM, own - OWN_SLACK))


def _percentile(deviations: float) -> int:
    return round(50 * (1 + math.erf(deviations / math.sqrt(2))))
