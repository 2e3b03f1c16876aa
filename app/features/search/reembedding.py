"""New vectors for a project, by another model than made its old ones."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

WAITING = """
project_id = :project and embedding_model <> :model and next_embedding_model is distinct from :model
"""

TAKE_OVER = """
update retrievable_text chunk set next_embedding = known.embedding, next_embedding_model = known.embedding_model
from retrievable_text known
where chunk.project_id = :project and chunk.embedding_model <> :model
  and known.owner_id = chunk.owner_id and known.content_hash = chunk.content_hash and known.embedding_model = :model
"""

CHANGE_PLACES = """
update retrievable_text set embedding = next_embedding, embedding_model = next_embedding_model,
  next_embedding = null, next_embedding_model = null
where project_id = :project and next_embedding_model = :model
"""

OTHERS = """
select project.id, project.owner_id, project.engine, project.allow_external_models as external,
  array_agg(distinct chunk.embedding_model) as models
from retrievable_text chunk join projects project on project.id = chunk.project_id
where chunk.embedding_model is not null
group by project.id order by project.id
"""


class ReembeddingService:
    """The rows of a project that wait for a vector of another model."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def count_waiting(self, project_id: UUID, model: str) -> int:
        given = {"project": project_id, "model": model}
        return await self.session.scalar(text(f"select count(*) from retrievable_text where {WAITING}"), given) or 0

    async def waiting(self, project_id: UUID, model: str, limit: int) -> Sequence[tuple[UUID, str]]:
        query = f"select id, text from retrievable_text where {WAITING} order by id limit :limit"
        rows = await self.session.execute(text(query), {"project": project_id, "model": model, "limit": limit})
        return [(row.id, row.text) for row in rows]

    async def take_over(self, project_id: UUID, model: str) -> None:
        """Vectors that this model made of the same text of the same owner need not be made again."""
        await self.session.execute(text(TAKE_OVER), {"project": project_id, "model": model})

    async def store(self, rows: Sequence[tuple[UUID, np.ndarray]], model: str) -> None:
        raw = await (await self.session.connection()).get_raw_connection()
        await raw.driver_connection.executemany(  # type: ignore[union-attr]
            "update retrievable_text set next_embedding = $2, next_embedding_model = $3 where id = $1",
            [(chunk_id, vector, model) for chunk_id, vector in rows],
        )

    async def change_places(self, project_id: UUID, model: str) -> int:
        """Gives how many chunks have the new vectors now."""
        given = {"project": project_id, "model": model}
        changed: int = (await self.session.execute(text(CHANGE_PLACES), given)).rowcount  # type: ignore[attr-defined]
        return changed
