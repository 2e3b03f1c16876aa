from uuid import UUID

from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Audience, ContentSource, DnaProfile, Project
from app.features.projects.schemas import ProjectCreate, ProjectUpdate
from app.shared.exceptions import NotFound


class ProjectService:
    """Projects, each of them its owner's alone."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def start(self, owner_id: UUID, data: ProjectCreate) -> Project:
        await self._check_audience(owner_id, data.audience_id)
        project = Project(owner_id=owner_id, **asdict(data))
        self.session.add(project)
        await self.session.flush()
        return project

    async def owned(self, owner_id: UUID, project_id: UUID, *, lock: bool = False) -> Project:
        """The project, if it is this owner's; locked, it waits for whoever is at it, uploads on their way included."""
        query = select(Project).where(Project.id == project_id, Project.owner_id == owner_id)
        project = await self.session.scalar(query.with_for_update() if lock else query)
        if project is None:
            raise NotFound("There is no such project.")
        return project

    async def change(self, project: Project, data: ProjectUpdate) -> Project:
        given = {name: value for name, value in asdict(data).items() if value is not UNSET}
        if profile_id := given.get("dna_profile_id"):
            mine = select(DnaProfile.id).where(DnaProfile.id == profile_id, DnaProfile.owner_id == project.owner_id)
            if await self.session.scalar(mine) is None:
                raise NotFound("There is no such DNA profile.")
        await self._check_audience(project.owner_id, given.get("audience_id"))
        for name, value in given.items():
            setattr(project, name, value)
        await self.session.flush()
        return project

    async def _check_audience(self, owner_id: UUID, audience_id: UUID | None) -> None:
        if audience_id is None:
            return
        mine = select(Audience.id).where(Audience.id == audience_id, Audience.owner_id == owner_id)
        if await self.session.scalar(mine) is None:
            raise NotFound("There is no such audience.")

    async def remove(self, project: Project) -> list[str]:
        """Delete the project with all that belongs to it; gives the storage keys that are left to delete."""
        keys = await self.session.scalars(
            select(ContentSource.storage_key).where(ContentSource.project_id == project.id)
        )
        left = [key for key in keys if key]
        await self.session.delete(project)
        await self.session.flush()
        return left
