from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from app.db.models import SourceRole
from app.features.projects.service import ProjectService
from app.features.search.pipelines import search_project
from app.features.search.schemas import SearchMode, SearchResult
from app.shared.exceptions import Malformed
from app.shared.http import Limit, Principal
from app.shared.openapi import errors
from app.shared.resources import Resources


class SearchController(Controller):
    path = "/projects/{project_id:uuid}/search"
    tags = ["search"]

    @get(responses=errors(400, 401, 404, 503))
    async def search(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        q: Annotated[str, QueryParameter(min_length=1, max_length=1000, description="Words, or a question.")],
        limit: Limit = 10,
        role: FromQuery[SourceRole | None] = None,
        source_id: FromQuery[UUID | None] = None,
        mode: FromQuery[SearchMode] = "hybrid",
    ) -> SearchResult:
        """Search the project's sources. `"exact words"` must stand in a hit, `-word` must not; each hit says why."""
        if not q.strip():
            raise Malformed("Say what to search for.", extra=[{"field": "q", "message": "is empty"}])
        async with resources.db.transaction() as session:
            project = await ProjectService(session=session).owned(user.id, project_id)
        engine = resources.with_engine(project.engine, external=project.allow_external_models)
        return SearchResult(await search_project(engine, user.id, project_id, q, limit, role, source_id, mode))
