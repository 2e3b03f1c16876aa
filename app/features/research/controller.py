from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.projects.service import ProjectService
from app.features.research import tasks
from app.features.research.schemas import ResearchCreate, ResearchRead, ResearchSummary
from app.features.research.service import ResearchService
from app.shared.http import IfNoneMatch, Page, Paging, Principal, tagged
from app.shared.openapi import errors


def provide_research(session: NamedDependency[AsyncSession]) -> ResearchService:
    return ResearchService(session)


class ProjectResearchController(Controller):
    path = "/projects/{project_id:uuid}/research"
    tags = ["research"]
    dependencies = {"research": Provide(provide_research, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 422, 429))
    async def start_research(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[ResearchCreate],
        user: NamedDependency[Principal],
        research: NamedDependency[ResearchService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Ask the project's sources a question: the answer is a brief of cited claims, contradictions and gaps."""
        project = await ProjectService(session=session).owned(user.id, project_id)
        job = await requested.earlier()
        if job is None:
            sources = await research.usable_sources(project, data.source_ids, data.updates)
            job = await requested.enqueue(
                tasks.research, project_id,
                project_id=project_id, source_ids=[source.id for source in sources], question=data.question,
                depth=data.depth, updates=data.updates,
            )  # fmt: skip
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_research(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        research: NamedDependency[ResearchService],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
    ) -> Page[ResearchSummary]:
        """The project's research briefs, newest first."""
        await ProjectService(session=session).owned(user.id, project_id)
        return await research.page(project_id, paging)


class ResearchController(Controller):
    path = "/research"
    tags = ["research"]
    dependencies = {"research": Provide(provide_research, sync_to_thread=False)}

    @get("/{research_id:uuid}", responses=errors(401, 404))
    async def get_research(
        self,
        research_id: FromPath[UUID],
        user: NamedDependency[Principal],
        research: NamedDependency[ResearchService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[ResearchRead]:
        """One brief: claims with their quotes, contradictions, gaps, sources weighed, entities."""
        brief = await research.owned(user.id, research_id)
        return tagged(request, await research.read(brief), brief.revision)

    @delete("/{research_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_research(
        self, research_id: FromPath[UUID], user: NamedDependency[Principal], research: NamedDependency[ResearchService]
    ) -> None:
        """Delete a brief with its claims; what cites them keeps its own quotes."""
        await research.remove(await research.owned(user.id, research_id, lock=True))
