from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.projects.service import ProjectService
from app.features.structures import tasks
from app.features.structures.frameworks import blueprints
from app.features.structures.schemas import FrameworkList, StructureCreate, StructureRead, StructureSelect
from app.features.structures.service import StructureService
from app.shared.http import IfNoneMatch, Page, Paging, Principal, etag, tagged
from app.shared.openapi import errors


def provide_structures(session: NamedDependency[AsyncSession]) -> StructureService:
    return StructureService(session)


class FrameworkController(Controller):
    path = "/frameworks"
    tags = ["structures"]

    @get(responses=errors(401))
    async def list_frameworks(self, user: NamedDependency[Principal]) -> FrameworkList:  # noqa: ARG002  for those signed in
        """The teaching frameworks that structures are built on, with their beats and when they fit."""
        return FrameworkList([one.shown() for one in blueprints().values()])


class ProjectStructureController(Controller):
    path = "/projects/{project_id:uuid}/structures"
    tags = ["structures"]
    dependencies = {"structures": Provide(provide_structures, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 422, 429))
    async def make_structures(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[StructureCreate],
        user: NamedDependency[Principal],
        structures: NamedDependency[StructureService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Make three outline options on different frameworks, each with five hooks of different types."""
        project = await ProjectService(session=session).owned(user.id, project_id)
        job = await requested.earlier()
        if job is None:
            research_id = await structures.wanted(project, data.research_id, data.framework)
            job = await requested.enqueue(
                tasks.make_structures, project_id,
                project_id=project_id, research_id=research_id, framework=data.framework,
            )  # fmt: skip
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_structures(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        structures: NamedDependency[StructureService],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
    ) -> Page[StructureRead]:
        """The project's options, those of the newest job first."""
        await ProjectService(session=session).owned(user.id, project_id)
        return await structures.page(project_id, paging)


class StructureController(Controller):
    path = "/structures"
    tags = ["structures"]
    dependencies = {"structures": Provide(provide_structures, sync_to_thread=False)}

    @get("/{structure_id:uuid}", responses=errors(401, 404))
    async def get_structure(
        self,
        structure_id: FromPath[UUID],
        user: NamedDependency[Principal],
        structures: NamedDependency[StructureService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[StructureRead]:
        """One option: rationale, hooks, and sections with their times and claims."""
        structure = await structures.owned(user.id, structure_id)
        return tagged(request, structures.read(structure), structure.revision)

    @post("/{structure_id:uuid}/select", status_code=HTTP_200_OK, responses=errors(400, 401, 404))
    async def select_structure(
        self,
        structure_id: FromPath[UUID],
        data: JSONBody[StructureSelect],
        user: NamedDependency[Principal],
        structures: NamedDependency[StructureService],
    ) -> Response[StructureRead]:
        """Choose this option, and one of its hooks; the one that was chosen before no longer is."""
        structure = await structures.select(await structures.owned(user.id, structure_id, lock=True), data.hook_id)
        return Response(structures.read(structure), headers={"ETag": etag(structure.revision)})

    @delete("/{structure_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_structure(
        self,
        structure_id: FromPath[UUID],
        user: NamedDependency[Principal],
        structures: NamedDependency[StructureService],
    ) -> None:
        """Delete an option; scripts that were written from it stay."""
        await structures.remove(await structures.owned(user.id, structure_id, lock=True))
