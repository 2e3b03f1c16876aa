from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Model, Revised


class VersionOrigin(StrEnum):
    GENERATED = "generated"
    EDITED = "edited"
    REVISED = "revised"
    RESTORED = "restored"


class RepurposingFormat(StrEnum):
    SHORTS = "shorts"
    BLOG = "blog"
    NEWSLETTER = "newsletter"
    THREAD = "thread"


class Structure(Revised, Model):
    """An outline option: a teaching framework filled with this project's material."""

    __tablename__ = "structures"
    __table_args__ = (
        Index("ix_structures_project_id_created_at", "project_id", text("created_at desc")),
        Index("ix_structures_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    job_id: Mapped[UUID] = mapped_column(index=True, comment="The job that made it and the options beside it.")
    research_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("research_briefs.id", ondelete="SET NULL"), index=True, comment="The brief behind it."
    )
    dna_profile_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dna_profiles.id", ondelete="SET NULL"), index=True, comment="The voice it was made for."
    )
    ordinal: Mapped[int] = mapped_column(comment="Its place among the options, from 0.")
    framework: Mapped[str] = mapped_column(String(64), comment="The teaching framework's id.")
    title: Mapped[str] = mapped_column(String(300), comment="A working title for the video.")
    engine: Mapped[str] = mapped_column(String(100), comment="What wrote it.")
    rationale: Mapped[list[Any]] = mapped_column(JSONB, comment="[{text, evidence}]: why it fits voice and material.")
    hooks: Mapped[list[Any]] = mapped_column(JSONB, comment="[{id, type, text, claim_ids}].")
    sections: Mapped[list[Any]] = mapped_column(
        JSONB, comment="[{type, title, purpose, target_seconds, claim_ids}], in order."
    )
    rejected: Mapped[list[Any]] = mapped_column(JSONB, comment="What failed the evidence check, and why.")
    selected_at: Mapped[datetime | None] = mapped_column(comment="When the creator chose it.")
    hook_id: Mapped[UUID | None] = mapped_column(comment="The hook that the creator chose.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine, prompts and versions behind it.")


class IdeaCheck(Model):
    """An idea against what the creator said before and what the sources carry."""

    __tablename__ = "idea_checks"
    __table_args__ = (
        Index("ix_idea_checks_project_id_created_at", "project_id", text("created_at desc")),
        Index("ix_idea_checks_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    idea: Mapped[str] = mapped_column(Text, comment="What the creator thinks of making.")
    engine: Mapped[str] = mapped_column(String(100), comment="What judged it.")
    novelty: Mapped[float] = mapped_column(comment="0 (said before) to 1 (new to the archive).")
    coverage: Mapped[float] = mapped_column(comment="0 to 1: how much of it the sources carry.")
    audience_fit: Mapped[float | None] = mapped_column(comment="0 to 1; null where no audience is known.")
    similar: Mapped[list[Any]] = mapped_column(JSONB, comment="Earlier passages, with quote, span and similarity.")
    gaps: Mapped[list[Any]] = mapped_column(JSONB, comment="What neither archive nor sources carry.")
    explanation: Mapped[list[Any]] = mapped_column(JSONB, comment="[{number, text}]: where each number comes from.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine and prompts behind it.")


class Script(Revised, Model):
    """A script: its head version is what is read, edited and exported."""

    __tablename__ = "scripts"
    __table_args__ = (
        Index("ix_scripts_project_id_created_at", "project_id", text("created_at desc")),
        Index("ix_scripts_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    structure_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("structures.id", ondelete="SET NULL"), index=True, comment="The outline it was written from."
    )
    research_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("research_briefs.id", ondelete="SET NULL"), index=True, comment="The brief it cites."
    )
    dna_profile_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dna_profiles.id", ondelete="SET NULL"), index=True, comment="The voice it is written in."
    )
    title: Mapped[str] = mapped_column(String(300), comment="What the creator calls it.")
    target_minutes: Mapped[float] = mapped_column(comment="How long it is to be, in minutes.")
    instructions: Mapped[str | None] = mapped_column(Text, comment="What the creator asked for besides.")
    head: Mapped[int] = mapped_column(default=0, comment="The number of its head version; 0: not written yet.")


class ScriptVersion(Model):
    """One state of a script. Its words never change; what is known of its citations may."""

    __tablename__ = "script_versions"
    __table_args__ = (UniqueConstraint("script_id", "number"),)

    script_id: Mapped[UUID] = mapped_column(ForeignKey("scripts.id", ondelete="CASCADE"), comment="Its script.")
    number: Mapped[int] = mapped_column(comment="Rises by one with each version of the script.")
    parent: Mapped[int | None] = mapped_column(comment="The version that it was made from.")
    origin: Mapped[VersionOrigin] = mapped_column(comment="How it came to be.")
    instruction: Mapped[str | None] = mapped_column(Text, comment="What a revision was asked for.")
    job_id: Mapped[UUID | None] = mapped_column(index=True, comment="The job that wrote it.")
    engine: Mapped[str | None] = mapped_column(String(100), comment="What wrote it; null: the creator.")
    word_count: Mapped[int] = mapped_column(comment="Spoken words, with those that placeholders reserve.")
    words_per_minute: Mapped[float] = mapped_column(comment="The pace that its times are reckoned with.")
    pace_measured: Mapped[bool] = mapped_column(comment="Whether that is the creator's own pace; else a usual one.")
    voice_match: Mapped[float | None] = mapped_column(comment="0 to 100; null where it can't be told.")
    sections: Mapped[list[Any]] = mapped_column(JSONB, comment="As api.md gives them.")
    lost: Mapped[list[Any]] = mapped_column(JSONB, comment="Citations that an edit left without their words.")
    notes: Mapped[list[Any]] = mapped_column(JSONB, comment="What the coherence pass and the preferences say.")
    usage: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="{input_tokens, output_tokens, cost_usd}.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine, prompts and versions behind it.")


class ScriptSource(Base):
    """Which sources a script's versions quote, so that what becomes of a source reaches them."""

    __tablename__ = "script_sources"

    script_id: Mapped[UUID] = mapped_column(
        ForeignKey("scripts.id", ondelete="CASCADE"), primary_key=True, comment="The script."
    )
    source_id: Mapped[UUID] = mapped_column(primary_key=True, index=True, comment="The source.")


class Repurposing(Model):
    """A script version in another form, with the evidence that it carried."""

    __tablename__ = "repurposings"
    __table_args__ = (
        Index("ix_repurposings_script_id_created_at", "script_id", text("created_at desc")),
        Index("ix_repurposings_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    script_id: Mapped[UUID] = mapped_column(ForeignKey("scripts.id", ondelete="CASCADE"), comment="Its script.")
    version: Mapped[int] = mapped_column(comment="The script's version that it was made from.")
    format: Mapped[RepurposingFormat] = mapped_column(comment="What it was made into.")
    title: Mapped[str] = mapped_column(String(300), comment="Its headline.")
    parts: Mapped[list[Any]] = mapped_column(JSONB, comment="[{type, title, text, citations, unsupported}], in order.")
    engine: Mapped[str] = mapped_column(String(100), comment="What wrote it.")
    rejected: Mapped[list[Any]] = mapped_column(JSONB, comment="What failed the evidence check, and why.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine and prompts behind it.")
