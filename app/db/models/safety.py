from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model, Revised


class Verdict(StrEnum):
    CLEAR = "clear"
    LIMITED = "limited"
    BLOCKED = "blocked"


class AdLevel(StrEnum):
    """What is left of advertising: the three answers of a self-certification form."""

    FULL = "full"
    LIMITED = "limited"
    NONE = "none"


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class FindingField(StrEnum):
    NARRATION = "narration"
    ON_SCREEN_TEXT = "on_screen_text"
    VISUALS = "visuals"
    TITLE = "title"


class FindingStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class SafetyCheck(Revised, Model):
    """A script version against the policy packs and the sources."""

    __tablename__ = "safety_checks"
    __table_args__ = (
        Index("ix_safety_checks_script_id_created_at", "script_id", text("created_at desc")),
        Index("ix_safety_checks_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    script_id: Mapped[UUID] = mapped_column(ForeignKey("scripts.id", ondelete="CASCADE"), comment="Its script.")
    version: Mapped[int] = mapped_column(comment="The script's version that was checked.")
    verdict: Mapped[Verdict] = mapped_column(comment="What it comes to.")
    engine: Mapped[str] = mapped_column(String(100), comment="What read it beside the rules.")
    packs: Mapped[list[Any]] = mapped_column(
        JSONB, comment="[{id, version}]: the policy packs that it was held against."
    )
    ratings: Mapped[list[Any]] = mapped_column(JSONB, comment="[{category, level, assessed}], every category.")
    claims: Mapped[list[Any]] = mapped_column(JSONB, comment="Each check-worthy sentence: supported or not, by what.")
    detectors_run: Mapped[list[Any]] = mapped_column(JSONB, comment="[{detector, version}].")
    detectors_skipped: Mapped[list[Any]] = mapped_column(JSONB, comment="[{detector, reason}]: silence is not 'clean'.")
    rejected: Mapped[list[Any]] = mapped_column(JSONB, comment="What failed the evidence check, and why.")
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Inputs, engine, prompts and versions behind it.")


class SafetyFinding(Model):
    """One place in a script that somebody should look at before it is published."""

    __tablename__ = "safety_findings"
    __table_args__ = (UniqueConstraint("check_id", "ordinal"),)

    check_id: Mapped[UUID] = mapped_column(ForeignKey("safety_checks.id", ondelete="CASCADE"), comment="Its check.")
    ordinal: Mapped[int] = mapped_column(comment="Its place in the report, from 0.")
    category: Mapped[str] = mapped_column(String(64), comment="The policy category.")
    level: Mapped[AdLevel] = mapped_column(comment="What it leaves of advertising in its category.")
    severity: Mapped[Severity] = mapped_column(comment="How much it matters.")
    confidence: Mapped[float] = mapped_column(comment="0 to 1.")
    field: Mapped[FindingField | None] = mapped_column(comment="Where it stands; null: something is absent.")
    section_id: Mapped[str | None] = mapped_column(String(64), comment="In which section; null for the title.")
    span_start: Mapped[int | None] = mapped_column(comment="Code points from the start of the field.")
    span_end: Mapped[int | None] = mapped_column(comment="Exclusive.")
    quote: Mapped[str | None] = mapped_column(Text, comment="The field's text at the span.")
    rationale: Mapped[str] = mapped_column(Text, comment="Why it is a finding, context included.")
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="{pack, version, clause_id, text}.")
    evidence: Mapped[list[Any]] = mapped_column(JSONB, comment="What it rests on: quotes of sources, matches.")
    suggestion: Mapped[str | None] = mapped_column(Text, comment="Other words, which were checked again.")
    detector: Mapped[str] = mapped_column(String(64), comment="What found it, with its version.")
    status: Mapped[FindingStatus] = mapped_column(default=FindingStatus.OPEN, comment="What the creator made of it.")
    note: Mapped[str | None] = mapped_column(Text, comment="Why, in the creator's words.")
    resolved_at: Mapped[datetime | None] = mapped_column(comment="When.")
    carried_from: Mapped[UUID | None] = mapped_column(
        comment="The finding of an earlier check whose answer holds still."
    )


class PolicyPack(Revised, Model):
    """A brand's own rules, beside the packs that are shipped."""

    __tablename__ = "policy_packs"
    __table_args__ = (Index("ix_policy_packs_owner_id", "owner_id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    name: Mapped[str] = mapped_column(String(200), comment="The brand's name.")
    version: Mapped[int] = mapped_column(default=1, comment="Rises with each change of its clauses.")
    clauses: Mapped[list[Any]] = mapped_column(
        JSONB, comment="[{id, kind, text, words}]: banned words, required claims."
    )
