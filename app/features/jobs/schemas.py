from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from app.db.models import JobStatus


class ResultRead(Struct):
    """What the job made: the name of the resource, and its id."""

    type: str
    id: UUID


class JobError(Struct):
    code: str
    message: str
    retryable: bool


class UsageRead(Struct):
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


class StepRead(Struct):
    name: str
    status: str
    attempts: int
    started_at: datetime
    finished_at: datetime | None
    usage: UsageRead | None


class JobRead(Struct):
    id: UUID
    kind: str
    status: JobStatus
    progress: float
    stage: str | None
    attempts: int
    project_id: UUID | None
    result: ResultRead | None
    error: JobError | None
    steps: list[StepRead]
    usage: UsageRead
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class TicketRead(Struct):
    """Opens this job's stream once or more until it is over."""

    ticket: str
    expires_in: Annotated[int, Meta(description="Seconds.")]
    url: Annotated[str, Meta(description="The stream's address with the ticket.")]
