from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.projects.service import ProjectService
from app.features.structures import tasks
from app.features.structures.idea_checks import IdeaCheckService
from app.features.structures.schemas import IdeaCheckCreate, IdeaCheckRead
from app.shared.http import Page, Paging, Principal
from app.shared.openapi import errors


class IdeaCheckController(Controller):
    path = "/projects/{project_id:uuid}/idea-checks"
    tags = ["structures"]

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 422, 429))
    async def check_idea(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[IdeaCheckCreate],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Hold an idea against what you said before, what your references carry, and whom it is for."""
        await ProjectService(session=session).owned(user.id, project_id)
        job = await requested.earlier()
        if job is None:
            job = await requested.enqueue(tasks.check_idea, project_id, project_id=project_id, idea=data.idea)
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_idea_checks(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
    ) -> Page[IdeaCheckRead]:
        """The project's idea checks, newest first."""
        await ProjectService(session=session).owned(user.id, project_id)
        return await IdeaCheckService(session).page(project_id, paging)
