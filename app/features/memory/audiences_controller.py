from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec.structs import asdict
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Audience
from app.features.memory.schemas import AudienceCreate, AudienceRead, AudienceUpdate
from app.features.memory.service import Shelf
from app.shared.http import (
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    check_if_match,
    convert,
    etag,
    tagged,
)
from app.shared.openapi import errors


def provide_audiences(session: NamedDependency[AsyncSession]) -> Shelf[Audience]:
    return Shelf(session, Audience, "audience", "name")


class AudienceController(Controller):
    path = "/audiences"
    tags = ["memory"]
    dependencies = {"audiences": Provide(provide_audiences, sync_to_thread=False)}

    @post(responses=errors(400, 401, 422))
    async def create_audience(
        self,
        data: JSONBody[AudienceCreate],
        user: NamedDependency[Principal],
        audiences: NamedDependency[Shelf[Audience]],
    ) -> Response[AudienceRead]:
        """Describe whom videos are for, once for all projects."""
        audience = await audiences.add(user.id, **asdict(data))
        headers = {"ETag": etag(audience.revision), "Location": f"/api/v1/audiences/{audience.id}"}
        return Response(convert(audience, AudienceRead), status_code=201, headers=headers)

    @get(responses=errors(400, 401))
    async def list_audiences(
        self,
        user: NamedDependency[Principal],
        audiences: NamedDependency[Shelf[Audience]],
        paging: NamedDependency[Paging],
    ) -> Page[AudienceRead]:
        """Your audiences, newest first."""
        return await audiences.page(user.id, paging, AudienceRead)

    @get("/{audience_id:uuid}", responses=errors(401, 404))
    async def get_audience(
        self,
        audience_id: FromPath[UUID],
        user: NamedDependency[Principal],
        audiences: NamedDependency[Shelf[Audience]],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[AudienceRead]:
        """One audience."""
        audience = await audiences.owned(user.id, audience_id)
        return tagged(request, convert(audience, AudienceRead), audience.revision)

    @patch("/{audience_id:uuid}", responses=errors(400, 401, 404, 412))
    async def update_audience(
        self,
        audience_id: FromPath[UUID],
        data: JSONBody[AudienceUpdate],
        user: NamedDependency[Principal],
        audiences: NamedDependency[Shelf[Audience]],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[AudienceRead]:
        """Change an audience; what is missing stays, null clears."""
        audience = await audiences.owned(user.id, audience_id, lock=True)
        check_if_match(request, audience.revision)
        audience = await audiences.change(audience, **asdict(data))
        return Response(convert(audience, AudienceRead), headers={"ETag": etag(audience.revision)})

    @delete("/{audience_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_audience(
        self, audience_id: FromPath[UUID], user: NamedDependency[Principal], audiences: NamedDependency[Shelf[Audience]]
    ) -> None:
        """Delete an audience; projects that named it have none then."""
        await audiences.remove(await audiences.owned(user.id, audience_id, lock=True))
