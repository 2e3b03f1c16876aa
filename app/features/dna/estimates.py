"""What building a profile takes."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.features.dna import traits
from app.features.dna.schemas import ProfileCreate
from app.features.dna.service import DnaService
from app.shared.clients.llm import LLM
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.http import decode

PROMPT_TOKENS = estimate_tokens(traits.PROMPT.read_text(encoding="utf-8"))
CHARACTERS_A_WORD = 5.6
"""With the space after it, in English."""


async def estimate_profile(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:
    """One question over excerpts of the sources, repaired at most once."""
    wanted = decode(body, ProfileCreate)
    sources = await DnaService(session).usable_sources(project, wanted.source_ids)
    seconds = (1.0, 5.0 + len(sources))
    if not llm.writes:
        return [Work("generate", (0, 0), (0, 0), seconds)]
    characters = sum(
        min(traits.EXCERPT_CHARACTERS, source.word_count * CHARACTERS_A_WORD)
        for source in sources[: traits.MOST_SOURCES]
    )
    tokens = int(characters / 4) + PROMPT_TOKENS
    return [Work("generate", (tokens, 2 * tokens + 500), (400, 4_000), seconds)]


ESTIMATES = {"dna.build_profile": estimate_profile, "dna_profile": estimate_profile}
