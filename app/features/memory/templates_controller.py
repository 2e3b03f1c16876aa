from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.memory.schemas import TemplateCreate, TemplateRead, TemplateUpdate
from app.features.memory.service import TemplateService
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


def provide_templates(session: NamedDependency[AsyncSession]) -> TemplateService:
    return TemplateService(session)


class TemplateController(Controller):
    path = "/templates"
    tags = ["memory"]
    dependencies = {"templates": Provide(provide_templates, sync_to_thread=False)}

    @post(responses=errors(400, 401, 404, 422))
    async def create_template(
        self,
        data: JSONBody[TemplateCreate],
        user: NamedDependency[Principal],
        templates: NamedDependency[TemplateService],
    ) -> Response[TemplateRead]:
        """Keep settings for new projects."""
        template = await templates.set(user.id, data)
        headers = {"ETag": etag(template.revision), "Location": f"/api/v1/templates/{template.id}"}
        return Response(convert(template, TemplateRead), status_code=201, headers=headers)

    @get(responses=errors(400, 401))
    async def list_templates(
        self,
        user: NamedDependency[Principal],
        templates: NamedDependency[TemplateService],
        paging: NamedDependency[Paging],
    ) -> Page[TemplateRead]:
        """Your settings templates, newest first."""
        return await templates.shelf.page(user.id, paging, TemplateRead)

    @get("/{template_id:uuid}", responses=errors(401, 404))
    async def get_template(
        self,
        template_id: FromPath[UUID],
        user: NamedDependency[Principal],
        templates: NamedDependency[TemplateService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[TemplateRead]:
        """One template."""
        template = await templates.shelf.owned(user.id, template_id)
        return tagged(request, convert(template, TemplateRead), template.revision)

    @patch("/{template_id:uuid}", responses=errors(400, 401, 404, 412))
    async def update_template(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[TemplateUpdate],
        user: NamedDependency[Principal],
        templates: NamedDependency[TemplateService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[TemplateRead]:
        """Change a template; `settings` are replaced as a whole."""
        template = await templates.shelf.owned(user.id, template_id, lock=True)
        check_if_match(request, template.revision)
        template = await templates.change(template, data)
        return Response(convert(template, TemplateRead), headers={"ETag": etag(template.revision)})

    @delete("/{template_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_template(
        self, template_id: FromPath[UUID], user: NamedDependency[Principal], templates: NamedDependency[TemplateService]
    ) -> None:
        """Delete a template; projects stay as they are."""
        await templates.shelf.remove(await templates.shelf.owned(user.id, template_id, lock=True))
