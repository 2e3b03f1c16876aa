"""Background work: declare a task, enqueue a job in your transaction, follow it by its row."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, Generic, ParamSpec, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app import VERSION
from app.config import Settings
from app.db.models import Job, JobEvent, JobStatus
from app.db.session import after_commit
from app.shared.bell import Bell
from app.shared.exceptions import TooMany
from app.shared.faults import fault
from app.shared.idempotency import Idempotency, earlier_job, remember_key
from app.shared.job_store import ClaimedJob, JobStore
from app.shared.resources import Resources
from app.shared.tracing import current_trace

P = ParamSpec("P")
URGENT, USUAL = 0, 100

Ended = Callable[[AsyncSession, dict[str, Any], dict[str, Any] | None], Awaitable[None]]


class Result(Struct, frozen=True):
    """What a job made, by the name of its resource."""

    type: str
    id: UUID


@dataclass(slots=True)
class JobContext:
    """What a running task is given: its job, the process's resources, and where its steps are kept."""

    job: ClaimedJob
    resources: Resources
    store: JobStore
    stopping: Callable[[], bool]
    may_pay: Callable[[], bool]
    expected_steps: int
    """What progress counts to; a pipeline that learns more as it goes sets it."""
    receipts: set[Any] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Task(Generic[P]):
    name: str
    run: Callable[Concatenate[JobContext, P], Awaitable[Result | None]]
    timeout_seconds: float
    steps: int
    ended: "Ended | None" = None
    """Told when a job of this task fails or is cancelled, so that what it worked on doesn't wait for it for ever."""
    urgent: bool = False
    """Our own errand for the owner, such as a mail: it goes before what waits, and a full queue doesn't refuse it."""
    aside: bool = False
    """Runs in slots of its own and counts against none of its owner's limits; it has no deadline. The database knows
    these by name (`job_aside`)."""

    async def call(self, context: JobContext) -> Result | None:
        """Run with the job's input restored to the types that the function declares."""
        types = get_type_hints(self.run)
        given = {name: msgspec.convert(value, types[name]) for name, value in context.job.input.items()}
        return await self.run(context, **given)  # type: ignore[call-arg]


TASKS: dict[str, Task[Any]] = {}


def task(
    *,
    timeout_seconds: float = 900,
    steps: int = 1,
    ended: Ended | None = None,
    urgent: bool = False,
    aside: bool = False,
) -> Callable[[Callable[Concatenate[JobContext, P], Awaitable[Result | None]]], Task[P]]:
    """Declare a task, named after its feature and function: `dna.build_profile`. *steps* is what progress counts to."""

    def declare(run: Callable[Concatenate[JobContext, P], Awaitable[Result | None]]) -> Task[P]:
        name = f"{run.__module__.split('.')[-2]}.{run.__name__}"
        declared = Task(name, run, timeout_seconds, steps, ended, urgent, aside)
        if declared.name in TASKS:
            raise RuntimeError(f"Two tasks are named {declared.name}.")
        TASKS[declared.name] = declared
        return declared

    return declare


class JobQueue:
    """Records jobs in the caller's transaction, and rings once it has committed."""

    def __init__(self, bell: Bell, settings: Settings, touch: Callable[[UUID], None] = lambda _: None) -> None:
        self.bell = bell
        self.settings = settings
        self._touch = touch

    async def earlier(self, session: AsyncSession, owner_id: UUID, idempotency: Idempotency | None) -> Job | None:
        """The job that the same request made before."""
        return await earlier_job(session, owner_id, idempotency)

    async def require_room(self, session: AsyncSession, owner_id: UUID) -> None:
        """Raise `TooMany` where the owner has as many jobs waiting as may."""
        most = self.settings.owner_max_queued
        queued = select(func.count()).where(
            Job.owner_id == owner_id, Job.status == JobStatus.QUEUED, ~func.job_aside(Job.kind)
        )
        if (await session.scalar(queued) or 0) >= most:
            raise TooMany(
                f"You have {most} jobs waiting, which is the limit; wait until some are done, or cancel some.",
                code="queue_full",
            )

    async def enqueue(
        self,
        session: AsyncSession,
        task: Task[P],
        owner_id: UUID,
        project_id: UUID | None,
        idempotency: Idempotency | None,
        /,
        **arguments: Any,
    ) -> Job:
        """Add a job to this transaction: it exists if, and only if, the transaction commits."""
        if not (task.urgent or task.aside):
            await self.require_room(session, owner_id)
        deadline = datetime.now(UTC) + timedelta(seconds=self.settings.job_deadline_seconds)
        job = Job(
            id=uuid7(),
            owner_id=owner_id,
            project_id=project_id,
            kind=task.name,
            input=msgspec.to_builtins(arguments),
            status=JobStatus.QUEUED,
            stage="waiting for a worker",
            priority=URGENT if task.urgent else USUAL,
            max_attempts=self.settings.job_max_attempts,
            deadline_at=None if task.aside else deadline,
            code_version=VERSION,
            traceparent=trace.traceparent if (trace := current_trace()) else None,
            event_seq=1,
        )
        session.add(job)
        await session.flush()
        session.add(JobEvent(job_id=job.id, seq=1, type="status", data={"status": "queued"}))
        remember_key(session, job, idempotency)
        await session.flush()
        self.announce(session, job.id)
        return job

    def announce(self, session: AsyncSession, job_id: UUID) -> None:
        """Once this transaction has committed, ring: until then there is nothing to be found."""

        async def ring() -> None:
            fault("A")
            await self.bell.ring()

        after_commit(session, ring)
        self.changed(session, job_id)

    def changed(self, session: AsyncSession, job_id: UUID) -> None:
        """Once this transaction has committed, let those who follow the job know that there is a new event."""

        async def touch() -> None:
            self._touch(job_id)

        after_commit(session, touch)
