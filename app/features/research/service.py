"""temporary"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.db.models import ResearchBrief, ResearchClaim
from app.features.research.schemas import CitationRead, ClaimRead
from app.shared.evidence import Span


class ResearchService:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def newest(self, project_id: UUID) -> ResearchBrief | None:
        brief: ResearchBrief | None = await self.session.scalar(
            select(ResearchBrief)
            .where(ResearchBrief.project_id == project_id)
            .order_by(ResearchBrief.created_at.desc())
            .limit(1)
        )
        return brief

    async def claims(self, research_id: UUID) -> list[ClaimRead]:
        rows = await self.session.scalars(
            select(ResearchClaim)
            .where(ResearchClaim.brief_id == research_id)
            .options(selectinload(ResearchClaim.citations))
            .order_by(ResearchClaim.ordinal)
        )
        return [
            ClaimRead(
                c.id,
                c.text,
                c.status,
                c.sub_question,
                [
                    CitationRead(
                        x.source_id,
                        x.source_version,
                        x.chunk_id,
                        x.quote,
                        Span(x.span_start, x.span_end),
                        x.page,
                        x.start_seconds,
                        x.stance,
                        x.stale,
                        x.source_deleted,
                    )
                    for x in c.citations
                ],
            )
            for c in rows
        ]
