from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from app.db.models import ClaimStatus, Depth, Stance
from app.shared.evidence import Span

Question = Annotated[str, Meta(min_length=3, max_length=2000, examples=["Why could sailors not find their longitude?"])]


class ResearchCreate(Struct, forbid_unknown_fields=True):
    """Without `source_ids` every ready `reference` source of the project is taken. `updates`: a brief to go on from; only
    what came in since is read."""

    question: Question
    depth: Depth = Depth.STANDARD
    source_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)] | None = None
    updates: UUID | None = None


class CitationRead(Struct):
    """A quote of a source; `span` points into the text of `source_version`. `quote` is null once the source is deleted."""

    source_id: UUID
    source_version: int
    chunk_id: UUID | None
    quote: str | None
    span: Span
    page: int | None
    start_seconds: float | None
    stance: Stance
    stale: bool
    source_deleted: bool


class ClaimRead(Struct):
    """One statement. `sub_question`: the number of the plan's question that it answers, from 0."""

    id: UUID
    text: str
    status: ClaimStatus
    sub_question: int | None
    citations: list[CitationRead]


class SubQuestion(Struct):
    """`found`: how many claims answer it."""

    question: str
    found: int


class SummarySentence(Struct):
    text: str
    claim_ids: list[UUID]


class SourceEvaluation(Struct):
    """`kind`: what sort of source it is, by its own signs; `corroborated`: the share of its claims that another source
    carries; `notes`: what speaks for caution, each from what stands in it."""

    source_id: UUID
    title: str
    kind: str
    author: str | None
    published_at: datetime | None
    claims: int
    corroborated: float
    reliability: float
    notes: list[str]


class Contradiction(Struct):
    """Two or more claims that can't all be true. `on`: number, date, unit, negation, or meaning."""

    claim_ids: list[UUID]
    on: str
    explanation: str


class Gap(Struct):
    """What the sources don't answer, and what to look for."""

    question: str
    looked_for: list[str]
    advice: str


class Relation(Struct):
    kind: str
    to: str
    claim_id: UUID


class Entity(Struct):
    """Somebody or something that claims speak of."""

    name: str
    kind: str
    claim_ids: list[UUID]
    relations: list[Relation] = []


class RejectedStatement(Struct):
    statement: str
    reason: str


class BriefMetrics(Struct):
    """`coverage`: share of the sub-questions that a claim answers; `quote_fidelity`: share of the stored quotes that stand
    at their span (1.0, or the brief isn't stored)."""

    coverage: float
    quote_fidelity: float
    sources_used: int


class ResearchRead(Struct):
    id: UUID
    project_id: UUID
    updates: UUID | None
    question: str
    depth: Depth
    engine: str
    summary: str
    summary_sentences: list[SummarySentence]
    plan: list[SubQuestion]
    claims: list[ClaimRead]
    source_evaluations: list[SourceEvaluation]
    contradictions: list[Contradiction]
    gaps: list[Gap]
    entities: list[Entity]
    rejected: list[RejectedStatement]
    metrics: BriefMetrics
    manifest: dict[str, Any]
    created_at: datetime


class ResearchSummary(Struct):
    """A brief in a list: without its claims."""

    id: UUID
    project_id: UUID
    question: str
    depth: Depth
    engine: str
    summary: str
    metrics: BriefMetrics
    created_at: datetime
