"""Projects as they are listed, without a transaction."""

from uuid import UUID

from sqlalchemy import String, bindparam, or_, select

from app.db.models import Project, ProjectStatus
from app.features.projects.schemas import ProjectRead
from app.shared.http import Page, Paging
from app.shared.listing import Listing, columns_of
from app.shared.reads import Reads

ORDERS = {
    "created_at": Project.created_at,
    "updated_at": Project.updated_at,
    "title": Project.title,
    "status": Project.status,
}
_STATUS, _TITLE = bindparam("status", type_=String), bindparam("title", type_=String)
PROJECTS = Listing(
    select(*columns_of(Project, ProjectRead)).where(
        Project.owner_id == bindparam("owner_id"),
        or_(_STATUS.is_(None), Project.status == _STATUS),
        or_(_TITLE.is_(None), Project.title.ilike(_TITLE, escape="\\")),
    ),
    ORDERS,
    Project.id,
    lambda row: ProjectRead(*tuple(row)[:-1]),
)


async def list_projects(
    reads: Reads, owner_id: UUID, paging: Paging, search: str | None, status: ProjectStatus | None
) -> Page[ProjectRead]:
    """*search* matches anywhere in the title, whatever its case."""
    title = f"%{_literal(search)}%" if search else None
    return await PROJECTS.page(reads, paging, owner_id=owner_id, status=status and status.value, title=title)


def _literal(search: str) -> str:
    for special in ("\\", "%", "_"):
        search = search.replace(special, f"\\{special}")
    return search
