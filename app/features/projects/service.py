from collections.abc import Sequence
from uuid import UUID

from advanced_alchemy.filters import LimitOffset, OrderBy, SearchFilter
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Audience, ContentSource, DnaProfile, Project, ProjectStatus
from app.features.projects.schemas import ProjectCreate, ProjectUpdate
from app.shared.exceptions import NotFound
from app.shared.http import Paging

ORDERS = {"created_at", "updated_at", "title", "status"}


class ProjectService(SQLAlchemyAsyncRepositoryService[Project]):
    """Projects, each of them its owner's alone."""

    class Repository(SQLAlchemyAsyncRepository[Project]):
        model_type = Project

    repository_type = Repository

    async def start(self, owner_id: UUID, data: ProjectCreate) -> Project:
        await self._check_audience(owner_id, data.audience_id)
        return await self.create(Project(owner_id=owner_id, **asdict(data)))

    async def owned(self, owner_id: UUID, project_id: UUID, *, lock: bool = False) -> Project:
        """The project, if it is this owner's; locked, it waits for whoever is at it, uploads on their way included."""
        query = select(Project).where(Project.id == project_id, Project.owner_id == owner_id)
        session: AsyncSession = self.repository.session
        project = await session.scalar(query.with_for_update() if lock else query)
        if project is None:
            raise NotFound("There is no such project.")
        return project

    async def page(
        self, owner_id: UUID, paging: Paging, search: str | None, status: ProjectStatus | None
    ) -> tuple[Sequence[Project], int]:
        order = paging.order_by if paging.order_by in ORDERS else "created_at"
        filters = [Project.owner_id == owner_id]
        if status is not None:
            filters.append(Project.status == status)
        matching = [SearchFilter(field_name="title", value=_literal(search), ignore_case=True)] if search else []
        return await self.get_many_and_count(
            *filters,
            *matching,
            LimitOffset(paging.limit, paging.offset),
            OrderBy(field_name=order, sort_order=paging.sort_order),
            OrderBy(field_name="id", sort_order=paging.sort_order),
        )

    async def change(self, project: Project, data: ProjectUpdate) -> Project:
        given = {name: value for name, value in asdict(data).items() if value is not UNSET}
        if profile_id := given.get("dna_profile_id"):
            mine = select(DnaProfile.id).where(DnaProfile.id == profile_id, DnaProfile.owner_id == project.owner_id)
            if await self.repository.session.scalar(mine) is None:
                raise NotFound("There is no such DNA profile.")
        await self._check_audience(project.owner_id, given.get("audience_id"))
        for name, value in given.items():
            setattr(project, name, value)
        await self.repository.session.flush()
        return project

    async def _check_audience(self, owner_id: UUID, audience_id: UUID | None) -> None:
        if audience_id is None:
            return
        mine = select(Audience.id).where(Audience.id == audience_id, Audience.owner_id == owner_id)
        if await self.repository.session.scalar(mine) is None:
            raise NotFound("There is no such audience.")

    async def remove(self, project: Project) -> list[str]:
        """Delete the project with all that belongs to it; gives the storage keys that are left to delete."""
        keys = await self.repository.session.scalars(
            select(ContentSource.storage_key).where(ContentSource.project_id == project.id)
        )
        left = [key for key in keys if key]
        await self.repository.session.delete(project)
        await self.repository.session.flush()
        return left


def _literal(search: str) -> str:
    """The words as they are: % and _ stand for themselves."""
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
