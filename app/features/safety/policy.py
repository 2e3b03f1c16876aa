"""Policy packs: what a script is held against, as dated data files.

A shipped pack is a TOML file in `packs`, a brand's pack a row of the table `policy_packs`; both have this shape.
"""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

FOLDER = Path(__file__).parent / "packs"


class ClauseKind(StrEnum):
    POLICY = "policy"
    BANNED_WORDS = "banned_words"
    REQUIRED_CLAIM = "required_claim"


class Clause(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule in our own words. `levels` says what full, limited and none mean in its category; `words` are a brand's
    banned words, or the wordings of a claim that a script must make (one of them is enough)."""

    id: str
    category: str
    text: str
    kind: ClauseKind = ClauseKind.POLICY
    levels: dict[str, str] = {}
    words: list[str] = []


class Pack(Struct, frozen=True, forbid_unknown_fields=True):
    """`version` rises with each change of the clauses; `source` is the public page that a shipped pack sums up."""

    id: str
    name: str
    version: int
    clauses: list[Clause]
    source: str | None = None
    retrieved: date | None = None
    note: str | None = None

    def clause_of(self, category: str) -> Clause | None:
        return next((clause for clause in self.clauses if clause.category == category), None)


@cache
def shipped() -> tuple[Pack, ...]:
    """The packs that come with Strand, by id. Raises ValueError where one is not whole."""
    return tuple(sorted((read(path) for path in FOLDER.glob("*.toml")), key=lambda pack: pack.id))


def read(path: Path) -> Pack:
    try:
        pack = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Pack)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path.name} is no policy pack: {error}.") from error
    if faults := list(faults_of(pack)):
        raise ValueError(f"{path.name} is no whole policy pack: {'; '.join(faults)}.")
    return pack


def brand_pack(pack_id: str, name: str, version: int, clauses: Sequence[dict[str, Any]]) -> Pack:
    """A brand's row as a pack: its clauses are `{id, kind, text, words}` of the category "brand"."""
    return Pack(pack_id, name, version, [msgspec.convert({"category": "brand", **clause}, Clause) for clause in clauses])


def faults_of(pack: Pack) -> Iterable[str]:
    """What a pack lacks, in words."""
    return []
