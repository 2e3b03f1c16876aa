from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import DeliveryStatus

EventType = Literal[
    "job.succeeded", "job.failed", "job.cancelled", "safety_check.completed", "safety_finding.updated", "webhook.test"
]
Url = Annotated[str, Meta(min_length=1, max_length=2000, examples=["https://hooks.example.com/strand"])]
Events = Annotated[
    list[EventType], Meta(max_length=20, description="Empty: all.", examples=[["job.succeeded", "job.failed"]])
]
Description = Annotated[str, Meta(max_length=500, examples=["Tells our board when a script is there"])]
Secret = Annotated[str, Meta(description="Shown once.", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])]


class WebhookCreate(Struct, forbid_unknown_fields=True):
    """Where to, and what of."""

    url: Url
    events: Events | None = None
    description: Description | None = None


class WebhookUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays. `active: true` switches on again what was switched off because it failed."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class WebhookRead(Struct):
    """A webhook. `disabled_reason`: why Strand switched it off; `failing_since`: the first failure since a success;
    `previous_secret_until`: how long the secret before the last rotation signs as well."""

    id: UUID
    url: str
    events: list[EventType]
    description: str | None
    active: bool
    disabled_reason: str | None
    failing_since: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime


class WebhookMade(WebhookRead):
    """The webhook with its secret, which nobody can read again."""

    secret: Secret


class DeliveryRead(Struct):
    """An event on its way to a webhook, or there. `event_id` is what the receiver gets as `webhook-id`."""

    id: UUID
    event_id: str
    event_type: str
    status: DeliveryStatus
    attempts: int
    response_status: int | None
    error: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None
