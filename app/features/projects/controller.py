from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ProjectStatus
from app.db.session import after_commit
from app.features.projects.reading import list_projects
from app.features.projects.schemas import ProjectCreate, ProjectRead, ProjectUpdate
from app.features.projects.service import ProjectService
from app.shared.http import (
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    ShortText,
    check_if_match,
    convert,
    etag,
    tagged,
)
from app.shared.openapi import errors
from app.shared.resources import Resources


def provide_projects(session: NamedDependency[AsyncSession]) -> ProjectService:
    return ProjectService(session=session)


class ProjectController(Controller):
    path = "/projects"
    tags = ["projects"]
    dependencies = {"projects": Provide(provide_projects, sync_to_thread=False)}

    @post(responses=errors(400, 401, 404))
    async def create_project(
        self, data: JSONBody[ProjectCreate], user: NamedDependency[Principal], projects: NamedDependency[ProjectService]
    ) -> Response[ProjectRead]:
        """Start a project: one video in preparation."""
        project = await projects.start(user.id, data)
        headers = {"ETag": etag(project.revision), "Location": f"/api/v1/projects/{project.id}"}
        return Response(convert(project, ProjectRead), status_code=201, headers=headers)

    @get(responses=errors(400, 401))
    async def list_projects(
        self,
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        paging: NamedDependency[Paging],
        search: ShortText = None,
        status: FromQuery[ProjectStatus | None] = None,
    ) -> Page[ProjectRead]:
        """Your projects, newest first; `search` matches the title."""
        return await list_projects(resources.reads, user.id, paging, search, status)

    @get("/{project_id:uuid}", responses=errors(401, 404))
    async def get_project(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        projects: NamedDependency[ProjectService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[ProjectRead]:
        """One project."""
        project = await projects.owned(user.id, project_id)
        return tagged(request, convert(project, ProjectRead), project.revision)

    @patch("/{project_id:uuid}", responses=errors(400, 401, 404, 412))
    async def update_project(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[ProjectUpdate],
        user: NamedDependency[Principal],
        projects: NamedDependency[ProjectService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[ProjectRead]:
        """Change a project; what is missing stays, null clears."""
        project = await projects.owned(user.id, project_id, lock=True)
        check_if_match(request, project.revision)
        project = await projects.change(project, data)
        return Response(convert(project, ProjectRead), headers={"ETag": etag(project.revision)})

    @delete("/{project_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_project(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        projects: NamedDependency[ProjectService],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
    ) -> None:
        """Delete a project with its sources, profiles, jobs and files."""
        for key in await projects.remove(await projects.owned(user.id, project_id, lock=True)):
            after_commit(session, lambda key=key: resources.storage.delete_folder(key))  # type: ignore[misc]
