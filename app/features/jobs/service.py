from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Job, JobStatus, JobStep, ModelCall
from app.features.jobs.schemas import JobRead, StepRead, UsageRead
from app.shared.exceptions import Conflict, NotFound
from app.shared.http import Page, Paging, convert
from app.shared.jobs import TASKS, JobQueue
from app.shared.paging import paged

ORDERS = {"created_at": Job.created_at, "finished_at": Job.finished_at, "status": Job.status, "kind": Job.kind}
ENDED = {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}
NO_JOB = "There is no such job."

CANCEL = """
with job as (
  update jobs set cancel_requested_at = coalesce(cancel_requested_at, now()), waits_for = null,
    finished_at = case when status = 'queued' then clock_timestamp() end,
    stage = case when status = 'queued' then null else 'cancelling' end,
    status = case when status = 'queued' then 'cancelled' else status end,
    event_seq = event_seq + 1
  where id = :id and owner_id = :owner and status in ('queued', 'running')
  returning id, event_seq, status
)
insert into job_events (job_id, seq, type, data)
select id, event_seq, case when status = 'cancelled' then 'end' else 'status' end,
  jsonb_build_object('status', status, 'stage', case when status = 'running' then 'cancelling' end) from job
returning type
"""

RETRY = """
with job as (
  update jobs set status = 'queued', stage = 'waiting for a worker', error = null, finished_at = null, attempt = 0, crashes = 0,
    cancel_requested_at = null, waits_for = null, untold = false, retried_epoch = epoch, event_seq = event_seq + 1,
    deadline_at = case when not job_aside(kind) then now() + make_interval(secs => :deadline_seconds) end,
    -- a call of the cancelled run may still be on the wire: its answer is waited for, not paid again
    run_at = case when exists (select 1 from model_calls where job_id = jobs.id and state = 'sent')
      then greatest(now(), finished_at + make_interval(secs => :receipt_seconds)) else now() end
  where id = :id and owner_id = :owner and status in ('failed', 'cancelled')
  returning id, event_seq
)
insert into job_events (job_id, seq, type, data)
select id, event_seq, 'status', '{"status": "queued"}' from job returning seq
"""


class JobService:
    """Jobs as their owners see them."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, owner_id: UUID, job_id: UUID) -> Job:
        job = await self.session.scalar(select(Job).where(Job.id == job_id, Job.owner_id == owner_id))
        if job is None:
            raise NotFound(NO_JOB)
        return job

    async def read(self, owner_id: UUID, job_id: UUID) -> JobRead:
        return await self.describe_one(await self.get(owner_id, job_id))

    async def describe(self, jobs: Sequence[Job]) -> list[JobRead]:
        """The jobs with their steps and what they cost, in two queries whatever their number; what no worker has claimed
        yet has neither."""
        if not (ids := [job.id for job in jobs if job.epoch]):
            return [convert(job, JobRead, steps=[], usage=UsageRead()) for job in jobs]
        steps: dict[UUID, list[StepRead]] = {}
        for step in await self.session.scalars(
            select(JobStep).where(JobStep.job_id.in_(ids)).order_by(JobStep.ordinal)
        ):
            usage = msgspec.convert(step.usage, UsageRead, strict=False) if step.usage else None
            steps.setdefault(step.job_id, []).append(convert(step, StepRead, usage=usage))
        tokens = func.coalesce(func.sum(ModelCall.input_tokens), 0), func.coalesce(func.sum(ModelCall.output_tokens), 0)
        paid = select(ModelCall.job_id, *tokens, func.sum(ModelCall.cost_usd)).where(ModelCall.job_id.in_(ids))
        usage_of = {
            job_id: UsageRead(given, written, cost)
            for job_id, given, written, cost in await self.session.execute(paid.group_by(ModelCall.job_id))
        }
        return [
            convert(job, JobRead, steps=steps.get(job.id, []), usage=usage_of.get(job.id, UsageRead())) for job in jobs
        ]

    async def describe_one(self, job: Job) -> JobRead:
        return (await self.describe([job]))[0]

    async def page(
        self, owner_id: UUID, paging: Paging, status: JobStatus | None, kind: str | None, project_id: UUID | None
    ) -> Page[JobRead]:
        query = select(Job).where(Job.owner_id == owner_id)
        if kind is None:  # what runs aside is listed where it is asked for
            query = query.where(~func.job_aside(Job.kind))
        for column, wanted in ((Job.status, status), (Job.kind, kind), (Job.project_id, project_id)):
            if wanted is not None:
                query = query.where(column == wanted)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of(await self.describe(found.items))

    async def cancel(self, owner_id: UUID, job_id: UUID) -> Job:
        """A queued job ends now; a running one within five seconds, its finished steps kept."""
        job = await self.get(owner_id, job_id)
        told = await self.session.scalar(text(CANCEL), {"id": job_id, "owner": owner_id})
        if told is None:
            raise Conflict(f"The job has already ended: it is {job.status}.", code="job_ended")
        task = TASKS.get(job.kind)
        if told == "end" and task is not None and task.ended is not None:
            await task.ended(self.session, job.input, None)
        await self.session.refresh(job)
        return job

    async def cancel_if_open(self, owner_id: UUID, job_id: UUID | None) -> None:
        """For work that nobody wants any more; a job that has ended, or is gone, is no error."""
        open_ = Job.id == job_id, Job.owner_id == owner_id, Job.status.not_in(ENDED)
        if job_id is not None and await self.session.scalar(select(Job.id).where(*open_).with_for_update()):
            await self.cancel(owner_id, job_id)

    async def retry(self, owner_id: UUID, job_id: UUID, jobs: JobQueue) -> Job:
        """A failed or cancelled job goes on from its last finished step."""
        job, settings = await self.get(owner_id, job_id), jobs.settings
        await jobs.require_room(self.session, owner_id)
        given = {
            "id": job_id,
            "owner": owner_id,
            "deadline_seconds": settings.job_deadline_seconds,
            "receipt_seconds": settings.job_receipt_seconds + 2,
        }
        if await self.session.scalar(text(RETRY), given) is None:
            raise Conflict(
                f"Only a failed or cancelled job can be retried; this one is {job.status}.", code="job_not_ended"
            )
        await self.session.refresh(job)
        return job
