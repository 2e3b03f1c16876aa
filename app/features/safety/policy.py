"""Policy packs: what a script is held against, as dated data files.

A shipped pack is a TOML file in `packs`, a brand's pack a row of the table `policy_packs`; both have this shape.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.db.models.safety import AdLevel

FOLDER = Path(__file__).parent / "packs"
BRAND = "brand"
"""The category of every clause of a brand's pack."""


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
    source: str | None = None
    """The public page of this clause, where it is not the pack's."""


class Pack(Struct, frozen=True, forbid_unknown_fields=True):
    """`version` rises with each change of the clauses; `source` is the public page that a shipped pack sums up."""

    id: str
    name: str
    version: int
    clauses: list[Clause]
    source: str | None = None
    retrieved: date | None = None
    note: str | None = None


@cache
def shipped() -> tuple[Pack, ...]:
    """The packs that come with Strand, by id. Raises ValueError where one is not whole."""
    return tuple(sorted((read(path) for path in FOLDER.glob("*.toml")), key=lambda pack: pack.id))


def read(path: Path) -> Pack:
    try:
        pack = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Pack)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path.name} is no policy pack: {error}.") from error
    if faults := list(faults_of_shipped(pack)):
        raise ValueError(f"{path.name} is no whole policy pack: {'; '.join(faults)}.")
    return pack


def brand_pack(pack_id: str, name: str, version: int, clauses: Sequence[dict[str, Any]]) -> Pack:
    """A brand's row as a pack: its clauses are `{id, kind, text, words}`. Raises ValueError where one is not whole."""
    try:
        found = [msgspec.convert({"category": BRAND, **clause}, Clause) for clause in clauses]
    except msgspec.ValidationError as error:
        raise ValueError(f"{name} is no policy pack: {error}.") from error
    pack = Pack(pack_id, name, version, found)
    if faults := list(faults_of(pack)):
        raise ValueError(f"{name} is no whole policy pack: {'; '.join(faults)}.")
    return pack


def faults_of(pack: Pack) -> Iterator[str]:
    """What a pack lacks, in words."""
    if not pack.clauses:
        yield "it has no clause"
    if pack.version < 1:
        yield "its version is not a number from 1"
    for clause_id, count in Counter(clause.id for clause in pack.clauses).items():
        if count > 1:
            yield f"{clause_id} stands in it {count} times"
    for clause in pack.clauses:
        if not (clause.id.strip() and clause.category.strip() and clause.text.strip()):
            yield f"{clause.id or 'a clause'} lacks its id, category or text"
        if clause.kind is ClauseKind.POLICY:
            if set(clause.levels) != set(AdLevel) or not all(says.strip() for says in clause.levels.values()):
                yield f"{clause.id} does not say what full, limited and none mean"
        elif not any(word.strip() for word in clause.words):
            yield f"{clause.id} has no words"


def faults_of_shipped(pack: Pack) -> Iterator[str]:
    """Beside what every pack needs: the page that it sums up, and when that was read."""
    yield from faults_of(pack)
    if not (pack.source or "").startswith("https://"):
        yield "it names no page"
    if pack.retrieved is None:
        yield "it does not say when its page was read"
    if not pack.note:
        yield "it does not say whose words its clauses are"
