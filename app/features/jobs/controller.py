from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import ServerSentEvent
from litestar.status_codes import HTTP_202_ACCEPTED
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import JobStatus
from app.features.jobs.follow import follow
from app.features.jobs.schemas import JobRead, TicketRead
from app.features.jobs.service import JobService
from app.shared.hints import Hub
from app.shared.http import IdempotencyKey, IfNoneMatch, Page, Paging, Principal, ShortText, accepted, tagged
from app.shared.idempotency import read_idempotency, remember_key
from app.shared.jobs import JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources
from app.shared.tickets import TICKET_SECONDS, issue_ticket

Ticket = Annotated[str | None, QueryParameter(max_length=4096, description="From `/ticket`, in place of a token.")]


def provide_jobs_service(session: NamedDependency[AsyncSession]) -> JobService:
    return JobService(session)


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
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        service: NamedDependency[JobService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> Response[JobRead]:
        """Stop a job within five seconds. What it finished is kept, and a retry goes on from there."""
        job = await service.cancel(user.id, job_id)
        jobs.changed(session, job.id)
        return accepted(await service.describe_one(job), job.id)

    @post("/{job_id:uuid}/retry", status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 422, 429))
    async def retry_job(
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        service: NamedDependency[JobService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        request: Request[Any, Any, Any],
        idempotency_key: IdempotencyKey = None,  # noqa: ARG002  read by `read_idempotency`
    ) -> Response[JobRead]:
        """Let a failed or cancelled job go on from its last finished step."""
        idempotency = await read_idempotency(request)
        job = await jobs.earlier(session, user.id, idempotency)
        if job is None:
            job = await service.retry(user.id, job_id, jobs)
            remember_key(session, job, idempotency)
            jobs.announce(session, job.id)
        return accepted(await service.describe_one(job), job.id)

    @post("/{job_id:uuid}/ticket", responses=errors(401, 404))
    async def issue_ticket(
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        service: NamedDependency[JobService],
        resources: NamedDependency[Resources],
    ) -> TicketRead:
        """A ticket for this job's stream, for clients that can't send headers, such as a browser's EventSource."""
        await service.get(user.id, job_id)
        ticket = issue_ticket(resources.settings.secret_key or "", user, job_id)
        return TicketRead(ticket, TICKET_SECONDS, f"/api/v1/jobs/{job_id}/events?ticket={ticket}")

    @get(
        "/{job_id:uuid}/events",
        responses=errors(401, 404),
        media_type="text/event-stream",
        opt={"ticketed": True},
    )
    async def follow_job(
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        hub: NamedDependency[Hub],
        request: Request[Any, Any, Any],
        ticket: Ticket = None,  # noqa: ARG002  read by the guard
    ) -> ServerSentEvent:
        """Server-Sent Events of a job, from the start or after `Last-Event-ID`; closes after `end`."""
        async with resources.db.transaction() as session:
            await JobService(session).get(user.id, job_id)
        last = request.headers.get("last-event-id", "0").strip()
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
        return ServerSentEvent(follow(resources, hub, user, job_id, after))
