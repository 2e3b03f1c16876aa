from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec.structs import asdict
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Material
from app.features.memory.schemas import MaterialCreate, MaterialRead, MaterialUpdate
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


def provide_materials(session: NamedDependency[AsyncSession]) -> Shelf[Material]:
    return Shelf(session, Material, "material", "title")


class MaterialController(Controller):
    path = "/materials"
    tags = ["memory"]
    dependencies = {"materials": Provide(provide_materials, sync_to_thread=False)}

    @post(responses=errors(400, 401, 422))
    async def create_material(
        self,
        data: JSONBody[MaterialCreate],
        user: NamedDependency[Principal],
        materials: NamedDependency[Shelf[Material]],
    ) -> Response[MaterialRead]:
        """Keep a story, an example or a product for scripts of any project."""
        material = await materials.add(user.id, **asdict(data))
        headers = {"ETag": etag(material.revision), "Location": f"/api/v1/materials/{material.id}"}
        return Response(convert(material, MaterialRead), status_code=201, headers=headers)

    @get(responses=errors(400, 401))
    async def list_materials(
        self,
        user: NamedDependency[Principal],
        materials: NamedDependency[Shelf[Material]],
        paging: NamedDependency[Paging],
    ) -> Page[MaterialRead]:
        """Your materials, newest first."""
        return await materials.page(user.id, paging, MaterialRead)

    @get("/{material_id:uuid}", responses=errors(401, 404))
    async def get_material(
        self,
        material_id: FromPath[UUID],
        user: NamedDependency[Principal],
        materials: NamedDependency[Shelf[Material]],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[MaterialRead]:
        """One material."""
        material = await materials.owned(user.id, material_id)
        return tagged(request, convert(material, MaterialRead), material.revision)

    @patch("/{material_id:uuid}", responses=errors(400, 401, 404, 412))
    async def update_material(
        self,
        material_id: FromPath[UUID],
        data: JSONBody[MaterialUpdate],
        user: NamedDependency[Principal],
        materials: NamedDependency[Shelf[Material]],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[MaterialRead]:
        """Change a material; what is missing stays."""
        material = await materials.owned(user.id, material_id, lock=True)
        check_if_match(request, material.revision)
        material = await materials.change(material, **asdict(data))
        return Response(convert(material, MaterialRead), headers={"ETag": etag(material.revision)})

    @delete("/{material_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_material(
        self, material_id: FromPath[UUID], user: NamedDependency[Principal], materials: NamedDependency[Shelf[Material]]
    ) -> None:
        """Delete a material; what was made with it stays."""
        await materials.remove(await materials.owned(user.id, material_id, lock=True))
