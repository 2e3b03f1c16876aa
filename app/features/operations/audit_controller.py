from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.operations.audit import AuditService
from app.features.operations.schemas import AuditEventRead
from app.shared.http import Page, Paging, ShortText
from app.shared.moments import From, To, moment_of
from app.shared.openapi import errors


class AuditController(Controller):
    path = "/admin/audit"
    tags = ["operations"]
    opt = {"operator": True}

    @get(responses=errors(400, 401, 403))
    async def list_audit_events(
        self,
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
        actor_id: FromQuery[UUID | None] = None,
        action: ShortText = None,
        target_id: FromQuery[UUID | None] = None,
        start: From = None,
        end: To = None,
    ) -> Page[AuditEventRead]:
        """Who did what to what, when and from where, newest first. Nothing here can be changed."""
        between = moment_of("from", start), moment_of("to", end)
        return await AuditService(session).page(paging, actor_id, action, target_id, *between)
