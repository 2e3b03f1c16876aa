from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import JobStatus
from app.features.jobs.schemas import JobRead
from app.features.jobs.service import JobService
from app.features.operations.schemas import (
    Drain,
    DrainRead,
    JobStory,
    LaneRead,
    OperatorJobRead,
    WorkerRead,
)
from app.features.operations.service import OperationsService, alive_seconds
from app.shared.audit import record
from app.shared.http import Page, Paging, Principal, ShortText, accepted
from app.shared.jobs import TASKS, JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources


def provide_operations(session: NamedDependency[AsyncSession]) -> OperationsService:
    return OperationsService(session)


class AdminController(Controller):
    path = "/admin"
    tags = ["operations"]
    opt = {"operator": True}
    dependencies = {"operations": Provide(provide_operations, sync_to_thread=False)}

    @get("/jobs", responses=errors(400, 401, 403))
    async def list_all_jobs(
        self,
        operations: NamedDependency[OperationsService],
        paging: NamedDependency[Paging],
        status: FromQuery[JobStatus | None] = None,
        kind: ShortText = None,
        owner_id: FromQuery[UUID | None] = None,
        waits_for: ShortText = None,
    ) -> Page[OperatorJobRead]:
        """Everybody's jobs, newest first."""
        return await operations.jobs(paging, status, kind, owner_id, waits_for)

    @get("/jobs/{job_id:uuid}", responses=errors(401, 403, 404))
    async def explain_job(
        self,
        job_id: FromPath[UUID],
        operations: NamedDependency[OperationsService],
        resources: NamedDependency[Resources],
    ) -> JobStory:
        """Why a job is where it is, with its events and paid calls."""
        return await operations.why(job_id, alive_seconds(resources.settings.job_beat_seconds))

    @post("/jobs/{job_id:uuid}/cancel", status_code=HTTP_202_ACCEPTED, responses=errors(401, 403, 404, 409))
    async def cancel_any_job(
        self,
        user: NamedDependency[Principal],
        job_id: FromPath[UUID],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> Response[JobRead]:
        """Stop somebody's job."""
        job = await operations.cancel(job_id)
        record(session, user, "job.cancelled", ("job", job.id), owner_id=job.owner_id)
        jobs.changed(session, job.id)
        return accepted(await JobService(session).describe_one(job), job.id)

    @post("/jobs/{job_id:uuid}/retry", status_code=HTTP_202_ACCEPTED, responses=errors(401, 403, 404, 409, 429))
    async def retry_any_job(
        self,
        user: NamedDependency[Principal],
        job_id: FromPath[UUID],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> Response[JobRead]:
        """Let a failed or cancelled job go on from its last finished step."""
        job = await operations.retry(job_id, jobs)
        record(session, user, "job.retried", ("job", job.id), owner_id=job.owner_id)
        jobs.announce(session, job.id)
        return accepted(await JobService(session).describe_one(job), job.id)

    @post("/jobs/{job_id:uuid}/replay", status_code=HTTP_202_ACCEPTED, responses=errors(401, 403, 404, 422, 429))
    async def replay_job(
        self,
        user: NamedDependency[Principal],
        job_id: FromPath[UUID],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> Response[JobRead]:
        """Run a job's input again from the start, as a new job of the same owner, who pays for it again."""
        job = await operations.replayable(job_id)
        again = await jobs.enqueue(session, TASKS[job.kind], job.owner_id, job.project_id, None, **job.input)
        record(session, user, "job.replayed", ("job", job.id), owner_id=job.owner_id, made=again.id)
        return accepted(await JobService(session).describe_one(again), again.id)

    @get("/workers", responses=errors(401, 403))
    async def list_workers(
        self, operations: NamedDependency[OperationsService], resources: NamedDependency[Resources]
    ) -> Page[WorkerRead]:
        """The workers of the last day, and whether they live."""
        found = await operations.workers(alive_seconds(resources.settings.job_beat_seconds))
        return Page(found, len(found), len(found), 0)

    @get("/lanes", responses=errors(401, 403))
    async def list_lanes(self, operations: NamedDependency[OperationsService]) -> Page[LaneRead]:
        """Providers that are not called for now, and why."""
        found = await operations.lanes()
        return Page(found, len(found), len(found), 0)

    @delete("/lanes/{provider:str}", responses=errors(401, 403, 404))
    async def open_lane(
        self,
        user: NamedDependency[Principal],
        provider: FromPath[str],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
    ) -> None:
        """Call a provider again at once, as when its key was replaced."""
        await operations.open_lane(provider)
        record(session, user, "lane.opened", provider=provider)

    @post("/drain", status_code=HTTP_200_OK, responses=errors(400, 401, 403))
    async def drain_queue(
        self,
        data: JSONBody[Drain],
        user: NamedDependency[Principal],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
    ) -> DrainRead:
        """Begin no more jobs, of one kind or of all, until it is turned off; what runs, runs on."""
        record(session, user, "queue.drained", kind=data.kind, off=data.off)
        return await operations.drain(data.kind, off=data.off)
