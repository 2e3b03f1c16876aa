from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.projects.service import ProjectService
from app.features.scripts import revising, tasks
from app.features.scripts.reading import read_script, revision_of
from app.features.scripts.revision import Order
from app.features.scripts.schemas import RevisionCreate, ScriptCreate, ScriptRead, ScriptSummary, ScriptUpdate
from app.features.scripts.service import ScriptService
from app.features.scripts.versions import sections_of
from app.shared.http import (
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    check_if_match,
    etag,
    tagged,
    unchanged,
)
from app.shared.openapi import errors
from app.shared.resources import Resources


def provide_scripts(session: NamedDependency[AsyncSession]) -> ScriptService:
    return ScriptService(session)


class ProjectScriptController(Controller):
    path = "/projects/{project_id:uuid}/scripts"
    tags = ["scripts"]
    dependencies = {"scripts": Provide(provide_scripts, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 422, 429))
    async def write_script(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[ScriptCreate],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Write a script from a structure, a brief and a voice; its sections stream as `delta` events."""
        project = await ProjectService(session=session).owned(user.id, project_id)
        job = await requested.earlier()
        if job is None:
            script = await scripts.start(project, data)
            job = await requested.enqueue(tasks.write_script, project_id, script_id=script.id)
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_scripts(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
    ) -> Page[ScriptSummary]:
        """The project's scripts, newest first."""
        await ProjectService(session=session).owned(user.id, project_id)
        return await scripts.page(project_id, paging)


class ScriptController(Controller):
    path = "/scripts/{script_id:uuid}"
    tags = ["scripts"]
    dependencies = {"scripts": Provide(provide_scripts, sync_to_thread=False)}

    @get(responses=errors(401, 404))
    async def get_script(
        self,
        script_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,
    ) -> Response[ScriptRead]:
        """A script with its head version."""
        reads = resources.reads
        if if_none_match and (same := unchanged(request, await revision_of(reads, user.id, script_id))):
            return same
        return tagged(request, *await read_script(reads, user.id, script_id))

    @patch(responses=errors(400, 401, 404, 412))
    async def update_script(
        self,
        script_id: FromPath[UUID],
        data: JSONBody[ScriptUpdate],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[ScriptRead]:
        """Rename a script."""
        script = await scripts.owned(user.id, script_id, lock=True)
        check_if_match(request, script.revision)
        script = await scripts.change(script, data)
        return Response(await scripts.read(script), headers={"ETag": etag(script.revision)})

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_script(
        self, script_id: FromPath[UUID], user: NamedDependency[Principal], scripts: NamedDependency[ScriptService]
    ) -> None:
        """Delete a script with its versions, safety checks and repurposings."""
        await scripts.remove(await scripts.owned(user.id, script_id, lock=True))

    @post("/revisions", status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 422, 429))
    async def revise_script(
        self,
        script_id: FromPath[UUID],
        data: JSONBody[RevisionCreate],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Change what an instruction asks for in a selection, in sections, or in the whole; all else stays byte for byte."""
        script = await scripts.owned(user.id, script_id)
        job = await requested.earlier()
        if job is None:
            base = await scripts.shelf.get(script)
            sections = sections_of(base)
            target = revising.target_of(sections, data.section_ids, data.selection)
            project = await ProjectService(session=session).owned(user.id, script.project_id)
            writes = resources.with_engine(project.engine, external=project.allow_external_models).llm.writes
            kind = revising.chosen_kind(data.instruction, sections, data.selection, writes=writes)
            if kind == "new_hook":
                target = revising.hook_target(sections)
            by_code = kind == "reorder" or not writes
            order = Order(script.id, base.number, data.instruction, kind, by_code, target)
            job = await requested.enqueue(tasks.revise_script, script.project_id, order=order)
        return await requested.accepted(job)
