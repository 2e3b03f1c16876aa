from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceRole
from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.projects.service import ProjectService
from app.features.search.pipelines import Search, search_project
from app.features.search.reembedding import ReembeddingService
from app.features.search.schemas import SearchMode, SearchResult
from app.features.search.tasks import reembed_project
from app.shared.exceptions import Conflict, Malformed
from app.shared.http import Limit, Principal
from app.shared.openapi import errors
from app.shared.resources import Resources

SpeakerName = Annotated[str | None, QueryParameter(max_length=200, description="As the source or you name them.")]


class SearchController(Controller):
    path = "/projects/{project_id:uuid}/search"
    tags = ["search"]

    @get(responses=errors(400, 401, 404, 503))
    async def search_sources(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        q: Annotated[str, QueryParameter(min_length=1, max_length=1000, description="Words, or a question.")],
        limit: Limit = 10,
        role: FromQuery[SourceRole | None] = None,
        source_id: FromQuery[UUID | None] = None,
        speaker: SpeakerName = None,
        mode: FromQuery[SearchMode] = "hybrid",
    ) -> SearchResult:
        """Search the project's sources. `"exact words"` must stand in a hit, `-word` and `-"words"` must not; each hit
        says why."""
        if not q.strip():
            raise Malformed("Say what to search for.", extra=[{"field": "q", "message": "is empty"}])
        async with resources.db.transaction() as session:
            project = await ProjectService(session=session).owned(user.id, project_id)
        engine = resources.with_engine(project.engine, external=project.allow_external_models)
        wanted = Search(user.id, project_id, q, limit, role, source_id, speaker, mode)
        return SearchResult(await search_project(engine, wanted))


class ReembedController(Controller):
    path = "/projects/{project_id:uuid}/reembed"
    tags = ["search"]

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 422, 429))
    async def reembed_chunks(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Embed the project's chunks anew, by the model that its engine has now; the old vectors serve until all new ones
        are there."""
        project = await ProjectService(session=session).owned(user.id, project_id)
        job = await requested.earlier()
        if job is None:
            model = resources.with_engine(project.engine, external=project.allow_external_models).llm.embedding_model
            if not await ReembeddingService(session).count_waiting(project_id, model):
                raise Conflict(f"All chunks are embedded by {model} already.", code="nothing_to_reembed")
            job = await requested.enqueue(reembed_project, project_id, project_id=project_id)
        return await requested.accepted(job)
