"""A text against a profile: how near it is by the fingerprint, and by the signals where it differs and what to do."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.features.dna import verdict
from app.features.dna.corpus import Document, plain_document
from app.features.dna.fingerprint import VoicePrint
from app.features.dna.signals import CATALOGUE, Signal, spread

MOST_DIMENSIONS = 6
NOT_IN_A_TEXT = {
    "words_per_minute", "pauses_per_minute", "fillers",
    "greeting_words", "words_to_value", "first_call_position", "closed_loops",
}  # fmt: skip
LEAST_SPREAD = 0.08
"""Of the mean: a creator who is perfectly even is still allowed this much."""
WORTH_SAYING = 1.0


class Spread(Struct, frozen=True):
    """A signal over the creator's sources."""

    mean: float
    sd: float


class Dimension(Struct):
    """One signal of the text beside the profile's; `deviation` counts the creator's own standard deviations."""

    name: str
    text_value: float
    profile_value: float
    deviation: float
    advice: str


class Match(Struct):
    """80 % of other passages as long by the same writer would come out between `voice_match_low` and `_high`."""

    voice_match: int | None
    voice_match_low: int | None
    voice_match_high: int | None
    verdict: str
    dimensions: list[Dimension]


def spreads(documents: Sequence[Document], language: str) -> dict[str, Spread]:
    """What a text will be compared with, for every signal that a text without times has."""
    found = {
        signal.name: spread(signal, documents, language) for signal in CATALOGUE if signal.name not in NOT_IN_A_TEXT
    }
    return {name: Spread(*pair) for name, pair in found.items() if pair is not None}


def match(print_: VoicePrint, known: Mapping[str, Spread], text: str) -> Match:
    """The fingerprint decides; the dimensions explain, the most deviating first. Under 50 words it declines."""
    voice = verdict.match(print_, text)
    dimensions = explain(known, plain_document(text)) if voice.words >= verdict.FEWEST_WORDS else []
    return Match(voice.voice_match, voice.low, voice.high, voice.verdict, dimensions)


def explain(known: Mapping[str, Spread], document: Document) -> list[Dimension]:
    found = []
    for signal in CATALOGUE:
        own = known.get(signal.name)
        if own is None or (signal.sentences and not document.punctuated):
            continue
        pair = signal.measure(document)
        if pair is None or pair[1] <= 0:
            continue
        value = pair[0] / pair[1]
        deviation = (value - own.mean) / max(own.sd, abs(own.mean) * LEAST_SPREAD, 1e-9)
        found.append(
            Dimension(
                signal.name, _tidy(value), _tidy(own.mean), round(deviation, 2), _advice(signal, value, own, deviation)
            )
        )
    found.sort(key=lambda dimension: -abs(dimension.deviation))
    return found[:MOST_DIMENSIONS]


def _advice(signal: Signal, value: float, own: Spread, deviation: float) -> str:
    """'Sentences are 40 % longer than yours.'"""
    subject = signal.subject if signal.subject.endswith(" is") or (" " in signal.subject and signal.subject.split()[-1] in {"are", "is", "addressed", "once", "told", "comes"}) else f"{signal.subject} are"  # fmt: skip
    if abs(deviation) < WORTH_SAYING:
        return f"{subject} about as in your videos."
    word = signal.more if deviation > 0 else signal.less
    if not own.mean:
        return f"{subject} {word} than in your videos, where there are none."
    change = abs(value - own.mean) / abs(own.mean)
    size = (
        f"{value / own.mean:.1f} times as much as" if change >= 1 and value > own.mean else f"{change:.0%} {word} than"
    )
    return f"{subject} {size} in your videos."


def _tidy(value: float) -> float:
    return float(f"{value:.4g}")
