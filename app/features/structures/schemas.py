from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from app.shared.evidence import Span


class Beat(Struct, frozen=True):
    """A part of a framework: its share of the time, and what it is for."""

    type: str
    title: str
    purpose: str
    share: float


class Framework(Struct, frozen=True):
    """A way to build an explanation; `fits` says when."""

    id: str
    name: str
    origin: str
    fits: str
    beats: tuple[Beat, ...]


class FrameworkList(Struct):
    items: list[Framework]


class StructureCreate(Struct, forbid_unknown_fields=True):
    """Without `research_id` the project's newest brief is taken, if there is one; without `framework` those that fit best."""

    research_id: UUID | None = None
    framework: Annotated[str, Meta(min_length=1, max_length=64, examples=["problem-solution"])] | None = None


class Hook(Struct):
    """The first words of the video; `claim_ids`: what it states rests on these; `evidence`: an opening of the creator's own
    that has this form, or the story that it begins."""

    id: UUID
    type: str
    text: str
    claim_ids: list[UUID] = []
    evidence: list[dict[str, Any]] = []


class Reason(Struct):
    """Why an option fits; `evidence` quotes what it rests on."""

    text: str
    evidence: list[dict[str, Any]] = []


class PlannedSection(Struct):
    type: str
    title: str
    purpose: str
    target_seconds: float
    claim_ids: list[UUID] = []


class StructureRead(Struct):
    id: UUID
    project_id: UUID
    research_id: UUID | None
    dna_profile_id: UUID | None
    job_id: UUID
    framework: str
    title: str
    engine: str
    rationale: str
    reasons: list[Reason]
    hooks: list[Hook]
    sections: list[PlannedSection]
    selected: bool
    hook_id: UUID | None
    rejected: list[dict[str, Any]]
    created_at: datetime


class StructureSelect(Struct, forbid_unknown_fields=True):
    hook_id: UUID | None = None


class IdeaCheckCreate(Struct, forbid_unknown_fields=True):
    idea: Annotated[str, Meta(min_length=3, max_length=5000, examples=["Build a sextant from a CD and two mirrors"])]


class SimilarPassage(Struct):
    """What was said before; `similarity` 0 to 1."""

    source_id: UUID
    source_title: str
    quote: str | None
    span: Span
    start_seconds: float | None
    similarity: float
    stale: bool = False
    source_deleted: bool = False


class ExplainedNumber(Struct):
    number: str
    text: str


class IdeaGap(Struct):
    question: str
    advice: str


class IdeaCheckRead(Struct):
    id: UUID
    project_id: UUID
    idea: str
    engine: str
    novelty: float
    coverage: float
    audience_fit: float | None
    similar: list[SimilarPassage]
    gaps: list[IdeaGap]
    explanation: list[ExplainedNumber]
    created_at: datetime
