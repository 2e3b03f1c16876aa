from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import AccountExport, ExportStatus, User
from app.features.exports.schemas import Archived, ExportRead
from app.shared.exceptions import Conflict, NotFound
from app.shared.http import Page, Paging, convert
from app.shared.paging import paged

ORDERS = {"created_at": AccountExport.created_at, "expires_at": AccountExport.expires_at}
MOST_EXPORTS = 5


def export_folder(owner_id: UUID, export_id: UUID) -> str:
    return f"exports/{owner_id}/{export_id}"


class ExportService:
    """Exports of accounts. Whoever may see one may see everything."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def start(self, owner_id: UUID, days: int) -> AccountExport:
        await self.session.get_one(User, owner_id, with_for_update=True)
        kept = select(func.count()).where(
            AccountExport.owner_id == owner_id, AccountExport.status != ExportStatus.FAILED
        )
        if (await self.session.scalar(kept) or 0) >= MOST_EXPORTS:
            raise Conflict(f"You have {MOST_EXPORTS} exports; delete one that you don't need.", code="too_many_exports")
        export = AccountExport(owner_id=owner_id, expires_at=datetime.now(UTC) + timedelta(days=days))
        self.session.add(export)
        await self.session.flush()
        return export

    async def owned(self, owner_id: UUID, export_id: UUID) -> AccountExport:
        """One that can still be fetched, or will be."""
        mine = AccountExport.id == export_id, AccountExport.owner_id == owner_id
        export = await self.session.scalar(select(AccountExport).where(*mine, AccountExport.expires_at > func.now()))
        if export is None:
            raise NotFound("There is no such export; it may have expired. Ask for a new one.")
        return export

    async def page(self, owner_id: UUID, paging: Paging) -> Page[ExportRead]:
        query = select(AccountExport).where(AccountExport.owner_id == owner_id, AccountExport.expires_at > func.now())
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([convert(row, ExportRead) for row in found.items])

    async def publish(self, owner_id: UUID, export_id: UUID, made: Archived, days: int) -> bool:
        """From now on the ZIP can be fetched. False: the export was deleted meanwhile."""
        ready = update(AccountExport).where(AccountExport.id == export_id, AccountExport.owner_id == owner_id)
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "status": ExportStatus.READY, "storage_key": made.key, "size_bytes": made.size_bytes, "sha256": made.sha256,
            "file_count": made.file_count, "ready_at": now, "expires_at": now + timedelta(days=days),
        }  # fmt: skip
        return await self.session.scalar(ready.values(**values).returning(AccountExport.id)) is not None

    async def fail(self, export_id: UUID) -> None:
        pending = AccountExport.id == export_id, AccountExport.status == ExportStatus.PENDING
        await self.session.execute(update(AccountExport).where(*pending).values(status=ExportStatus.FAILED))

    async def remove(self, export: AccountExport) -> None:
        await self.session.execute(delete(AccountExport).where(AccountExport.id == export.id))

    async def expired(self, limit: int) -> list[AccountExport]:
        """Those that nobody may fetch any more, locked; others' locks are skipped."""
        query = select(AccountExport).where(AccountExport.expires_at <= func.now()).limit(limit)
        return list(await self.session.scalars(query.with_for_update(skip_locked=True)))
