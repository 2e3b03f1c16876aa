"""What a deleted source leaves behind in research briefs: nothing of its words."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceVersion
from app.features.research.service import read_claim
from app.features.research.settling import forget
from app.features.research.storing import BriefStore
from app.shared.evidence import anchor


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Take its quotes out of every brief; claims that nothing else carries are not found any more, and what was said on their
    strength is erased."""
    store = BriefStore(session)
    briefs = await store.citing(source_id)
    texts = list(await session.scalars(select(SourceVersion.text).where(SourceVersion.source_id == source_id)))
    for brief in briefs:
        claims = [read_claim(row) for row in brief.claims]
        gone = forget(claims, source_id)
        brief.rejected = [one for one in brief.rejected if not any(anchor(text, one["statement"]) for text in texts)]
        brief.manifest = {
            **brief.manifest,
            "sources": [one for one in brief.manifest.get("sources", []) if one["source_id"] != str(source_id)],
        }
        await store.follow(brief, claims, gone)
