"""What briefs quote from a source that was read anew: found again in its newest text, or marked stale."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceVersion
from app.features.research.ground import Ground
from app.features.research.service import read_claim
from app.features.research.storing import BriefStore


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every quote of the source stand in this version of its text."""
    store, ground = BriefStore(session), Ground(version)
    for brief in await store.citing(version.source_id):
        claims = [read_claim(row) for row in brief.claims]
        for one in (one for claim in claims for one in claim.citations if one.source_id == version.source_id):
            ground.follow(one)
        await store.follow(brief, claims)
