"""Speaker turns and times in running text: `**Name:**`, `NAME:`, `Name (00:12):`, `[00:12] Name:`, `0:12` on a line."""

import itertools
import re
from collections import Counter

from msgspec import Struct

from app.features.sources.readers.composing import Composer
from app.features.sources.readers.limits import Limits
from app.features.sources.readers.model import Cue

FEWEST_TURNS, FEWEST_TIMES = 3, 3
LEAST_SHARE = 0.5
"""Of the text has to be somebody's, or the labels are no speakers."""
LABELS = (
    "abstract advice answer audience background caution chapter conclusion contact date definition definitions edit email "
    "example examples exercise fact fax figure first goal goals hint http https ingredients introduction keywords link "
    "links location method methods myth name note notes objective phone place problem pros cons question reference "
    "references result results second section solution source sources step subject summary table third tip tips title "
    "tldr to from cc bcc re topic update url warning when where why what who how time duration price total"
)
"""What stands before a colon at a line's beginning and is nobody."""
PARTICLES = frozenset(
    ("de", "da", "di", "du", "van", "von", "der", "den", "la", "le", "al", "bin", "ibn", "of", "the", "and")
)
"""Small words inside names."""
NOT_SPEAKERS = frozenset(LABELS.split())
_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
_NAME = r"[^\W\d_](?:[\w.'’\-]|[ ](?=[\w(&])|[&()](?=[\w ]|\)?)){0,48}"
_LINE = re.compile(
    rf"^[ \t]*(?:>>\s*)?(?P<open>[\[(]?(?P<before>{_CLOCK})[\])]?(?:[ \t]*[-–—|:])?[ \t]+)?"
    rf"(?P<bold>\*\*|__)?(?P<name>{_NAME}?)(?P<after>[ \t]*[\[(]?(?P<time>{_CLOCK})[\])]?)?[ \t]*(?:(?:\*\*|__)?:|:(?:\*\*|__))"
    r"(?:\*\*|__)?(?:[ \t]+(?P<said>\S[^\n]*)|[ \t]*)$"
)
_HEADER = re.compile(rf"^[ \t]*(?:(?P<name>{_NAME}?)[ \t]{{1,8}}[-–—|]?[ \t]*)?[\[(]?(?P<time>{_CLOCK})[\])]?[ \t]*$")
_TIMED = re.compile(rf"^[ \t]*[\[(]?(?P<time>{_CLOCK})[\])]?(?:[ \t]*[-–—|])?[ \t]+(?P<said>\S[^\n]*)$")


class Turn(Struct):
    """What one person says until the next begins; without a name, what is said from a time on."""

    speaker: str | None
    seconds: float | None
    lines: list[str]


def turns_of(text: str) -> list[Turn]:
    """The turns of a transcript; none where the text is no transcript."""
    lines = text.split("\n")
    return _named(lines) or _headed(lines) or _timed(lines)


def compose(turns: list[Turn], limits: Limits) -> Composer:
    """A paragraph, or several, for each turn, and a cue for it."""
    composer = Composer(limits)
    for index, turn in enumerate(turns):
        paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", "\n".join(turn.lines))]
        said = "\n\n".join(part for part in paragraphs if part)
        goes_on = index > 0 and turn.speaker == turns[index - 1].speaker and turn.seconds is not None
        start = composer.add(said, gap=" " if goes_on and turn.speaker is None else "\n\n")
        if start is not None and (turn.speaker or turn.seconds is not None):
            later = [one.seconds for one in turns[index + 1 : index + 2]]
            ends = later[0] if later and turn.seconds is not None else None
            composer.cues.append(Cue(start, composer.length, turn.seconds, ends, turn.speaker))
    return composer


def seconds_of(clock: str) -> float:
    seconds = 0.0
    for part in clock.replace(",", ".").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _named(lines: list[str]) -> list[Turn]:
    """`Name: words`, with a time before or behind the name where there is one."""
    found = {index: match for index, line in enumerate(lines) if ":" in line and (match := _LINE.match(line))}
    names = Counter(_name(match) for match in found.values())
    good = {name for name, count in names.items() if (count > 1 or _is_timed(found, name)) and _may_speak(name)}
    turns = _cut(lines, {index: match for index, match in found.items() if _name(match) in good})
    return turns if _convincing(turns) else []


def _headed(lines: list[str]) -> list[Turn]:
    """`Name  0:12` on a line of its own, the words on the next; or only the time there."""
    found = {index: match for index, line in enumerate(lines) if line[-4:].strip() and (match := _HEADER.match(line))}
    turns = _cut(lines, found)
    return turns if len(found) >= FEWEST_TIMES and _rising(turns) and _spoken_share(turns) > LEAST_SHARE else []


def _timed(lines: list[str]) -> list[Turn]:
    """`[0:12] words`, without names."""
    found = {index: match for index, line in enumerate(lines) if (match := _TIMED.match(line))}
    filled = sum(bool(line.strip()) for line in lines)
    turns = _cut(lines, found)
    return turns if len(found) >= max(FEWEST_TIMES, 0.3 * filled) and _rising(turns) else []


def _cut(lines: list[str], found: dict[int, re.Match[str]]) -> list[Turn]:
    turns = [Turn(None, None, [])]
    for index, line in enumerate(lines):
        if index in found:
            given = found[index].groupdict()
            clock = given.get("time") or given.get("before")
            name = " ".join((given.get("name") or "").split()) or None
            turns.append(Turn(name, seconds_of(clock) if clock else None, [given.get("said") or ""]))
        else:
            turns[-1].lines.append(line)
    return [turn for turn in turns if any(line.strip() for line in turn.lines)]


def _name(match: re.Match[str]) -> str:
    return " ".join(match["name"].split())


def _is_timed(found: dict[int, re.Match[str]], name: str) -> bool:
    return any(_name(match) == name and (match["time"] or match["before"]) for match in found.values())


def _may_speak(name: str) -> bool:
    parts = name.split()
    if not 1 <= len(parts) <= 5 or name.lower() in NOT_SPEAKERS or parts[0].lower() in NOT_SPEAKERS:
        return False
    return parts[0][0].isupper() and all(
        part[0].isupper() or not part[0].isalpha() or part in PARTICLES for part in parts
    )


def _convincing(turns: list[Turn]) -> bool:
    named = [turn for turn in turns if turn.speaker]
    if len(named) < FEWEST_TURNS:
        return False
    spoken = sum(len(line) for turn in named for line in turn.lines)
    total = sum(len(line) for turn in turns for line in turn.lines)
    timed = sum(turn.seconds is not None for turn in named) > len(named) / 2
    alternating = len({turn.speaker for turn in named}) > 1
    return spoken > LEAST_SHARE * total and (alternating or timed)


def _spoken_share(turns: list[Turn]) -> float:
    timed = sum(len(line) for turn in turns if turn.seconds is not None for line in turn.lines)
    return timed / max(1, sum(len(line) for turn in turns for line in turn.lines))


def _rising(turns: list[Turn]) -> bool:
    times = [turn.seconds for turn in turns if turn.seconds is not None]
    falls = sum(later < earlier for earlier, later in itertools.pairwise(times))
    return len(times) >= FEWEST_TIMES and falls <= 0.1 * len(times)
