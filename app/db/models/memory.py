from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model, Revised


class FeedbackVerdict(StrEnum):
    UP = "up"
    DOWN = "down"
    CORRECTION = "correction"


class PreferenceKind(StrEnum):
    AVOID = "avoid"
    REPLACE = "replace"
    STYLE = "style"


class MaterialKind(StrEnum):
    STORY = "story"
    EXAMPLE = "example"
    PRODUCT = "product"


class Feedback(Model):
    """What the creator thinks of something that Strand made."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index("ix_feedback_owner_id_created_at", "owner_id", text("created_at desc")),
        Index("ix_feedback_target_id", "target_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    target_type: Mapped[str] = mapped_column(String(32), comment="What it is about, by the name of its resource.")
    target_id: Mapped[UUID] = mapped_column(comment="Which.")
    verdict: Mapped[FeedbackVerdict] = mapped_column(comment="Up, down, or how it should have been.")
    note: Mapped[str | None] = mapped_column(Text, comment="Why.")
    correction: Mapped[str | None] = mapped_column(Text, comment="How it should have been.")


class Preference(Revised, Model):
    """A rule that every generation obeys, learnt from a correction or set by the creator."""

    __tablename__ = "preferences"
    __table_args__ = (Index("ix_preferences_owner_id_created_at", "owner_id", text("created_at desc")),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    rule: Mapped[str] = mapped_column(Text, comment="In the creator's words, as a model is told.")
    kind: Mapped[PreferenceKind] = mapped_column(
        comment="What code can check of it: words to avoid, to replace, or none."
    )
    avoid: Mapped[list[Any]] = mapped_column(JSONB, comment="Words or phrases that must not stand.")
    use: Mapped[str | None] = mapped_column(String(300), comment="What stands instead.")
    feedback_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("feedback.id", ondelete="SET NULL"), index=True, comment="The correction that it was learnt from."
    )


class Audience(Revised, Model):
    """Whom videos are for, reusable across projects."""

    __tablename__ = "audiences"
    __table_args__ = (Index("ix_audiences_owner_id_created_at", "owner_id", text("created_at desc")),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    name: Mapped[str] = mapped_column(String(200), comment="What the creator calls it.")
    description: Mapped[str] = mapped_column(Text, comment="Who they are and what they want.")
    knows: Mapped[str | None] = mapped_column(Text, comment="What they know already.")
    age_from: Mapped[int | None] = mapped_column(comment="Youngest, in years.")


class Material(Revised, Model):
    """A story, an example or a product that scripts of any project may use."""

    __tablename__ = "materials"
    __table_args__ = (Index("ix_materials_owner_id_created_at", "owner_id", text("created_at desc")),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    kind: Mapped[MaterialKind] = mapped_column(comment="What it is.")
    title: Mapped[str] = mapped_column(String(300), comment="What the creator calls it.")
    text: Mapped[str] = mapped_column(Text, comment="Its words.")


class SettingsTemplate(Revised, Model):
    """What a creator usually sets a project to."""

    __tablename__ = "settings_templates"
    __table_args__ = (Index("ix_settings_templates_owner_id_created_at", "owner_id", text("created_at desc")),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    name: Mapped[str] = mapped_column(String(200), comment="What the creator calls it.")
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Fields of a new project, by name.")
