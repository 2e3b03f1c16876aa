"""What surrounds a place: a report, a lesson, a warning or a quotation says the same words without doing the same."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from app.db.models.safety import AdLevel
from app.features.safety.patterns import Kind, compiled
from app.features.safety.reading import Reading

FILE = Path(__file__).parent / "context.toml"

REPORTING = ("news", "education", "history", "medicine", "fiction")
NAMES = {
    "news": "news", "education": "education", "history": "history", "medicine": "medicine", "fiction": "a story or film",
    "preventing": "prevention or denial", "refuting": "a refutation", "quotation": "a quotation",
}  # fmt: skip
BEFORE = 60
"""How many characters before a place a "never" or "how to avoid" can govern it."""

_LOWER = {AdLevel.NONE: AdLevel.LIMITED, AdLevel.LIMITED: AdLevel.FULL, AdLevel.FULL: AdLevel.FULL}
_CLAUSE_END = re.compile(
    r"[;:,] (?:but|and|so|then|i|we|you|he|she|they|it|let|just|because|those|these|the|this|that|my|your|his|her|their|people|everyone)\b|[.!?\n]"
)


class Context(Struct, frozen=True):
    """Which contexts hold in the sentence itself, and which only beside it, each with the words that tell it."""

    here: dict[str, str]
    near: dict[str, str]
    quoting: bool
    personal: bool


class Lowered(Struct, frozen=True):
    level: AdLevel
    why: str | None
    """None where nothing was lowered."""


@cache
def cues() -> dict[str, re.Pattern[str]]:
    return {name: compiled(words, {}) for name, words in tomllib.loads(FILE.read_text(encoding="utf-8")).items()}


def context_of(reading: Reading, start: int, end: int, title: Reading | None = None) -> Context:
    """Around a place of `reading.plain`. Words of the match itself tell nothing about its surroundings."""
    first, last = reading.sentence(start)
    last = max(last, end)
    outside = f"{reading.plain[first:start]} \x00 {reading.plain[end:last]}"
    here = _told(outside, REPORTING) | _told(outside, ("refuting",))
    if (before := _clause_before(reading.plain[first:start])) and (found := cues()["preventing"].search(before)):
        here["preventing"] = found.group()
    if quoted := _quoted(reading.plain, start, end):
        here["quotation"] = quoted
    near: dict[str, str] = {}
    for away in (-1, 1):
        near |= _told(reading.plain[slice(*reading.sentence(start, away=away))], REPORTING)
    if title is not None:
        near |= _told(title.plain, REPORTING)
    said = reading.plain[first:last]
    return Context(
        here,
        {name: words for name, words in near.items() if name not in here},
        cues()["quoting"].search(reading.plain[first:start]) is not None,
        cues()["personal"].search(said) is not None,
    )


def lowered(level: AdLevel, kind: Kind, context: Context) -> Lowered:
    """The level that a context leaves. A mention gives way to every context; a claim only where somebody else is quoted
    or it is refuted; a threat, an offer or an instruction only where it is warned of, or told of others."""
    here = context.here
    if kind == "mention" and here:
        return _full(here)
    stated = {name: words for name, words in here.items() if name in {"preventing", "refuting"}}
    if stated:
        return _full(stated)
    reported = {name: words for name, words in here.items() if name in REPORTING}
    if kind == "claim" and (set(reported) - {"medicine"} or "quotation" in here):
        attributed = context.quoting or "quotation" in here
        return _full(here) if attributed and not context.personal else _by_one(level, here)
    if kind in {"act", "charge"} and (reported or "quotation" in here):
        return _full(here) if reported and not context.personal else _by_one(level, here)
    if kind == "mention" and context.near:
        return _by_one(level, context.near)
    return Lowered(level, None)


def _told(text: str, names: Sequence[str]) -> dict[str, str]:
    return {name: found.group() for name in names if (found := cues()[name].search(text))}


def _clause_before(text: str) -> str:
    """What can govern the place: the end of what stands before it, from the last turn of the sentence on."""
    text = text[-BEFORE:]
    turns = list(_CLAUSE_END.finditer(text))
    return text[turns[-1].end() :] if turns else text


def _quoted(plain: str, start: int, end: int) -> str | None:
    """The words in quotation marks around the place, within its line."""
    line = plain.rfind("\n", 0, start) + 1
    opening = plain.rfind('"', line, start)
    closing = plain.find('"', end, end + 400)
    if opening < 0 or closing < 0 or plain.count('"', line, start) % 2 == 0:
        return None
    return plain[opening : closing + 1][:80]


def _full(contexts: dict[str, str]) -> Lowered:
    return Lowered(AdLevel.FULL, _why(contexts))


def _by_one(level: AdLevel, contexts: dict[str, str]) -> Lowered:
    return Lowered(_LOWER[level], _why(contexts))


def _why(contexts: dict[str, str]) -> str:
    said = ", ".join(f"{NAMES[name]} (“{words.strip().strip(chr(34))}”)" for name, words in contexts.items())
    return f"The context lowers it: {said}."
