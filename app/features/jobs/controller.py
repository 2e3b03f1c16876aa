import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED
from sqlalchemy.ext.asyncio import AsyncSession

from app import VERSION
from app.db.models import Job, JobStatus
from app.db.session import after_commit
from app.features.jobs.schemas import JobRead
from app.features.jobs.service import ENDED, JobService
from app.shared.http import IfNoneMatch, Page, Paging, Principal, ShortText, tagged
from app.shared.jobs import JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources

POLL_SECONDS = 0.5
COMMENT_SECONDS = 15.0


def provide_jobs_service(session: NamedDependency[AsyncSession]) -> JobService:
    return JobService(session)


def accepted(job: JobRead) -> Response[JobRead]:
    return Response(job, status_code=HTTP_202_ACCEPTED, headers={"Location": f"/api/v1/jobs/{job.id}"})


class JobController(Controller):
    path = "/jobs"
    tags = ["jobs"]
    dependencies = {"service": Provide(provide_jobs_service, sync_to_thread=False)}

    @get(responses=errors(400, 401))
    async def list_jobs(
        self,
        user: NamedDependency[Principal],
        service: NamedDependency[JobService],
        paging: NamedDependency[Paging],
        status: FromQuery[JobStatus | None] = None,
        kind: ShortText = None,
        project_id: FromQuery[UUID | None] = None,
    ) -> Page[JobRead]:
        """Your jobs, newest first."""
        return await service.page(user.id, paging, status, kind, project_id)

    @get("/{job_id:uuid}", responses=errors(401, 404))
    async def get_job(
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        service: NamedDependency[JobService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[JobRead]:
        """One job with its steps and what it cost."""
        job = await service.get(user.id, job_id)
        (read,) = await service.describe([job])
        return tagged(request, read, f"{job.event_seq}-{job.epoch}")

    @post("/{job_id:uuid}/cancel", status_code=HTTP_202_ACCEPTED, responses=errors(401, 404, 409))
    async def cancel_job(
        self, job_id: FromPath[UUID], user: NamedDependency[Principal], service: NamedDependency[JobService]
    ) -> Response[JobRead]:
        """Stop a job within five seconds. What it finished is kept, and a retry goes on from there."""
        return accepted((await service.describe([await service.cancel(user.id, job_id)]))[0])

    @post("/{job_id:uuid}/retry", status_code=HTTP_202_ACCEPTED, responses=errors(401, 404, 409))
    async def retry_job(
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        service: NamedDependency[JobService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        resources: NamedDependency[Resources],
    ) -> Response[JobRead]:
        """Let a failed or cancelled job go on from its last finished step."""
        job = await service.retry(user.id, job_id, resources.settings)
        after_commit(session, jobs.bell.ring)
        return accepted((await service.describe([job]))[0])

    @get("/{job_id:uuid}/events", responses=errors(401, 404), media_type="text/event-stream")
    async def follow_job(
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
    ) -> ServerSentEvent:
        """Server-Sent Events of a job, from the start or after `Last-Event-ID`; closes after `end`."""
        async with resources.db.transaction() as session:
            await JobService(session).get(user.id, job_id)
        last = request.headers.get("last-event-id", "0").strip()
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
        return ServerSentEvent(_follow(resources, user, job_id, after))


async def _follow(
    resources: Resources, user: Principal, job_id: UUID, after: int
) -> AsyncIterator[ServerSentEventMessage]:
    """Every event after *after*, until the job has ended and all of them were sent, or the sign-in ends. An ending that
    a retry undid is told as the status that it was, so that `end` is always the last."""
    silent = 0.0
    while True:
        async with resources.db.transaction() as session:
            service = JobService(session)
            job = await session.get(Job, job_id)
            if job is None or not await service.signed_in(user):
                return
            if after > job.event_seq:
                after = 0
            events = await service.events_after(job_id, after)
        for event in events:
            after, silent = event.seq, 0.0
            data = msgspec.json.encode(event.data).decode()
            kind = "status" if event.type == "end" and event.seq < job.event_seq else event.type
            yield ServerSentEventMessage(data=data, event=kind, id=str(event.seq), retry=2000)
        if job.status in ENDED and after >= job.event_seq:
            return
        await asyncio.sleep(POLL_SECONDS)
        silent += POLL_SECONDS
        if silent >= COMMENT_SECONDS:
            silent = 0.0
            yield ServerSentEventMessage(comment="still here")


class HealthController(Controller):
    path = "/health"
    tags = ["health"]
    opt = {"public": True}

    @get(responses=errors(503), security=[{}])
    async def health(
        self, resources: NamedDependency[Resources], jobs: NamedDependency[JobQueue]
    ) -> Response[dict[str, Any]]:
        """Whether the service and what it depends on are well; 503 only when the database can't be reached."""
        db, queue, storage, workers = await asyncio.gather(
            _works(_database(resources)),
            jobs.bell.alive(),
            _works(resources.storage.check()),
            _works(_workers(resources)),
        )
        services = {
            "db": "healthy" if db else "unhealthy",
            "queue": "healthy" if queue else "degraded",
            "storage": "healthy" if storage else "degraded",
            "workers": "healthy" if workers else "degraded",
        }
        status = "unhealthy" if not db else "healthy" if queue and storage and workers else "degraded"
        body = {"status": status, "version": VERSION, "services": services}
        return Response(body, status_code=HTTP_200_OK if db else 503, headers={} if db else {"Retry-After": "5"})

    @get("/live", security=[{}])
    async def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "healthy"}

    @get("/ready", responses=errors(503), security=[{}])
    async def ready(self, resources: NamedDependency[Resources]) -> Response[dict[str, str]]:
        """The process can serve: its database answers."""
        if await _works(_database(resources)):
            return Response({"status": "healthy"})
        return Response({"status": "unhealthy"}, status_code=503, headers={"Retry-After": "5"})


async def _works(check: Any) -> bool:
    try:
        async with asyncio.timeout(3):
            return await check is not False
    except Exception:
        return False


async def _database(resources: Resources) -> None:
    async with resources.db.transaction() as session:
        await session.connection()
        await JobService(session).workers_alive(0)


async def _workers(resources: Resources) -> bool:
    """A worker counts as alive for five beats, and never less than ten seconds."""
    async with resources.db.transaction() as session:
        return await JobService(session).workers_alive(max(10, resources.settings.job_beat_seconds * 5)) > 0
