"""What profiles quote from a source that was read anew: found again in its newest text, or marked stale."""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DnaProfile, DnaProfileSource, SourceVersion
from app.features.dna.quotes import Quote, with_quotes
from app.features.sources.timeline import Timeline
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
        self._timeline = Timeline(version)

    def __call__(self, quote: Quote) -> Quote:
        if quote["source_id"] != self._source:
            return quote
        moved: Quote = msgspec.to_builtins(
            relocate(msgspec.convert(quote, Evidence), self._text, self._timeline.second_at)
        )
        return moved
