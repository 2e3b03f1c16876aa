"""What the writing of a script reads from the database, in one short transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, DnaProfile, Project, Script
from app.features.memory.audiences import described
from app.features.memory.preferences import Rule, rules_for
from app.features.research.schemas import ClaimRead
from app.features.scripts.service import ScriptService
from app.features.scripts.voice import Voice
from app.shared.exceptions import NotFound


class Material(Struct):
    """`claims` by the label that a draft cites them with."""

    script: Script
    language: str
    claims: dict[str, ClaimRead]
    profile: DnaProfile | None
    voice: Voice | None
    rules: list[Rule]
    titles: dict[str, str]
    audience: str

    def chosen(self, labels: Mapping[str, UUID]) -> dict[str, ClaimRead]:
        """The claims of a section; one whose source was deleted meanwhile is not among them."""
        by_id = {claim.id: claim for claim in self.claims.values()}
        return {label: by_id[claim_id] for label, claim_id in labels.items() if claim_id in by_id}


async def gather(session: AsyncSession, script_id: UUID) -> Material:
    script = await session.get(Script, script_id)
    if script is None:
        raise NotFound("The script was deleted while it was worked on.", code="script_deleted")
    service = ScriptService(session)
    claims = await service.claims(script)
    project = await session.get_one(Project, script.project_id)
    sources = {one.source_id for claim in claims for one in claim.citations}
    profile = await session.get(DnaProfile, script.dna_profile_id) if script.dna_profile_id else None
    return Material(
        script=script,
        language=project.language or (profile.language if profile else "en"),
        claims={f"C{number}": claim for number, claim in enumerate(claims, 1)},
        profile=profile,
        voice=await service.voice(script),
        rules=await rules_for(session, script.owner_id),
        titles=await service.titles(script.owner_id, sorted(sources)),
        audience=await described(session, project),
    )


async def living(session: AsyncSession, source_ids: Sequence[UUID]) -> set[UUID]:
    """Which of the sources are still there, and stay until this transaction ends."""
    query = select(ContentSource.id).where(ContentSource.id.in_(source_ids)).order_by(ContentSource.id)
    query = query.with_for_update(read=True, key_share=True)
    return set(await session.scalars(query))
