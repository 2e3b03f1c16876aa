from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, HeaderParameter, QueryParameter
from litestar.response import ServerSentEvent
from litestar.status_codes import HTTP_202_ACCEPTED
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import JobStatus
from app.features.jobs.follow import follow
from app.features.jobs.looking import Looks
from app.features.jobs.reading import read_job, revision_of
from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead, TicketRead
from app.features.jobs.service import JobService
from app.shared.hints import Hub
from app.shared.http import IfNoneMatch, Page, Paging, Principal, ShortText, accepted, tagged, unchanged
from app.shared.jobs import JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources
from app.shared.tickets import TICKET_SECONDS, issue_ticket

LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID", required=False, description="The last event that was read; only later ones come."
    ),
]
Ticket = Annotated[str | None, QueryParameter(max_length=4096, description="From `/ticket`, in place of a token.")]


def provide_jobs_service(session: NamedDependency[AsyncSession]) -> JobService:
    return JobService(session)


async def provide_looks(request: Request[Any, Any, Any], resources: NamedDependency[Resources]) -> Looks:
    """One for the process: whoever looks at the same time shares a query."""
    looks: Looks = request.app.state.setdefault("looks", Looks(resources.db))
    return looks


class JobController(Controller):
    path = "/jobs"
    tags = ["jobs"]
    dependencies = {
        "service": Provide(provide_jobs_service, sync_to_thread=False),
        "looks": Provide(provide_looks),
    }

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
        """Your jobs, newest first. Deliveries to webhooks only where `kind` asks for them."""
        return await service.page(user.id, paging, status, kind, project_id)

    @get("/{job_id:uuid}", responses=errors(401, 404))
    async def get_job(
        self,
        job_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,
    ) -> Response[JobRead]:
        """One job with its steps and what it cost."""
        reads = resources.reads
        if if_none_match and (same := unchanged(request, await revision_of(reads, user.id, job_id))):
            return same
        return tagged(request, *await read_job(reads, user.id, job_id))

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
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Let a failed or cancelled job go on from its last finished step."""
        job = await requested.earlier()
        if job is None:
            job = await service.retry(user.id, job_id, requested.jobs)
            requested.resumed(job)
        return await requested.accepted(job)

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
        ticket = issue_ticket(resources.keys, user, job_id)
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
        looks: NamedDependency[Looks],
        ticket: Ticket = None,  # noqa: ARG002  read by the guard
        last_event_id: LastEventId = None,
    ) -> ServerSentEvent:
        """Server-Sent Events of a job, from the start or after `Last-Event-ID`; closes after `end`."""
        async with resources.db.transaction() as session:
            await JobService(session).get(user.id, job_id)
        last = (last_event_id or "0").strip()
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
        return ServerSentEvent(follow(looks, hub, user, job_id, after))
