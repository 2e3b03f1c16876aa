"""What profiles quote from a source that was read anew: found again in its newest text, or marked stale."""

from bisect import bisect_right

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DnaProfile, DnaProfileSource, SourceVersion
from app.features.dna.quotes import Quote, with_quotes
from app.shared.evidence import Evidence, relocate


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every quote of the source in every profile stand in this version of its text."""
    built = select(DnaProfileSource.profile_id).where(DnaProfileSource.source_id == version.source_id)
    move = _Mover(version)
    for profile in await session.scalars(select(DnaProfile).where(DnaProfile.id.in_(built)).with_for_update()):
        for name in ("signals", "catchphrases", "traits", "exemplars", "structure"):
            setattr(profile, name, with_quotes(getattr(profile, name), move))
    await session.flush()


class _Mover:
    def __init__(self, version: SourceVersion) -> None:
        self._source, self._text = str(version.source_id), version.text
        timed = [cue for cue in version.cues if cue["start_seconds"] is not None]
        self._starts = [cue["start"] for cue in timed]
        self._seconds = [cue["start_seconds"] for cue in timed]

    def __call__(self, quote: Quote) -> Quote:
        if quote["source_id"] != self._source:
            return quote
        moved: Quote = msgspec.to_builtins(relocate(msgspec.convert(quote, Evidence), self._text, self._second_at))
        return moved

    def _second_at(self, place: int) -> float | None:
        index = bisect_right(self._starts, place) - 1
        return self._seconds[index] if index >= 0 else None
