"""What a script may be begun from: a structure, research, sources, the creator's stories."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import (
    ContentSource,
    Material,
    MaterialKind,
    Project,
    ResearchBrief,
    SourceRole,
    SourceStatus,
    SourceVersion,
    Structure,
)
from app.features.research.service import ResearchService
from app.features.scripts.plan import Story
from app.shared.exceptions import NotFound, Unprocessable

MOST_STORIES = 3


class Beginnings:
    """All of it is looked for in the project and with its owner."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def structure(self, project: Project, structure_id: UUID | None) -> Structure | None:
        """The one that is named, else the one that was chosen last."""
        query = select(Structure).where(Structure.owner_id == project.owner_id, Structure.project_id == project.id)
        if structure_id is None:
            selected = query.where(Structure.selected_at.is_not(None)).order_by(Structure.selected_at.desc())
            return await self.session.scalar(selected.limit(1))
        structure = await self.session.scalar(query.where(Structure.id == structure_id))
        if structure is None:
            raise NotFound("There is no such structure in this project.")
        return structure

    async def research(self, project: Project, research_id: UUID | None) -> ResearchBrief | None:
        """The one that is named, else the newest."""
        if research_id is None:
            return await ResearchService(self.session).newest(project.id)
        query = select(ResearchBrief).where(
            ResearchBrief.id == research_id,
            ResearchBrief.owner_id == project.owner_id,
            ResearchBrief.project_id == project.id,
        )
        brief = await self.session.scalar(query)
        if brief is None:
            raise NotFound("There is no such research brief in this project.")
        return brief

    async def require_material(self, project: Project) -> None:
        """Without structure and research there must be sources at least."""
        ready = select(ContentSource.id).where(
            ContentSource.project_id == project.id, ContentSource.status == SourceStatus.READY
        )
        if await self.session.scalar(ready.limit(1)) is None:
            raise Unprocessable(
                "There is nothing to write from: add sources and wait until they are ready, or make a structure first.",
                code="no_ready_sources",
            )

    async def stories(self, project: Project) -> list[Story]:
        """The project's story sources, then the creator's saved stories."""
        rows = await self.session.execute(
            select(ContentSource.id, ContentSource.title, SourceVersion.number, SourceVersion.text)
            .join(SourceVersion, SourceVersion.source_id == ContentSource.id)
            .where(
                ContentSource.project_id == project.id,
                ContentSource.role == SourceRole.STORY,
                ContentSource.status == SourceStatus.READY,
                SourceVersion.number == ContentSource.version,
            )
            .order_by(ContentSource.created_at)
            .limit(MOST_STORIES)
        )
        found = [Story(row.title, row.text, row.id, row.number) for row in rows]
        saved = select(Material).where(Material.owner_id == project.owner_id, Material.kind == MaterialKind.STORY)
        materials: Any = await self.session.scalars(saved.order_by(Material.created_at.desc()).limit(MOST_STORIES))
        return [*found, *(Story(one.title, one.text) for one in materials)][:MOST_STORIES]
