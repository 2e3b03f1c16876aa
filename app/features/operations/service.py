from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Job, JobEvent, JobStatus, ModelCall, PausedKind, ProviderLane, WorkerProcess
from app.features.jobs.schemas import JobRead
from app.features.jobs.service import JobService
from app.features.operations.schemas import (
    DrainRead,
    JobStory,
    LaneRead,
    OperatorJobRead,
    Queue,
    StoryCall,
    StoryEvent,
    WorkerRead,
)
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.jobs import TASKS, JobQueue
from app.shared.paging import paged

MOST_STORY = 500
ORDERS = {"created_at": Job.id}
"""Ids rise with time, and have an index for everybody's jobs."""

LOOK_AGAIN = """
update jobs set run_at = now() where id in (
  select id from jobs where status = 'queued' and waits_for = 'provider' and run_at > now() order by owner_id limit 1000)
"""
QUEUE = """
select
  (select count(*) from worker_processes where seen_at > now() - make_interval(secs => :within)) as workers_alive,
  (select count(*) from jobs where status = 'queued') as queued,
  (select count(*) from jobs where status = 'running') as running,
  (select extract(epoch from now() - min(run_at))::float8 from jobs where status = 'queued' and run_at <= now())
    as oldest_queued_seconds
"""


def alive_seconds(beat_seconds: float) -> float:
    """A worker counts as alive for five beats, and never less than ten seconds."""
    return max(10.0, beat_seconds * 5)


class OperationsService:
    """Jobs, workers and lanes of everybody, for operators."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._jobs = JobService(session)

    async def queue(self, within_seconds: float) -> Queue:
        return convert((await self.session.execute(text(QUEUE), {"within": within_seconds})).one(), Queue)

    async def jobs(
        self, paging: Paging, status: JobStatus | None, kind: str | None, owner_id: UUID | None, waits_for: str | None
    ) -> Page[OperatorJobRead]:
        query = select(Job)
        wanted = ((Job.status, status), (Job.kind, kind), (Job.owner_id, owner_id), (Job.waits_for, waits_for))
        for column, value in wanted:
            if value is not None:
                query = query.where(column == value)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of(await self.describe(found.items))

    async def describe(self, jobs: Sequence[Job]) -> list[OperatorJobRead]:
        reads = await self._jobs.describe(jobs)
        return [
            convert(job, OperatorJobRead, **{name: getattr(read, name) for name in JobRead.__struct_fields__})
            for job, read in zip(jobs, reads, strict=True)
        ]

    async def get(self, job_id: UUID) -> Job:
        job = await self.session.get(Job, job_id)
        if job is None:
            raise NotFound("There is no such job.")
        return job

    async def why(self, job_id: UUID, within_seconds: float) -> JobStory:
        """Why the job is where it is."""
        job = await self.get(job_id)
        (read,) = await self.describe([job])
        events = await self.session.scalars(
            select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.seq.desc()).limit(MOST_STORY)
        )
        calls = await self.session.scalars(
            select(ModelCall).where(ModelCall.job_id == job_id).order_by(ModelCall.sent_at.desc()).limit(MOST_STORY)
        )
        return JobStory(
            because=await self._because(job, within_seconds),
            job=read,
            events=[StoryEvent(event.created_at, event.type, event.data) for event in reversed(events.all())],
            calls=[convert(call, StoryCall) for call in reversed(calls.all())],
        )

    async def _because(self, job: Job, within_seconds: float) -> str:
        if job.status == JobStatus.RUNNING:
            lease = f"its lease holds until {job.lease_until:%H:%M:%S} UTC" if job.lease_until else "it has no lease"
            return f"It runs on {job.worker}, at the step {job.stage}; {lease}."
        if job.status != JobStatus.QUEUED:
            said = f": {job.error['message']}" if job.error else ""
            return f"It has {job.status} after {job.attempts} starts and {job.crashes} crashes{said}"
        if job.waits_for:
            return f"It waits for the {job.waits_for} until {job.run_at:%Y-%m-%d %H:%M:%S} UTC: {job.stage}."
        paused = await self.paused()
        if {"*", job.kind} & set(paused):
            return "An operator paused jobs of its kind; `strand jobs drain --off` lets them begin."
        workers = [worker for worker in await self.workers(within_seconds) if worker.alive]
        if not workers:
            return "No worker is alive."
        if not any(job.kind in worker.kinds for worker in workers):
            return f"No living worker knows jobs of the kind {job.kind}; a newer version may have made it."
        running = await self.session.scalar(
            select(func.count()).where(
                Job.owner_id == job.owner_id,
                Job.status == JobStatus.RUNNING,
                func.job_aside(Job.kind) == func.job_aside(job.kind),
            )
        )
        free = sum(worker.slots - worker.running for worker in workers)
        return f"It waits for its turn: its owner runs {running} jobs, {free} slots are free on {len(workers)} workers."

    async def cancel(self, job_id: UUID) -> Job:
        return await self._jobs.cancel((await self.get(job_id)).owner_id, job_id)

    async def retry(self, job_id: UUID, jobs: JobQueue) -> Job:
        return await self._jobs.retry((await self.get(job_id)).owner_id, job_id, jobs)

    async def replayable(self, job_id: UUID) -> Job:
        """The job, if it can be run again from its start: a new job with the same input, which remembers nothing."""
        job = await self.get(job_id)
        if job.kind not in TASKS:
            raise Unprocessable(f"This version of Strand knows no jobs of the kind {job.kind}.", code="unknown_kind")
        return job

    async def workers(self, within_seconds: float) -> list[WorkerRead]:
        alive = (WorkerProcess.seen_at > func.now() - func.make_interval(0, 0, 0, 0, 0, 0, within_seconds)).label("alive")  # fmt: skip
        rows = await self.session.execute(select(WorkerProcess, alive).order_by(WorkerProcess.started_at))
        return [convert(row.WorkerProcess, WorkerRead, alive=row.alive) for row in rows]

    async def lanes(self) -> list[LaneRead]:
        query = select(ProviderLane).where(ProviderLane.paused_until > func.now()).order_by(ProviderLane.provider)
        return [convert(lane, LaneRead) for lane in await self.session.scalars(query)]

    async def open_lane(self, provider: str) -> None:
        """Call the provider again at once, as when its key was replaced; the jobs that wait for it go on."""
        gone = await self.session.execute(delete(ProviderLane).where(ProviderLane.provider == provider).returning(1))
        if gone.first() is None:
            raise NotFound("No lane of this provider is paused.")
        await self.session.execute(text(LOOK_AGAIN))

    async def paused(self) -> list[str]:
        return list(await self.session.scalars(select(PausedKind.kind).order_by(PausedKind.kind)))

    async def drain(self, kind: str, *, off: bool) -> DrainRead:
        """No worker begins jobs of this kind (`*`: any) until it is turned off again; what runs, runs on."""
        if off:
            gone = delete(PausedKind)
            await self.session.execute(gone if kind == "*" else gone.where(PausedKind.kind == kind))
        else:
            await self.session.execute(postgresql.insert(PausedKind).values(kind=kind).on_conflict_do_nothing())
        return DrainRead(await self.paused(), await self.running(kind))

    async def running(self, kind: str) -> int:
        """How many jobs of this kind (`*`: any) run."""
        query = select(func.count()).where(Job.status == JobStatus.RUNNING)
        return await self.session.scalar(query if kind == "*" else query.where(Job.kind == kind)) or 0
