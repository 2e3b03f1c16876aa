"""What a deleted source leaves behind in safety reports: nothing of its words."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.safety.quoting import change_reports, forgotten


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Take the source's quotes out of every report; what rested on it says so."""
    await change_reports(session, source_id, forgotten(str(source_id)))
