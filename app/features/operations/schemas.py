from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from app.db.models import Role
from app.features.jobs.schemas import JobRead


class OperatorJobRead(JobRead, kw_only=True):
    """A job as operators see it: whose it is, who runs it, and what it waits for."""

    owner_id: UUID
    worker: str | None
    waits_for: str | None
    attempt: Annotated[int, Meta(description="Failed tries since the last finished step.")]
    max_attempts: int
    crashes: Annotated[int, Meta(description="Workers that died with it.")]
    epoch: int
    run_at: datetime
    lease_until: datetime | None
    cancel_requested_at: datetime | None
    deadline_at: datetime | None
    code_version: str


class StoryEvent(Struct):
    at: datetime
    what: str
    data: dict[str, Any]


class StoryCall(Struct):
    """A paid call of the job."""

    step: str | None
    provider: str
    model: str
    state: str
    epoch: int | None
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    latency_seconds: float | None
    error: str | None
    sent_at: datetime


class JobStory(Struct):
    """Why a job is where it is: a sentence, then everything behind it."""

    because: str
    job: OperatorJobRead
    events: list[StoryEvent]
    calls: list[StoryCall]


class WorkerRead(Struct):
    name: str
    alive: bool
    running: int
    slots: int
    kinds: list[str]
    code_version: str
    started_at: datetime
    seen_at: datetime


class LaneRead(Struct):
    """A provider, or one of its models, that is not called until the pause is over."""

    provider: str
    model: str
    paused_until: datetime
    code: str
    reason: str
    strikes: int


class Drain(Struct, forbid_unknown_fields=True):
    """Stop, or with `off` start again, beginning jobs: of one kind, or of all (`*`)."""

    kind: Annotated[str, Meta(min_length=1, max_length=100, examples=["*"])] = "*"
    off: bool = False


class DrainRead(Struct):
    paused: Annotated[list[str], Meta(description="Kinds that no worker begins; * is all.")]
    running: Annotated[int, Meta(description="Jobs that still run.")]


class Queue(Struct):
    """How the queue stands."""

    workers_alive: int
    queued: int
    running: int
    oldest_queued_seconds: Annotated[float | None, Meta(description="How long the oldest job that is due waits.")]


class Health(Struct):
    status: str
    version: str
    services: dict[str, str]
    queue: Queue | None = None


class AuditEventRead(Struct):
    """Something that was done, as the audit log keeps it."""

    id: UUID
    created_at: datetime
    action: Annotated[str, Meta(description="As thing.deed.", examples=["sign_in.failed"])]
    actor_id: Annotated[UUID | None, Meta(description="Null: nobody who was signed in.")]
    actor_role: Role | None
    session_id: Annotated[UUID | None, Meta(description="The sign-in that it was done with.")]
    api_key_id: Annotated[UUID | None, Meta(description="The key that it was done with.")]
    target_type: str | None
    target_id: UUID | None
    address: Annotated[str | None, Meta(description="From where; null too where the account was erased.")]
    details: dict[str, Any]


class Probe(Struct):
    """The answer to an orchestrator."""

    status: Literal["healthy", "unhealthy"]
