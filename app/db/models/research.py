from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model, Revised


class Depth(StrEnum):
    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


class ClaimStatus(StrEnum):
    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    SINGLE_SOURCE = "single_source"
    NOT_FOUND = "not_found"


class Stance(StrEnum):
    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"


class ResearchBrief(Revised, Model):
    """What the sources say about a question: claims with citations, and what they don't say."""

    __tablename__ = "research_briefs"
    __table_args__ = (
        Index("ix_research_briefs_project_id_created_at", "project_id", text("created_at desc")),
        Index("ix_research_briefs_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    updates_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("research_briefs.id", ondelete="SET NULL"),
        index=True,
        comment="The brief that this one goes on from.",
    )
    question: Mapped[str] = mapped_column(Text, comment="What was asked.")
    depth: Mapped[Depth] = mapped_column(comment="How much was looked at.")
    engine: Mapped[str] = mapped_column(String(100), comment="What wrote it.")
    summary: Mapped[list[Any]] = mapped_column(JSONB, comment="[{text, claim_ids}]: sentences of surviving claims.")
    plan: Mapped[list[Any]] = mapped_column(JSONB, comment="[{question, found}]: the sub-questions.")
    source_evaluations: Mapped[list[Any]] = mapped_column(JSONB, comment="Each source that was used, weighed.")
    contradictions: Mapped[list[Any]] = mapped_column(JSONB, comment="Claims that can't both be true, and on what.")
    gaps: Mapped[list[Any]] = mapped_column(JSONB, comment="What the sources don't answer, and what to look for.")
    entities: Mapped[list[Any]] = mapped_column(JSONB, comment="People, places, works, and how they belong together.")
    rejected: Mapped[list[Any]] = mapped_column(JSONB, comment="What failed the evidence check, and why.")
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="{coverage, quote_fidelity, sources_used}.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine, prompts and versions behind it.")
    claims: Mapped[list["ResearchClaim"]] = relationship(
        order_by="ResearchClaim.ordinal", lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )


class ResearchClaim(Model):
    """One statement about the world, judged against everything that was retrieved."""

    __tablename__ = "research_claims"
    __table_args__ = (UniqueConstraint("brief_id", "ordinal"),)

    brief_id: Mapped[UUID] = mapped_column(
        ForeignKey("research_briefs.id", ondelete="CASCADE"), comment="Its research brief."
    )
    ordinal: Mapped[int] = mapped_column(comment="Its place in the brief, from 0.")
    text: Mapped[str] = mapped_column(Text, comment="What is claimed.")
    status: Mapped[ClaimStatus] = mapped_column(comment="What the evidence says to it.")
    sub_question: Mapped[int | None] = mapped_column(comment="Which question of the plan it answers, from 0.")
    citations: Mapped[list["ResearchCitation"]] = relationship(
        order_by="ResearchCitation.ordinal", lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )


class ResearchCitation(Model):
    """A quote that carries a claim or speaks against it. It outlives its source, without its words."""

    __tablename__ = "research_citations"
    __table_args__ = (UniqueConstraint("claim_id", "ordinal"), Index("ix_research_citations_source_id", "source_id"))

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("research_claims.id", ondelete="CASCADE"), comment="Its claim.")
    ordinal: Mapped[int] = mapped_column(comment="Its place among the claim's citations, from 0.")
    source_id: Mapped[UUID] = mapped_column(comment="The source, which may be deleted since.")
    source_version: Mapped[int] = mapped_column(comment="The version of its text that the span points into.")
    chunk_id: Mapped[UUID | None] = mapped_column(comment="The retrievable text that it was found in.")
    quote: Mapped[str | None] = mapped_column(Text, comment="Verbatim; null once the source was deleted.")
    span_start: Mapped[int] = mapped_column(comment="Code points from the start of the version's text.")
    span_end: Mapped[int] = mapped_column(comment="Exclusive.")
    page: Mapped[int | None] = mapped_column(comment="Page of a paged document, from 1.")
    start_seconds: Mapped[float | None] = mapped_column(comment="When it is said in timed media.")
    stance: Mapped[Stance] = mapped_column(comment="Whether it carries the claim or speaks against it.")
    stale: Mapped[bool] = mapped_column(default=False, comment="It doesn't stand in the source's newest text.")
    source_deleted: Mapped[bool] = mapped_column(default=False, comment="The source was deleted.")


class ChatMessage(Model):
    """A question to the sources, or the answer made of their sentences."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        Index("ix_chat_messages_project_id_created_at", "project_id", "created_at"),
        Index("ix_chat_messages_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    job_id: Mapped[UUID | None] = mapped_column(comment="The job that answers it, or that wrote it.")
    role: Mapped[str] = mapped_column(String(16), comment="user or assistant.")
    text: Mapped[str] = mapped_column(Text, comment="What was said.")
    citations: Mapped[list[Any]] = mapped_column(JSONB, comment="[{text_span, source_id, span, quote, ...}].")
    abstained: Mapped[bool] = mapped_column(default=False, comment="The sources don't say.")
    gap: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="{question, looked_for, advice} where they don't."
    )
    engine: Mapped[str | None] = mapped_column(String(100), comment="What answered.")
    rejected: Mapped[list[Any]] = mapped_column(JSONB, comment="What failed the evidence check, and why.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine and prompts behind it.")
