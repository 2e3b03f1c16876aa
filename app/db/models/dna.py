from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.db.base import Base, Model, Revised


class Grade(StrEnum):
    A = "A"
    B = "B"
    C = "C"


class DnaProfile(Revised, Model):
    """A creator's voice: measured signals, traits with evidence, and the fingerprint that tells it from others."""

    __tablename__ = "dna_profiles"
    __table_args__ = (
        Index("ix_dna_profiles_project_id_created_at", "project_id", text("created_at desc")),
        Index("ix_dna_profiles_owner_id_created_at", "owner_id", text("created_at desc")),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    name: Mapped[str] = mapped_column(String(200), comment="What the creator calls it.")
    version: Mapped[int] = mapped_column(default=1, comment="Rises with each build in the project.")
    engine: Mapped[str] = mapped_column(String(100), comment="What wrote the traits; the signals are always measured.")
    grade: Mapped[Grade] = mapped_column(comment="How sufficient the corpus is.")
    language: Mapped[str] = mapped_column(String(35), comment="BCP 47 tag of the corpus.")
    speaker: Mapped[str | None] = mapped_column(String(200), comment="Whose turns were taken.")
    corpus: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="{sources, words, sentences, minutes}.")
    signals: Mapped[list[Any]] = mapped_column(JSONB, comment="As api.md gives them.")
    traits: Mapped[list[Any]] = mapped_column(JSONB, comment="Descriptions with verified quotes.")
    catchphrases: Mapped[list[Any]] = mapped_column(JSONB, comment="What the creator says again and again.")
    exemplars: Mapped[list[Any]] = mapped_column(JSONB, comment="The creator's best hooks and endings, with spans.")
    structure: Mapped[dict[str, Any]] = mapped_column(
        JSONB,
        default=dict,
        server_default="{}",
        comment="{hooks, beats, calls_to_action, pace_curve} over the sources.",
    )
    proof: Mapped[dict[str, Any]] = mapped_column(
        JSONB,
        default=dict,
        server_default="{}",
        comment="The proof card: how far the fingerprint tells the voice apart.",
    )
    controls: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="formality, energy, humour, depth, pace: -2 to 2.")
    rejected: Mapped[list[Any]] = mapped_column(JSONB, comment="What failed the evidence check, and why.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine, prompts and versions behind it.")
    dimensions: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Mean and spread per signal, for the match.")
    fingerprint: Mapped[bytes] = deferred(mapped_column(LargeBinary, comment="The trained voice model, packed."))


class DnaProfileSource(Base):
    """Which sources a profile was built from."""

    __tablename__ = "dna_profile_sources"

    profile_id: Mapped[UUID] = mapped_column(
        ForeignKey("dna_profiles.id", ondelete="CASCADE"), primary_key=True, comment="The profile."
    )
    source_id: Mapped[UUID] = mapped_column(
        ForeignKey("content_sources.id", ondelete="CASCADE"), primary_key=True, index=True, comment="The source."
    )
