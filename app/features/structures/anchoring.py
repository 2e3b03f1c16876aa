"""What structures and idea checks quote from a source that was read anew: found again in its newest text, or marked
stale."""

from bisect import bisect_right

import msgspec
from sqlalchemy import Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, IdeaCheck, SourceVersion, Structure
from app.features.dna.quotes import Quote, with_quotes
from app.shared.evidence import Evidence, relocate


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every quote of the source stand in this version of its text."""
    source = await session.get(ContentSource, version.source_id)
    if source is None:
        return
    named, move = str(version.source_id), _Mover(version)
    structures = select(Structure).where(
        Structure.owner_id == source.owner_id,
        or_(cast(Structure.rationale, Text).contains(named), cast(Structure.hooks, Text).contains(named)),
    )
    for structure in (await session.scalars(structures.with_for_update())).all():
        structure.rationale = with_quotes(structure.rationale, move)
        structure.hooks = with_quotes(structure.hooks, move)
    checks = select(IdeaCheck).where(
        IdeaCheck.owner_id == source.owner_id, cast(IdeaCheck.similar, Text).contains(named)
    )
    for check in (await session.scalars(checks.with_for_update())).all():
        check.similar = with_quotes(check.similar, move)
    await session.flush()


class _Mover:
    def __init__(self, version: SourceVersion) -> None:
        self._source, self._number, self._text = str(version.source_id), version.number, version.text
        timed = [cue for cue in version.cues if cue["start_seconds"] is not None]
        self._starts = [cue["start"] for cue in timed]
        self._seconds = [cue["start_seconds"] for cue in timed]

    def __call__(self, quote: Quote) -> Quote:
        """What else is kept beside the quote stays; a stale one keeps the version that its span points into."""
        if quote["source_id"] != self._source or quote["quote"] is None:
            return quote
        moved = relocate(msgspec.convert(quote, Evidence), self._text, self._second_at)
        number = {} if moved.stale or "source_version" not in quote else {"source_version": self._number}
        return {**quote, **msgspec.to_builtins(moved), **number}

    def _second_at(self, place: int) -> float | None:
        index = bisect_right(self._starts, place) - 1
        return self._seconds[index] if index >= 0 else None
