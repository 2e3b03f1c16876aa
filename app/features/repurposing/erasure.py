"""What a deleted source leaves behind in repurposed scripts: nothing of its quotes, and sentences that say they rest on
nothing."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from msgspec import convert, to_builtins
from msgspec.structs import replace
from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Repurposing
from app.features.repurposing.schemas import Part
from app.shared.evidence import Span


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """The piece's own words stay, as the script's do; what was left out of it may be the source's words and goes."""
    owner_id = await session.scalar(select(ContentSource.owner_id).where(ContentSource.id == source_id))
    query = select(Repurposing).where(
        Repurposing.owner_id == owner_id, cast(Repurposing.parts, Text).contains(str(source_id))
    )
    for row in (await session.scalars(query.with_for_update())).all():
        parts = convert(row.parts, list[Part])
        living = {one.source_id for part in parts for one in part.citations} - {source_id}
        changed: list[Any] = to_builtins([without_sources(part, living) for part in parts])
        row.parts = changed
        row.rejected = [{**one, "statement": ""} for one in row.rejected]
    await session.flush()


def without_sources(part: Part, living: Collection[UUID]) -> Part:
    """The part where what cites any other source says that it was deleted; a sentence that no other citation carries is
    unsupported then."""
    if all(one.source_id in living for one in part.citations):
        return part
    citations = [
        one if one.source_id in living else replace(one, quote=None, source_deleted=True) for one in part.citations
    ]
    carried = [one.span for one in citations if not one.source_deleted]
    bare = dict.fromkeys(one.span for one in citations if one.source_deleted)
    lost = [span for span in bare if not any(_touch(span, other) for other in (*carried, *part.unsupported))]
    unsupported = sorted([*part.unsupported, *lost], key=lambda span: span.start)
    return replace(part, citations=citations, unsupported=unsupported)


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
