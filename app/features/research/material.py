"""What passes between the steps of research."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from app.db.models import Depth, SourceRole
from app.features.memory.preferences import Rule
from app.features.research.schemas import (
    ClaimRead,
    Contradiction,
    Entity,
    Gap,
    RejectedStatement,
    SubQuestion,
    SummarySentence,
)
from app.shared.evidence import Span


class PlannedSource(Struct, frozen=True):
    """A source at the version that the work is done on."""

    source_id: UUID
    version: int
    sha256: str
    title: str
    role: SourceRole
    chunks: int


class Plan(Struct, frozen=True):
    """What a brief works on, fixed at its start."""

    brief_id: UUID
    question: str
    depth: Depth
    sources: list[PlannedSource]
    rules: list[Rule]
    planned_at: datetime
    updates: UUID | None = None

    @property
    def titles(self) -> dict[UUID, str]:
        return {one.source_id: one.title for one in self.sources}

    @property
    def origin(self) -> dict[UUID, str]:
        """What each source's text is known by: copies are one voice."""
        return {one.source_id: one.sha256 for one in self.sources}


class Questions(Struct, frozen=True):
    """The main question first, then those that help to answer it."""

    asked: list[str]
    rejected: list[RejectedStatement] = []
    prompt: str | None = None


class Found(Struct, frozen=True):
    """A passage by its place, without its words: they stand in the source's version."""

    chunk_id: UUID
    source_id: UUID
    version: int
    span: Span
    heading: str = ""


class Extracted(Struct, frozen=True):
    """Claims whose quotes stand, and what was said besides."""

    claims: list[ClaimRead]
    rejected: list[RejectedStatement] = []


class Draft(Struct):
    """A brief before it is stored. Its citations know neither page nor second yet."""

    engine: str
    prompts: list[str]
    plan: list[SubQuestion]
    claims: list[ClaimRead]
    contradictions: list[Contradiction]
    gaps: list[Gap]
    entities: list[Entity]
    summary: list[SummarySentence]
    rejected: list[RejectedStatement]
