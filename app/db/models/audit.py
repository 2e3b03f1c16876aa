from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from app.db.base import Base
from app.db.models.account import Role


class AuditEvent(Base):
    """Who did what to what, when and from where. A trigger lets no row be changed or deleted, but for the retention sweep
    and for the personal data of an account that is erased. No foreign keys: what it tells of may be gone."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_created_at", "created_at"),
        Index("ix_audit_events_actor_id_id", "actor_id", "id"),
        Index("ix_audit_events_target_id_id", "target_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    action: Mapped[str] = mapped_column(String(60), comment="What was done, as thing.deed: sign_in.failed.")
    actor_id: Mapped[UUID | None] = mapped_column(comment="The account that did it; null: nobody who was signed in.")
    actor_role: Mapped[Role | None] = mapped_column(comment="What that account was then.")
    session_id: Mapped[UUID | None] = mapped_column(comment="The sign-in that it was done with.")
    api_key_id: Mapped[UUID | None] = mapped_column(comment="The key that it was done with.")
    target_type: Mapped[str | None] = mapped_column(String(40), comment="What it was done to: user, job, api_key.")
    target_id: Mapped[UUID | None] = mapped_column(comment="Which one.")
    address: Mapped[str | None] = mapped_column(String(64), comment="From where. Personal data.")
    details: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default="{}", comment="Old and new values, never a secret. May be personal data."
    )
