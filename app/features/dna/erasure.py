"""What a deleted source leaves behind in profiles: nothing of its words."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DnaProfile, DnaProfileSource
from app.features.dna.quotes import Quote, with_quotes
from app.features.dna.traits import FEWEST_QUOTES


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Take the source's quotes out of every profile that was built from it; the numbers stay. What is left without
    enough quotes is no longer said."""
    built = select(DnaProfileSource.profile_id).where(DnaProfileSource.source_id == source_id)
    for profile in await session.scalars(select(DnaProfile).where(DnaProfile.id.in_(built)).with_for_update()):
        gone = str(source_id)

        def stays(quote: Quote, gone: str = gone) -> Quote | None:
            return None if quote["source_id"] == gone else quote

        profile.signals = [_without_curve(signal, gone) for signal in with_quotes(profile.signals, stays)]
        profile.structure = with_quotes(profile.structure, stays)
        profile.exemplars = [one for one in with_quotes(profile.exemplars, stays) if one["evidence"]]
        profile.catchphrases = [one for one in with_quotes(profile.catchphrases, stays) if one["examples"]]
        traits = with_quotes(profile.traits, stays)
        profile.traits = [trait for trait in traits if len(trait["evidence"]) >= FEWEST_QUOTES]
        dropped = [trait["name"] for trait in traits if len(trait["evidence"]) < FEWEST_QUOTES]
        profile.rejected = [
            *profile.rejected,
            *({"statement": name, "reason": "a source that it was quoted from was deleted"} for name in dropped),
        ]
    await session.flush()


def _without_curve(signal: dict[str, Any], gone: str) -> dict[str, Any]:
    if not (curve := signal.get("curve")):
        return signal
    return {**signal, "curve": {**curve, "sources": [one for one in curve["sources"] if one["source_id"] != gone]}}
