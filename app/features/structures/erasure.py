"""What a deleted source leaves behind in structures and idea checks: nothing of its words."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, IdeaCheck, ResearchBrief, ResearchCitation, ResearchClaim, Stance, Structure
from app.features.dna.quotes import Quote, with_quotes
from app.features.structures.frameworks import blueprints


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Hooks in its words go, with the choice of one; claims that nothing else carries leave their sections; reasons stay as
    far as a quote is left that shows them."""
    gone = str(source_id)
    source = await session.get(ContentSource, source_id)
    if source is None:
        return
    cited = select(ResearchClaim.brief_id).join(ResearchCitation).where(ResearchCitation.source_id == source_id)
    query = select(Structure).where(
        Structure.owner_id == source.owner_id,
        or_(
            Structure.research_id.in_(cited),
            cast(Structure.hooks, Text).contains(gone),
            cast(Structure.rationale, Text).contains(gone),
        ),
    )
    for structure in (await session.scalars(query.with_for_update())).all():
        await _forget(session, structure, gone)
    checks = select(IdeaCheck).where(
        IdeaCheck.owner_id == source.owner_id, cast(IdeaCheck.similar, Text).contains(gone)
    )
    for check in (await session.scalars(checks.with_for_update())).all():
        check.similar = [_emptied(one) if one["source_id"] == gone else one for one in check.similar]
    await session.flush()


async def _forget(session: AsyncSession, structure: Structure, gone: str) -> None:
    def stays(quote: Quote) -> Quote | None:
        return None if quote["source_id"] == gone else quote

    alive = await _alive(session, structure.research_id, UUID(gone))
    structure.sections = _sections(structure, alive)
    kept = [one for one in structure.hooks if gone not in one["sources"] and alive.issuperset(one["claim_ids"])]
    structure.hooks = with_quotes(kept, stays)
    if structure.hook_id is not None and str(structure.hook_id) not in {one["id"] for one in kept}:
        structure.hook_id = None
    structure.rationale = [
        new
        for old, new in zip(structure.rationale, with_quotes(structure.rationale, stays), strict=True)
        if new["evidence"] or not old["evidence"]
    ]
    structure.rejected = [{**one, "statement": ""} for one in structure.rejected]


def _sections(structure: Structure, alive: set[str]) -> list[dict[str, Any]]:
    """A section that loses claims is called again what the framework calls it: its title may be in their words."""
    beats = blueprints()[structure.framework].beats if structure.framework in blueprints() else ()
    kept = []
    for number, section in enumerate(structure.sections):
        claims = [claim for claim in section["claim_ids"] if claim in alive]
        plain = {}
        if claims != section["claim_ids"] and number < len(beats):
            plain = {"title": beats[number].title, "purpose": beats[number].purpose}
        kept.append({**section, **plain, "claim_ids": claims})
    return kept


async def _alive(session: AsyncSession, research_id: UUID | None, gone: UUID) -> set[str]:
    """The claims of the brief that another source carries too."""
    if research_id is None:
        return set()
    carried = (
        select(ResearchClaim.id)
        .join(ResearchCitation)
        .join(ResearchBrief, ResearchBrief.id == ResearchClaim.brief_id)
        .where(
            ResearchBrief.id == research_id,
            ResearchCitation.source_id != gone,
            ResearchCitation.source_deleted.is_(False),
            ResearchCitation.stance == Stance.SUPPORTS,
        )
    )
    return {str(claim) for claim in await session.scalars(carried)}


def _emptied(passage: dict[str, Any]) -> dict[str, Any]:
    """That something was said before stays known; its words and its title don't."""
    return {**passage, "quote": None, "source_title": "", "source_deleted": True}
