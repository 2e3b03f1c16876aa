"""What profiles quote from a source that was read anew: found again in its newest text, or marked stale."""

from bisect import bisect_right
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DnaProfile, DnaProfileSource, SourceVersion
from app.shared.evidence import Evidence, relocate


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every quote of the source in every profile stand in this version of its text."""
    built = select(DnaProfileSource.profile_id).where(DnaProfileSource.source_id == version.source_id)
    move = _Mover(version)
    for profile in await session.scalars(select(DnaProfile).where(DnaProfile.id.in_(built)).with_for_update()):
        for name in ("signals", "catchphrases"):
            setattr(profile, name, [{**one, "examples": move.all(one["examples"])} for one in getattr(profile, name)])
        profile.traits = [{**trait, "evidence": move.all(trait["evidence"])} for trait in profile.traits]
        profile.exemplars = [{**one, "evidence": move.one(one["evidence"])} for one in profile.exemplars]
    await session.flush()


class _Mover:
    def __init__(self, version: SourceVersion) -> None:
        self._source, self._text = str(version.source_id), version.text
        timed = [cue for cue in version.cues if cue["start_seconds"] is not None]
        self._starts = [cue["start"] for cue in timed]
        self._seconds = [cue["start_seconds"] for cue in timed]

    def all(self, quotes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self.one(quote) for quote in quotes]

    def one(self, quote: dict[str, Any]) -> dict[str, Any]:
        if quote["source_id"] != self._source:
            return quote
        moved: dict[str, Any] = msgspec.to_builtins(
            relocate(msgspec.convert(quote, Evidence), self._text, self._second_at)
        )
        return moved

    def _second_at(self, place: int) -> float | None:
        index = bisect_right(self._starts, place) - 1
        return self._seconds[index] if index >= 0 else None
