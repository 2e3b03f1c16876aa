from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_201_CREATED
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ScriptVersion
from app.features.scripts.exporting import exported
from app.features.scripts.schemas import (
    Changes,
    ExportFormat,
    Restore,
    ScriptDiff,
    VersionCreate,
    VersionRead,
    VersionSummary,
)
from app.features.scripts.service import ScriptService
from app.features.scripts.versions import read_version
from app.shared.http import IfNoneMatch, Page, Paging, Principal, tagged
from app.shared.openapi import errors

Number = Annotated[int, QueryParameter(ge=1, le=1_000_000)]
VersionNumber = Annotated[int | None, QueryParameter(ge=1, le=1_000_000, description="Default: the head.")]


def provide_scripts(session: NamedDependency[AsyncSession]) -> ScriptService:
    return ScriptService(session)


def created(version: ScriptVersion) -> Response[VersionRead]:
    where = f"/api/v1/scripts/{version.script_id}/versions/{version.number}"
    return Response(read_version(version), status_code=HTTP_201_CREATED, headers={"Location": where})


class VersionController(Controller):
    path = "/scripts/{script_id:uuid}"
    tags = ["scripts"]
    dependencies = {"scripts": Provide(provide_scripts, sync_to_thread=False)}

    @get("/versions", responses=errors(400, 401, 404))
    async def list_versions(
        self,
        script_id: FromPath[UUID],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        paging: NamedDependency[Paging],
    ) -> Page[VersionSummary]:
        """The script's versions, newest first, without their words."""
        return await scripts.versions(await scripts.owned(user.id, script_id), paging)

    @get("/versions/{number:int}", responses=errors(401, 404))
    async def get_version(
        self,
        script_id: FromPath[UUID],
        number: FromPath[int],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[VersionRead]:
        """One version."""
        script = await scripts.owned(user.id, script_id)
        return tagged(request, read_version(await scripts.shelf.get(script, number)), number)

    @post("/versions", responses=errors(400, 401, 404, 409, 422))
    async def edit_script(
        self,
        script_id: FromPath[UUID],
        data: JSONBody[VersionCreate],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
    ) -> Response[VersionRead]:
        """Your own edit of the head version, as a version of its own; citations stay with their words."""
        return created(await scripts.edit(await scripts.owned(user.id, script_id, lock=True), data))

    @post("/restore", responses=errors(400, 401, 404, 409))
    async def restore_version(
        self,
        script_id: FromPath[UUID],
        data: JSONBody[Restore],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
    ) -> Response[VersionRead]:
        """An earlier version again, as a new version."""
        return created(await scripts.restore(await scripts.owned(user.id, script_id, lock=True), data.version))

    @get("/diff", responses=errors(400, 401, 404))
    async def diff_versions(
        self,
        script_id: FromPath[UUID],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        from_: Annotated[int, QueryParameter(name="from", ge=1, le=1_000_000)],
        to: Number,
    ) -> ScriptDiff:
        """Two versions word by word; each changed place has a `change_id`."""
        return await scripts.diff(await scripts.owned(user.id, script_id), from_, to)

    @post("/changes", responses=errors(400, 401, 404, 409, 422))
    async def take_changes(
        self,
        script_id: FromPath[UUID],
        data: JSONBody[Changes],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
    ) -> Response[VersionRead]:
        """Accept or reject single changes of the head against its parent; what is rejected is as it was."""
        return created(await scripts.take_changes(await scripts.owned(user.id, script_id, lock=True), data))

    @get("/export", responses=errors(400, 401, 404, 409))
    async def export_script(
        self,
        script_id: FromPath[UUID],
        user: NamedDependency[Principal],
        scripts: NamedDependency[ScriptService],
        format: FromQuery[ExportFormat],  # noqa: A002  the contract's word
        version: VersionNumber = None,
    ) -> Response[bytes]:
        """A version as a file: for reading, editing, subtitles, the teleprompter, the timeline, or the upload form."""
        script = await scripts.owned(user.id, script_id)
        file = await exported(scripts, script, format, version)
        return Response(file.body, media_type=file.media_type, headers={"Content-Disposition": file.disposition})
