"""How near a script is to its creator's voice, and the pace that its times are reckoned with."""

from typing import Any

from msgspec import Struct

from app.db.models import DnaProfile
from app.features.dna import fingerprint
from app.features.dna.match import Dimension, Spread, match
from app.features.scripts.budget import FASTEST, SLOWEST
from app.features.scripts.speech import USUAL_PACE, spoken

PACE_SIGNAL = "words_per_minute"
POOR = 25
"""Below, a section is written once more with the worst dimension's advice."""


class Pace(Struct, frozen=True):
    """Words a minute; measured: the creator's own, from timed sources."""

    words_per_minute: float
    measured: bool


class Voice:
    """A profile ready to be compared with."""

    def __init__(self, packed: bytes, spreads: dict[str, Spread]) -> None:
        self._print = fingerprint.restore(packed)
        self._spreads = spreads

    def match(self, narration: str) -> tuple[float | None, list[Dimension]]:
        """0 to 100 for what is spoken, and what differs most; None under 50 words."""
        found = match(self._print, self._spreads, spoken(narration))
        return (float(found.voice_match) if found.voice_match is not None else None), found.dimensions


def pace_of(profile: DnaProfile | None) -> Pace:
    """The creator's measured pace, where their sources were timed."""
    signals: list[dict[str, Any]] = profile.signals if profile else []
    value = next((one.get("value") for one in signals if one["name"] == PACE_SIGNAL), None)
    if value is None or not SLOWEST <= float(value) <= FASTEST:
        return Pace(USUAL_PACE, measured=False)
    return Pace(round(float(value), 1), measured=True)
