from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model, Revised


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Webhook(Revised, Model):
    """An address of the owner's that is told of what happens."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_owner_id_created_at", "owner_id", text("created_at desc")),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    url: Mapped[str] = mapped_column(Text, comment="Where to.")
    description: Mapped[str | None] = mapped_column(Text, comment="What it is for, in the creator's words.")
    events: Mapped[list[Any]] = mapped_column(JSONB, comment="The types of events that it is told of; empty: all.")
    active: Mapped[bool] = mapped_column(default=True, server_default="true", comment="Whether it is told of anything.")
    disabled_reason: Mapped[str | None] = mapped_column(
        String(300), comment="Why it was switched off, if not by its owner."
    )
    failing_since: Mapped[datetime | None] = mapped_column(comment="The first failure since the last success.")
    resting_until: Mapped[datetime | None] = mapped_column(
        comment="It gave no answer: until then nothing but a test is sent."
    )
    sealed_secret: Mapped[str] = mapped_column(Text, comment="What signs, sealed under the installation's keys.")
    previous_sealed_secret: Mapped[str | None] = mapped_column(
        Text, comment="The secret before it, which signs as well until its time is over."
    )
    previous_until: Mapped[datetime | None] = mapped_column(comment="When the secret before it stops signing.")


class WebhookDelivery(Model):
    """One event on its way to one webhook, written in the transaction that makes the event."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_deliveries_webhook_id_created_at", "webhook_id", text("created_at desc")),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), comment="To whom.")
    event_id: Mapped[str] = mapped_column(String(64), comment="The same at each try: receivers know repeats by it.")
    event_type: Mapped[str] = mapped_column(String(64), comment="What happened.")
    payload: Mapped[str] = mapped_column(Text, comment="The body, to the letter, as it is signed: ids, never texts.")
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.PENDING, comment="Where it stands.")
    attempts: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="Tries since it happened, or since it was last replayed."
    )
    response_status: Mapped[int | None] = mapped_column(comment="What the receiver answered last.")
    error: Mapped[str | None] = mapped_column(String(300), comment="Why the last try failed.")
    next_attempt_at: Mapped[datetime | None] = mapped_column(comment="When it is tried again.")
    delivered_at: Mapped[datetime | None] = mapped_column(comment="When the receiver took it.")
