from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import AuditEvent
from app.features.operations.schemas import AuditEventRead
from app.shared.http import Page, Paging, convert
from app.shared.paging import paged

ORDERS = {"created_at": AuditEvent.created_at}


class AuditService:
    """The audit log as operators read it."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(
        self,
        paging: Paging,
        actor_id: UUID | None = None,
        action: str | None = None,
        target_id: UUID | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Page[AuditEventRead]:
        query = select(AuditEvent)
        wanted = ((AuditEvent.actor_id, actor_id), (AuditEvent.action, action), (AuditEvent.target_id, target_id))
        for column, value in wanted:
            if value is not None:
                query = query.where(column == value)
        if start is not None:
            query = query.where(AuditEvent.created_at >= start)
        if end is not None:
            query = query.where(AuditEvent.created_at < end)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([convert(row, AuditEventRead) for row in found.items])
