"""A project's own file in the export of an account."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.features.projects.schemas import ProjectRead
from app.shared.belongings import Belonging, Written, project_folder
from app.shared.http import convert


async def belongings(session: AsyncSession, owner_id: UUID) -> AsyncIterator[Belonging]:
    for project in await session.scalars(select(Project).where(Project.owner_id == owner_id).order_by(Project.id)):
        name = f"{project_folder(project.title, project.id)}/project.json"
        yield Written.of_json(name, partial(convert, project, ProjectRead))
