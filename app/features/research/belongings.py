"""A research brief in the export of an account: for programs, and to be read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Project, ResearchBrief, ResearchClaim
from app.features.research.markdown import write_markdown
from app.features.research.schemas import ResearchRead
from app.features.research.service import ResearchService, read_brief, read_claim
from app.shared.belongings import Belonging, Written, folder, project_folder


async def belongings(session: AsyncSession, owner_id: UUID) -> AsyncIterator[Belonging]:
    service = ResearchService(session)
    sources = select(ContentSource.id, ContentSource.title).where(ContentSource.owner_id == owner_id)
    titles = {row.id: row.title for row in await session.execute(sources)}
    briefs = select(ResearchBrief.id, Project.title).join(Project, Project.id == ResearchBrief.project_id)
    for brief_id, title in (await session.execute(briefs.where(ResearchBrief.owner_id == owner_id))).all():
        brief = await service.owned(owner_id, brief_id)
        claims = await service.claim_rows(brief.id)
        session.expunge_all()
        place = f"{project_folder(title, brief.project_id)}/research/{folder(brief.question, brief.id)}"
        yield Written.of_json(f"{place}.json", partial(_read, brief, claims))
        yield Written.of_text(f"{place}.md", partial(_readable, brief, claims, titles))


def _read(brief: ResearchBrief, claims: Sequence[ResearchClaim]) -> ResearchRead:
    return read_brief(brief, [read_claim(row) for row in claims])


def _readable(brief: ResearchBrief, claims: Sequence[ResearchClaim], titles: Mapping[UUID, str]) -> str:
    return write_markdown(_read(brief, claims), titles)
