"""Background work: declare a task, enqueue a job in your transaction, follow it by its row."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, Generic, ParamSpec, get_type_hints
from uuid import UUID

import msgspec
from litestar import Request
from msgspec import Struct
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app import VERSION
from app.config import Settings
from app.db.models import Job, JobEvent, JobStatus
from app.db.session import after_commit
from app.shared.bell import Bell
from app.shared.exceptions import TooMany, Unprocessable
from app.shared.job_store import ClaimedJob, JobStore
from app.shared.resources import Resources

P = ParamSpec("P")
KEY_LIVES = timedelta(hours=24)
IDEMPOTENCY_LOCK = 7003


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
    receipts: set[Any] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Task(Generic[P]):
    name: str
    run: Callable[Concatenate[JobContext, P], Awaitable[Result | None]]
    timeout_seconds: float
    steps: int
    ended: "Ended | None" = None
    """Told when a job of this task fails or is cancelled, so that what it worked on doesn't wait for it for ever."""

    async def call(self, context: JobContext) -> Result | None:
        """Run with the job's input restored to the types that the function declares."""
        types = get_type_hints(self.run)
        given = {name: msgspec.convert(value, types[name]) for name, value in context.job.input.items()}
        return await self.run(context, **given)  # type: ignore[call-arg]


TASKS: dict[str, Task[Any]] = {}


def task(
    *, timeout_seconds: float = 900, steps: int = 1, ended: Ended | None = None
) -> Callable[[Callable[Concatenate[JobContext, P], Awaitable[Result | None]]], Task[P]]:
    """Declare a task, named after its feature and function: `dna.build_profile`. *steps* is what progress counts to."""

    def declare(run: Callable[Concatenate[JobContext, P], Awaitable[Result | None]]) -> Task[P]:
        declared = Task(f"{run.__module__.split('.')[-2]}.{run.__name__}", run, timeout_seconds, steps, ended)
        if declared.name in TASKS:
            raise RuntimeError(f"Two tasks are named {declared.name}.")
        TASKS[declared.name] = declared
        return declared

    return declare


class Idempotency(Struct, frozen=True):
    """The client's `Idempotency-Key`, and what the request asked for under it."""

    key: str
    request_hash: str


async def read_idempotency(request: Request[Any, Any, Any], fields: Any = None) -> Idempotency | None:
    """The key of this request; its hash covers the path and the body, or the *fields* of a multipart form."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        return None
    if len(key) > 255:
        raise Unprocessable("An Idempotency-Key has at most 255 characters.", code="idempotency_key_too_long")
    body = await request.json() if fields is None else fields
    packed = msgspec.json.encode([request.url.path, body], order="sorted")
    return Idempotency(key, hashlib.sha256(packed).hexdigest())


class JobQueue:
    """Records jobs in the caller's transaction, and rings once it has committed."""

    def __init__(self, bell: Bell, settings: Settings) -> None:
        self.bell = bell
        self._settings = settings

    async def earlier(self, session: AsyncSession, owner_id: UUID, idempotency: Idempotency | None) -> Job | None:
        """The job that the same request made before. A second request with the key waits here for the first."""
        if idempotency is None:
            return None
        lock = f"{owner_id}:{idempotency.key}"
        await session.execute(text("select pg_advisory_xact_lock(:space, hashtext(:lock))"), {"space": IDEMPOTENCY_LOCK, "lock": lock})  # fmt: skip
        keyed = select(Job).where(Job.owner_id == owner_id, Job.idempotency_key == idempotency.key)
        job = await session.scalar(keyed)
        if job is None:
            return None
        if job.created_at < datetime.now(UTC) - KEY_LIVES:
            await session.execute(update(Job).where(Job.id == job.id).values(idempotency_key=None))
            return None
        if job.request_hash != idempotency.request_hash:
            raise Unprocessable(
                "This Idempotency-Key was used for another request; send a new key with a new request.",
                code="idempotency_key_reused",
            )
        return job

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
        queued = select(func.count()).where(Job.owner_id == owner_id, Job.status == JobStatus.QUEUED)
        if (await session.scalar(queued) or 0) >= self._settings.owner_max_queued:
            raise TooMany(
                f"You have {self._settings.owner_max_queued} jobs waiting, which is the limit; "
                "wait until some are done, or cancel some.",
                code="queue_full",
            )
        now = datetime.now(UTC)
        job = Job(
            id=uuid7(),
            owner_id=owner_id,
            project_id=project_id,
            kind=task.name,
            input=msgspec.to_builtins(arguments),
            status=JobStatus.QUEUED,
            stage="waiting for a worker",
            max_attempts=self._settings.job_max_attempts,
            deadline_at=now + timedelta(seconds=self._settings.job_deadline_seconds),
            idempotency_key=idempotency.key if idempotency else None,
            request_hash=idempotency.request_hash if idempotency else None,
            code_version=VERSION,
            event_seq=1,
        )
        session.add(job)
        await session.flush()
        session.add(JobEvent(job_id=job.id, seq=1, type="status", data={"status": "queued"}))
        await session.flush()
        await session.refresh(job)
        after_commit(session, self.bell.ring)
        return job
