from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.memory.schemas import PreferenceCreate, PreferenceRead, PreferenceUpdate
from app.features.memory.service import PreferenceService
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


def provide_preferences(session: NamedDependency[AsyncSession]) -> PreferenceService:
    return PreferenceService(session)


class PreferenceController(Controller):
    path = "/preferences"
    tags = ["memory"]
    dependencies = {"preferences": Provide(provide_preferences, sync_to_thread=False)}

    @post(responses=errors(400, 401, 422))
    async def create_preference(
        self,
        data: JSONBody[PreferenceCreate],
        user: NamedDependency[Principal],
        preferences: NamedDependency[PreferenceService],
    ) -> Response[PreferenceRead]:
        """Set a rule for everything that is generated from now on."""
        preference = await preferences.set(user.id, data)
        headers = {"ETag": etag(preference.revision), "Location": f"/api/v1/preferences/{preference.id}"}
        return Response(convert(preference, PreferenceRead), status_code=201, headers=headers)

    @get(responses=errors(400, 401))
    async def list_preferences(
        self,
        user: NamedDependency[Principal],
        preferences: NamedDependency[PreferenceService],
        paging: NamedDependency[Paging],
    ) -> Page[PreferenceRead]:
        """Your rules, newest first."""
        return await preferences.shelf.page(user.id, paging, PreferenceRead)

    @get("/{preference_id:uuid}", responses=errors(401, 404))
    async def get_preference(
        self,
        preference_id: FromPath[UUID],
        user: NamedDependency[Principal],
        preferences: NamedDependency[PreferenceService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[PreferenceRead]:
        """One preference."""
        preference = await preferences.shelf.owned(user.id, preference_id)
        return tagged(request, convert(preference, PreferenceRead), preference.revision)

    @patch("/{preference_id:uuid}", responses=errors(400, 401, 404, 412))
    async def update_preference(
        self,
        preference_id: FromPath[UUID],
        data: JSONBody[PreferenceUpdate],
        user: NamedDependency[Principal],
        preferences: NamedDependency[PreferenceService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[PreferenceRead]:
        """Change a rule; what is missing stays."""
        preference = await preferences.shelf.owned(user.id, preference_id, lock=True)
        check_if_match(request, preference.revision)
        preference = await preferences.change(preference, data)
        return Response(convert(preference, PreferenceRead), headers={"ETag": etag(preference.revision)})

    @delete("/{preference_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_preference(
        self,
        preference_id: FromPath[UUID],
        user: NamedDependency[Principal],
        preferences: NamedDependency[PreferenceService],
    ) -> None:
        """Delete a rule: it is no longer obeyed."""
        await preferences.shelf.remove(await preferences.shelf.owned(user.id, preference_id, lock=True))
