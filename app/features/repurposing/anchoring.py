"""What repurposed scripts quote from a source that was read anew: found again in its newest text, or marked stale."""

from typing import Any

from msgspec import convert, to_builtins
from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Repurposing, SourceVersion
from app.features.repurposing.schemas import Part
from app.features.scripts.anchoring import moved
from app.features.sources.timeline import Timeline


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every citation of the source in every piece stand in this version of its text."""
    owner_id = await session.scalar(select(ContentSource.owner_id).where(ContentSource.id == version.source_id))
    query = select(Repurposing).where(
        Repurposing.owner_id == owner_id, cast(Repurposing.parts, Text).contains(str(version.source_id))
    )
    timeline = Timeline(version)
    for row in (await session.scalars(query.with_for_update())).all():
        parts = convert(row.parts, list[Part])
        for part in parts:
            part.citations = [moved(one, version, timeline) for one in part.citations]
        changed: list[Any] = to_builtins(parts)
        row.parts = changed
    await session.flush()
