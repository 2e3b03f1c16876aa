"""A text against a profile: how near it is by the fingerprint, and by the signals where it differs and what to do."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.features.dna import verdict
from app.features.dna.advice import WORDINGS, advice, alike
from app.features.dna.corpus import Document, plain_document
from app.features.dna.fingerprint import VoicePrint
from app.features.dna.signals import CATALOGUE, spread

MOST_DIMENSIONS = 6
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
    """What a text will be compared with, for every signal that advice can be given on."""
    found = {signal.name: spread(signal, documents, language) for signal in CATALOGUE}
    return {name: Spread(*pair) for name, pair in found.items() if pair is not None}


def match(print_: VoicePrint, known: Mapping[str, Spread], text: str) -> Match:
    """The fingerprint decides; the dimensions explain, the most deviating first. Under 50 words it declines."""
    voice = verdict.match(print_, text)
    dimensions = explain(known, plain_document(text)) if voice.words >= verdict.FEWEST_WORDS else []
    return Match(voice.voice_match, voice.low, voice.high, voice.verdict, dimensions)


def explain(known: Mapping[str, Spread], document: Document) -> list[Dimension]:
    found = []
    for signal in CATALOGUE:
        own, wording = known.get(signal.name), WORDINGS.get(signal.name)
        if own is None or wording is None or (signal.sentences and not document.punctuated):
            continue
        pair = signal.measure(document)
        if pair is None or pair[1] <= 0:
            continue
        value = pair[0] / pair[1]
        deviation = (value - own.mean) / max(own.sd, abs(own.mean) * LEAST_SPREAD, 1e-9)
        said = alike(wording) if abs(deviation) < WORTH_SAYING else advice(wording, value, own.mean)
        found.append(Dimension(signal.name, _tidy(value), _tidy(own.mean), round(deviation, 2), said))
    found.sort(key=lambda dimension: -abs(dimension.deviation))
    return found[:MOST_DIMENSIONS]


def _tidy(value: float) -> float:
    return float(f"{value:.4g}")
