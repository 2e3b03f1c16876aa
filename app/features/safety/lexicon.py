"""Words whose level is known, also in disguise, by where they stand and how often.

The levels of swearing follow what YouTube's guidelines weigh: mild words never count; a title is judged hardest, then
the opening, then how often it comes.
"""

import codecs
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec import Struct

from app.db.models.safety import AdLevel, Severity
from app.features.dna.profanity import load_levels
from app.features.safety.context import context_of, lowered
from app.features.safety.drafting import Found, draft_of, readings_of
from app.features.safety.findings import Draft, Position, TextField
from app.features.safety.inflection import forms
from app.features.safety.policy import Pack
from app.features.safety.reading import Reading

FILE = Path(__file__).parent / "words.toml"
PACK, SWEARING, HATE, ADULT = "youtube-advertiser", "inappropriate-language", "hateful-derogatory", "adult-content"

OFTEN, OFTEN_SHARE = 3, 0.005
ALWAYS, ALWAYS_SHARE = 4, 0.05
"""From how many strong words on, and from which share of all words, swearing is frequent or runs through everything."""

ALSO_DISGUISED = ("kill", "killed", "killing", "rape", "raped", "rapist", "suicide", "porn", "sex", "murder", "shoot", "drugs", "cocaine", "heroin", "weed", "pedo", "nazi", "nazis", "dead", "stab", "bomb")  # fmt: skip
"""Words that are disguised from machines though they are no swear words."""

_SAYS = {
    "slur": (AdLevel.NONE, Severity.HIGH, 0.85, HATE, "It is a slur against a group of people."),
    "scorn": (AdLevel.LIMITED, Severity.MEDIUM, 0.65, HATE, "It is a word of scorn about a group of people."),
    "explicit": (AdLevel.NONE, Severity.HIGH, 0.8, ADULT, "It names pornography or a sexual act outright."),
}
_WHERE: dict[Position, str] = {"title": "in the title", "opening": "in the opening", "body": "after the opening"}

Strength = Literal["mild", "moderate", "strong"]


class Use(Struct, frozen=True):
    """A strong or moderate word where it stands."""

    field: TextField
    reading: Reading
    start: int
    end: int
    strength: Strength


@cache
def tiers() -> dict[tuple[str, str], frozenset[str]]:
    """All forms of the words, by category and tier."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for one in tomllib.loads(FILE.read_text(encoding="utf-8"))["lists"]:
        words = codecs.decode(one["coded"], "rot13") if "coded" in one else one["words"]
        found[one["category"], one["tier"]] = frozenset(form for word in words.split() for form in forms(word))
    return found


@cache
def strengths() -> dict[str, Strength]:
    """Swear words and how strong they are, the strongest first."""
    levels = load_levels()
    strong: dict[str, Strength] = dict.fromkeys(levels["strong"].phrases, "strong")
    moderate: dict[str, Strength] = dict.fromkeys(levels["moderate"].phrases, "moderate")
    return strong | moderate


@cache
def disguised() -> dict[str, None]:
    """The words that are looked for in disguise, the likelier first."""
    offensive = [
        word for key in ((HATE, "slur"), (ADULT, "explicit"), (ADULT, "lewd")) for word in sorted(tiers()[key])
    ]
    return dict.fromkeys(word for word in (*strengths(), *offensive, *ALSO_DISGUISED) if len(word) > 2)


class Lexicon:
    name = "lexicon"
    version = "1"

    def detect(self, fields: Sequence[TextField], packs: Sequence[Pack]) -> list[Draft]:
        if not any(pack.id == PACK for pack in packs):
            return []
        read = readings_of(fields, disguised())
        title = next((reading for field, reading in zip(fields, read, strict=True) if field.position == "title"), None)
        found = [*self._words(fields, read, title), *self._swearing(fields, read)]
        return [draft_of(one, f"{self.name}-{self.version}") for one in found]

    def _words(self, fields: Sequence[TextField], read: Sequence[Reading], title: Reading | None) -> Iterator[Found]:
        listed = {word: tier for tier, says in _SAYS.items() for word in tiers()[says[3], tier]}
        for field, reading in zip(fields, read, strict=True):
            for word, start, end in reading.words:
                if (tier := listed.get(word.removesuffix("'s"))) is None:
                    continue
                level, severity, confidence, category, says = _SAYS[tier]
                around = context_of(reading, start, end, title if field.position != "title" else None)
                less = lowered(level, "mention" if tier == "explicit" else "claim", around)
                yield Found(
                    field, reading, start, end, PACK, category, category, level, less, severity, confidence, says
                )

    def _swearing(self, fields: Sequence[TextField], read: Sequence[Reading]) -> Iterator[Found]:
        known = strengths()
        uses = [
            Use(field, reading, start, end, known[word])
            for field, reading in zip(fields, read, strict=True)
            for word, start, end in reading.words
            if word in known
        ]
        words = sum(len(reading.words) for reading in read)
        strong = sum(use.strength == "strong" for use in uses)
        for use in uses:
            level, severity, says = judged(use.strength, use.field.position, strong, words)
            if severity is not None:
                yield Found(
                    use.field,
                    use.reading,
                    use.start,
                    use.end,
                    PACK,
                    SWEARING,
                    SWEARING,
                    level,
                    None,
                    severity,
                    0.9,
                    says,
                )


def judged(strength: Strength, position: Position, strong: int, words: int) -> tuple[AdLevel, Severity | None, str]:
    """Level, severity (None: nothing to say) and why; `strong` is how many strong words the whole has."""
    where = _WHERE[position]
    if strength == "strong":
        if position == "title":
            return AdLevel.NONE, Severity.HIGH, f"The strongest swearing stands {where}."
        if strong >= ALWAYS and strong > ALWAYS_SHARE * words:
            return (
                AdLevel.NONE,
                Severity.HIGH,
                f"Strong swearing runs through the text: {strong} times in {words} words.",
            )
        if position == "opening":
            return AdLevel.LIMITED, Severity.MEDIUM, f"Strong swearing stands {where}."
        if strong >= OFTEN and strong > OFTEN_SHARE * words:
            return AdLevel.LIMITED, Severity.MEDIUM, f"Strong swearing comes often: {strong} times in {words} words."
        return AdLevel.FULL, Severity.LOW, f"A strong word {where} is accepted now and then, not often."
    if strength == "moderate" and position == "title":
        return AdLevel.LIMITED, Severity.MEDIUM, f"Swearing stands {where}."
    return AdLevel.FULL, None, ""
