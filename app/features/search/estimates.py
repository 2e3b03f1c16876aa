"""What embedding a project anew takes."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.features.search.reembedding import WAITING
from app.shared.clients.llm import LLM
from app.shared.estimates import Work

CHARACTERS_A_TOKEN = 4.0
CHUNKS_A_SECOND = 500


async def estimate_reembedding(session: AsyncSession, llm: LLM, project: Project, _: dict[str, Any]) -> list[Work]:
    """Each chunk that another model embedded is sent once."""
    query = (
        f"select count(*) as chunks, coalesce(sum(length(text)), 0) as characters from retrievable_text where {WAITING}"
    )
    found = (await session.execute(text(query), {"project": project.id, "model": llm.embedding_model})).one()
    tokens = int(found.characters / CHARACTERS_A_TOKEN) if llm.semantic else 0
    return [Work("embed", (tokens * 3 // 4, tokens * 5 // 4), (0, 0), (0.5, 2 + found.chunks / CHUNKS_A_SECOND))]


ESTIMATES = {"search.reembed_project": estimate_reembedding, "reembed": estimate_reembedding}
