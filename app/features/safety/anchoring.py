"""What safety reports quote from a source that was read anew."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceVersion
from app.features.safety.quoting import change_reports, moved


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every quote of the source in every report stand in this version of its text."""
    await change_reports(session, version.source_id, moved(version))
