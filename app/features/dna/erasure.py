"""What a deleted source leaves behind in profiles: nothing of its words."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DnaProfile, DnaProfileSource
from app.features.dna.traits import FEWEST_QUOTES


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Take the source's quotes out of every profile that was built from it; the numbers stay. What is left without
    enough quotes is no longer said."""
    built = select(DnaProfileSource.profile_id).where(DnaProfileSource.source_id == source_id)
    for profile in await session.scalars(select(DnaProfile).where(DnaProfile.id.in_(built)).with_for_update()):
        gone = str(source_id)
        profile.signals = [_signal_without(signal, gone) for signal in profile.signals]
        profile.exemplars = [one for one in profile.exemplars if one["evidence"]["source_id"] != gone]
        phrases = [{**phrase, "examples": _left(phrase["examples"], gone)} for phrase in profile.catchphrases]
        profile.catchphrases = [phrase for phrase in phrases if phrase["examples"]]
        traits = [{**trait, "evidence": _left(trait["evidence"], gone)} for trait in profile.traits]
        profile.traits = [trait for trait in traits if len(trait["evidence"]) >= FEWEST_QUOTES]
        dropped = [trait["name"] for trait in traits if len(trait["evidence"]) < FEWEST_QUOTES]
        profile.rejected = [
            *profile.rejected,
            *({"statement": name, "reason": "a source that it was quoted from was deleted"} for name in dropped),
        ]
    await session.flush()


def _signal_without(signal: dict[str, Any], gone: str) -> dict[str, Any]:
    left = {**signal, "examples": _left(signal["examples"], gone)}
    if curve := signal.get("curve"):
        left["curve"] = {**curve, "sources": _left(curve["sources"], gone)}
    return left


def _left(quotes: list[dict[str, Any]], gone: str) -> list[dict[str, Any]]:
    return [quote for quote in quotes if quote["source_id"] != gone]
