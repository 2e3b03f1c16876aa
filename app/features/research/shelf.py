"""The passages that research reads, and the texts that its quotes stand in."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import RetrievableText, SourceVersion
from app.features.research.ground import Ground
from app.features.research.material import Found, PlannedSource
from app.features.research.passages import Passage
from app.shared.evidence import Span


class Shelf:
    """The planned versions of a project's sources."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all_chunks(self, sources: Sequence[PlannedSource]) -> list[Found]:
        """Every passage of the planned versions, in the order of the sources."""
        place = {one.source_id: number for number, one in enumerate(sources)}
        rows = await self._chunks(RetrievableText.source_id.in_(list(place)), sources)
        return sorted(rows, key=lambda one: (place[one.source_id], one.span.start))

    async def found_chunks(self, sources: Sequence[PlannedSource], chunk_ids: Sequence[UUID]) -> list[Found]:
        """The passages with these ids in their order, as far as they are of the planned versions."""
        rows = await self._chunks(RetrievableText.id.in_(chunk_ids), sources)
        by_id = {one.chunk_id: one for one in rows}
        return [by_id[chunk_id] for chunk_id in chunk_ids if chunk_id in by_id]

    async def _chunks(self, which: Any, sources: Sequence[PlannedSource]) -> list[Found]:
        versions = {one.source_id: one.version for one in sources}
        rows = await self.session.execute(
            select(
                RetrievableText.id, RetrievableText.source_id, RetrievableText.version, RetrievableText.span_start,
                RetrievableText.span_end, RetrievableText.heading_path,
            ).where(which)
        )  # fmt: skip
        return [
            Found(row.id, row.source_id, row.version, Span(row.span_start, row.span_end), " > ".join(row.heading_path))
            for row in rows
            if versions.get(row.source_id) == row.version
        ]

    async def passages(self, found: Sequence[Found]) -> list[Passage]:
        """The words of the passages, from the versions that they were found in. Those of deleted sources are gone."""
        texts = {
            key: ground.text
            for key, ground in (await self.grounds((one.source_id, one.version) for one in found)).items()
        }
        return [
            Passage(one.chunk_id, one.source_id, one.version, one.span.of(text), one.span, one.heading)
            for one in found
            if (text := texts.get((one.source_id, one.version))) is not None
        ]

    async def grounds(self, wanted: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], Ground]:
        keys = set(wanted)
        if not keys:
            return {}
        same = or_(
            *(and_(SourceVersion.source_id == source_id, SourceVersion.number == number) for source_id, number in keys)
        )
        return {
            (row.source_id, row.number): Ground(row)
            for row in await self.session.scalars(select(SourceVersion).where(same))
        }


def search_words(question: str) -> str:
    """The question as search takes it: its quotation marks and dashes ask for nothing special."""
    return re.sub(r"(?<!\S)-+|[\"“”„]", " ", question)[:900]
