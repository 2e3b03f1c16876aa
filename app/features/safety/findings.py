"""What a detector reads, and what it hands over before it becomes a row of a report."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

from app.db.models.safety import AdLevel, FindingField, Severity
from app.features.safety.policy import Pack
from app.shared.evidence import Span

Position = Literal["title", "opening", "body"]
"""The opening is the first 30 seconds: 75 words of narration."""

OPENING_WORDS = 75


class TextField(Struct, frozen=True):
    """One text of a script version: the title, or a field of a section."""

    field: FindingField
    section_id: str | None
    text: str
    position: Position = "body"


class Draft(Struct, frozen=True):
    """A finding as its detector made it. `text[span] == quote` in the field that it names; both null where something is
    absent. `severity` says how much it matters, `level` what it leaves of advertising in its category."""

    category: str
    level: AdLevel
    severity: Severity
    confidence: float
    field: FindingField | None
    section_id: str | None
    span: Span | None
    quote: str | None
    rationale: str
    pack: str
    clause_id: str
    evidence: list[dict[str, Any]]
    suggestion: str | None
    detector: str
    """Name with version, such as "lexicon-1"."""


class Detector(Protocol):
    """Pure: the same fields and packs give the same drafts, in the order of the text."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def detect(self, fields: Sequence[TextField], packs: Sequence[Pack]) -> list[Draft]: ...
