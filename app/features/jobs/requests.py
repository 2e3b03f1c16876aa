"""What every request that wants a job has in common: the same job for the same key, and 202 with where to follow it."""

from typing import Any, ParamSpec
from uuid import UUID

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Job
from app.features.jobs.schemas import JobRead
from app.features.jobs.service import JobService
from app.shared.addresses import client_address
from app.shared.http import IdempotencyKey, Principal, accepted
from app.shared.idempotency import Idempotency, read_idempotency, remember_key
from app.shared.jobs import JobQueue, Task

P = ParamSpec("P")


class JobRequest:
    """A request for a job in its owner's name, within the request's transaction."""

    def __init__(self, request: Request[Any, Any, Any], session: AsyncSession, owner_id: UUID, jobs: JobQueue) -> None:
        self.session, self.owner_id, self.jobs = session, owner_id, jobs
        self._request = request
        self._idempotency: Idempotency | None = None

    async def earlier(self, fields: Any = None) -> Job | None:
        """The job that the same request made before; to be asked before anything is made. The *fields* stand for a
        multipart form's body."""
        self._idempotency = await read_idempotency(self._request, fields)
        return await self.jobs.earlier(self.session, self.owner_id, self._idempotency)

    async def enqueue(self, task: Task[P], project_id: UUID | None, /, **arguments: Any) -> Job:
        """A new job, which exists if, and only if, the request's transaction commits."""
        return await self.jobs.enqueue(self.session, task, self.owner_id, project_id, self._idempotency, **arguments)

    @property
    def address(self) -> str | None:
        """Where the request came from."""
        return client_address(self._request)

    def resumed(self, job: Job) -> None:
        """A job that was there is what this request made: it is found again by its key, and the workers are told."""
        remember_key(self.session, job, self._idempotency)
        self.jobs.announce(self.session, job.id)

    async def accepted(self, job: Job) -> Response[JobRead]:
        return accepted(await JobService(self.session).describe_one(job), job.id)


def provide_job_request(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    user: NamedDependency[Principal],
    jobs: NamedDependency[JobQueue],
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001  read by `read_idempotency`
) -> JobRequest:
    return JobRequest(request, session, user.id, jobs)
