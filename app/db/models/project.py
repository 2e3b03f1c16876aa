from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model, Revised


class Platform(StrEnum):
    YOUTUBE = "youtube"
    SHORTS = "shorts"
    TIKTOK = "tiktok"
    PODCAST = "podcast"
    COURSE = "course"
    OTHER = "other"


class ProjectStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"


class EngineChoice(StrEnum):
    AUTO = "auto"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    COMPATIBLE = "compatible"
    OFFLINE = "offline"


class Project(Revised, Model):
    """One video in preparation, and everything that is gathered for it."""

    __tablename__ = "projects"
    __table_args__ = (
        Index("ix_projects_owner_id_created_at", "owner_id", text("created_at desc")),
        CheckConstraint("target_minutes > 0", name="target_minutes_positive"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    title: Mapped[str] = mapped_column(String(300), comment="What the creator calls it.")
    creative_brief: Mapped[str | None] = mapped_column(Text, comment="What the video is to do, in the creator's words.")
    audience: Mapped[str | None] = mapped_column(Text, comment="Whom it is for.")
    platform: Mapped[Platform | None] = mapped_column(comment="Where it will be published.")
    target_minutes: Mapped[float | None] = mapped_column(comment="How long it is to be, in minutes.")
    language: Mapped[str | None] = mapped_column(String(35), comment="BCP 47 tag of the video's language.")
    status: Mapped[ProjectStatus] = mapped_column(default=ProjectStatus.ACTIVE, comment="Active or put away.")
    dna_profile_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dna_profiles.id", ondelete="SET NULL", use_alter=True), index=True, comment="The chosen voice."
    )
    audience_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("audiences.id", ondelete="SET NULL"), index=True, comment="The audience profile it is for."
    )
    engine: Mapped[EngineChoice] = mapped_column(
        default=EngineChoice.AUTO, server_default="auto", comment="Which engine may work on this project's text."
    )
    allow_external_models: Mapped[bool] = mapped_column(
        default=True, server_default="true", comment="False: no text of this project leaves the machine."
    )
