from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.repurposing import tasks
from app.features.repurposing.schemas import RepurposingCreate, RepurposingRead
from app.features.repurposing.service import RepurposingService
from app.features.scripts.service import ScriptService
from app.shared.http import IfNoneMatch, Page, Paging, Principal, tagged
from app.shared.openapi import errors


def provide_repurposings(session: NamedDependency[AsyncSession]) -> RepurposingService:
    return RepurposingService(session)


class ScriptRepurposingController(Controller):
    path = "/scripts/{script_id:uuid}/repurposings"
    tags = ["repurposing"]
    dependencies = {"repurposings": Provide(provide_repurposings, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 422, 429))
    async def repurpose_script(
        self,
        script_id: FromPath[UUID],
        data: JSONBody[RepurposingCreate],
        user: NamedDependency[Principal],
        repurposings: NamedDependency[RepurposingService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Make a short, a blog post, a newsletter or a thread of a version, the head without one; its citations stay."""
        script = await ScriptService(session).owned(user.id, script_id)
        job = await requested.earlier()
        if job is None:
            version = await repurposings.wanted(script, data)
            job = await requested.enqueue(
                tasks.repurpose_script, script.project_id,
                script_id=script.id, version=version, form=data.format,
            )  # fmt: skip
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_repurposings(
        self,
        script_id: FromPath[UUID],
        user: NamedDependency[Principal],
        repurposings: NamedDependency[RepurposingService],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
    ) -> Page[RepurposingRead]:
        """What was made of the script, newest first."""
        return await repurposings.page(await ScriptService(session).owned(user.id, script_id), paging)


class RepurposingController(Controller):
    path = "/repurposings/{repurposing_id:uuid}"
    tags = ["repurposing"]
    dependencies = {"repurposings": Provide(provide_repurposings, sync_to_thread=False)}

    @get(responses=errors(401, 404))
    async def get_repurposing(
        self,
        repurposing_id: FromPath[UUID],
        user: NamedDependency[Principal],
        repurposings: NamedDependency[RepurposingService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[RepurposingRead]:
        """One piece: its parts with their citations, and the whole as it is copied out."""
        read = await repurposings.read(await repurposings.owned(user.id, repurposing_id))
        return tagged(request, read, sha256(msgspec.json.encode(read)).hexdigest()[:16])

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_repurposing(
        self,
        repurposing_id: FromPath[UUID],
        user: NamedDependency[Principal],
        repurposings: NamedDependency[RepurposingService],
    ) -> None:
        """Delete a piece; the script stays."""
        await repurposings.remove(await repurposings.owned(user.id, repurposing_id))
