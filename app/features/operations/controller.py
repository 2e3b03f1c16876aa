import asyncio
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED
from sqlalchemy.ext.asyncio import AsyncSession

from app import VERSION
from app.db.models import JobStatus
from app.features.jobs.schemas import JobRead
from app.features.jobs.service import JobService
from app.features.operations.schemas import Drain, DrainRead, Health, JobStory, LaneRead, OperatorJobRead, WorkerRead
from app.features.operations.service import OperationsService, alive_seconds
from app.shared.http import Page, Paging, ShortText, accepted
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
        job_id: FromPath[UUID],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> Response[JobRead]:
        """Stop somebody's job."""
        job = await operations.cancel(job_id)
        jobs.changed(session, job.id)
        return accepted(await JobService(session).describe_one(job), job.id)

    @post("/jobs/{job_id:uuid}/retry", status_code=HTTP_202_ACCEPTED, responses=errors(401, 403, 404, 409, 429))
    async def retry_any_job(
        self,
        job_id: FromPath[UUID],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> Response[JobRead]:
        """Let a failed or cancelled job go on from its last finished step."""
        job = await operations.retry(job_id, jobs)
        jobs.announce(session, job.id)
        return accepted(await JobService(session).describe_one(job), job.id)

    @post("/jobs/{job_id:uuid}/replay", status_code=HTTP_202_ACCEPTED, responses=errors(401, 403, 404, 422, 429))
    async def replay_job(
        self,
        job_id: FromPath[UUID],
        operations: NamedDependency[OperationsService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> Response[JobRead]:
        """Run a job's input again from the start, as a new job of the same owner, who pays for it again."""
        job = await operations.replayable(job_id)
        again = await jobs.enqueue(session, TASKS[job.kind], job.owner_id, job.project_id, None, **job.input)
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
        provider: FromPath[str],
        operations: NamedDependency[OperationsService],
    ) -> None:
        """Call a provider again at once, as when its key was replaced."""
        await operations.open_lane(provider)

    @post("/drain", status_code=HTTP_200_OK, responses=errors(400, 401, 403))
    async def drain_queue(self, data: JSONBody[Drain], operations: NamedDependency[OperationsService]) -> DrainRead:
        """Begin no more jobs, of one kind or of all, until it is turned off; what runs, runs on."""
        return await operations.drain(data.kind, off=data.off)


class HealthController(Controller):
    path = "/health"
    tags = ["health"]
    opt = {"public": True}

    @get(responses=errors(503), security=[{}])
    async def health(self, resources: NamedDependency[Resources], jobs: NamedDependency[JobQueue]) -> Response[Health]:
        """Whether the service and what it depends on are well; 503 only when the database can't be reached."""
        queue, bell, storage = await asyncio.gather(
            _answer(_queue(resources)), jobs.bell.alive(), _answer(resources.storage.check())
        )
        services = {
            "db": "healthy" if queue else "unhealthy",
            "queue": "healthy" if bell else "degraded",
            "storage": "healthy" if storage is not False else "degraded",
            "workers": "healthy" if queue and queue.workers_alive else "degraded",
        }
        worst = [word for word in ("unhealthy", "degraded") if word in services.values()]
        body = Health(worst[0] if worst else "healthy", VERSION, services, queue or None)
        return Response(body, status_code=HTTP_200_OK if queue else 503, headers={} if queue else {"Retry-After": "5"})

    @get("/live", security=[{}])
    async def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "healthy"}

    @get("/ready", responses=errors(503), security=[{}])
    async def ready(self, resources: NamedDependency[Resources]) -> Response[dict[str, str]]:
        """The process can serve: its database answers."""
        if await _answer(_queue(resources)):
            return Response({"status": "healthy"})
        return Response({"status": "unhealthy"}, status_code=503, headers={"Retry-After": "5"})


async def _answer(question: Any) -> Any:
    """What it says within three seconds; False for no answer."""
    try:
        async with asyncio.timeout(3):
            return await question
    except Exception:
        return False


async def _queue(resources: Resources) -> Any:
    async with resources.db.transaction() as session:
        return await OperationsService(session).queue(alive_seconds(resources.settings.job_beat_seconds))
