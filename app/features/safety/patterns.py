"""Rules as data: the files in `phrases`, compiled to patterns over the reading of a text."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.db.models.safety import AdLevel, Severity
from app.features.safety.inflection import expanded

FOLDER = Path(__file__).parent / "phrases"
CLASSES = "classes.toml"
NAME = r"(?P<name>[a-z][\w'-]+(?: [a-z][\w'-]+){0,2}?)"
"""A name can only be told by its capitals, which the reading has lost: who matches looks at the text again."""

_SEVERITIES = {AdLevel.NONE: Severity.HIGH, AdLevel.LIMITED: Severity.MEDIUM, AdLevel.FULL: Severity.INFO}
_GAPS = ((" ... ", r"[,:;]? (?:[\w'%$-]+[,:;]? ){0,7}?"), (" .. ", r",? (?:[\w'%$-]+,? ){0,3}?"))
_CLASS = re.compile(r"\{([a-z_]+)\}")

Kind = Literal["mention", "claim", "act", "charge"]
"""What is said: a mention of something, a claim about the world, an act of speech such as a threat, an offer or an
instruction, or a charge against somebody. Contexts lower them differently."""


class Written(Struct, forbid_unknown_fields=True):
    """A rule as it stands in a file."""

    id: str
    level: AdLevel
    kind: Kind
    confidence: float
    says: str
    patterns: list[str]
    severity: Severity | None = None
    category: str | None = None
    instead: str | None = None


class File(Struct, forbid_unknown_fields=True):
    pack: str
    category: str
    rules: list[Written]


class Rule(Struct, frozen=True):
    """`instead`: words that could stand in the place of what was matched."""

    id: str
    pack: str
    category: str
    level: AdLevel
    severity: Severity
    kind: Kind
    confidence: float
    says: str
    matches: re.Pattern[str]
    instead: str | None


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the files, in their order. Raises ValueError where one can't be read."""
    classes = {name: f"(?:{'|'.join(words)})" for name, words in _read(CLASSES).items()}
    return tuple(
        rule for path in sorted(FOLDER.glob("*.toml")) if path.name != CLASSES for rule in _rules(path, classes)
    )


def _read(name: str) -> dict[str, list[str]]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def _rules(path: Path, classes: dict[str, str]) -> Iterator[Rule]:
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path.name} is no file of rules: {error}.") from error
    for one in file.rules:
        yield Rule(
            one.id,
            file.pack,
            one.category or file.category,
            one.level,
            one.severity or _SEVERITIES[one.level],
            one.kind,
            one.confidence,
            one.says,
            compiled(one.patterns, classes),
            one.instead,
        )


def compiled(patterns: list[str], classes: dict[str, str]) -> re.Pattern[str]:
    """One pattern for all of them, between words' ends."""
    return re.compile(rf"(?<![\w'-])(?:{'|'.join(_unfolded(pattern, classes) for pattern in patterns)})(?![\w-])")


def _unfolded(pattern: str, classes: dict[str, str]) -> str:
    for gap, stands_for in _GAPS:
        pattern = pattern.replace(gap, stands_for)
    pattern = pattern.replace("{Name}", "\0")
    pattern = expanded(_CLASS.sub(lambda found: classes[found[1]], pattern))
    return pattern.replace("\0", NAME.replace("?P<name>", ""))
