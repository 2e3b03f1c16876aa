"""What making structures and checking an idea take."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.features.structures.choosing import OPTIONS
from app.features.structures.drafting import MOST_CLAIMS, ask
from app.features.structures.frameworks import blueprints
from app.features.structures.gathering import gather
from app.features.structures.idea_checks import IdeaCheckService
from app.features.structures.idea_pipelines import MOST_HITS, MOST_REFERENCES
from app.features.structures.judging import PROMPT as IDEA_PROMPT
from app.features.structures.material import ranked
from app.features.structures.options import chosen_frameworks
from app.features.structures.schemas import IdeaCheckCreate, StructureCreate
from app.features.structures.service import StructureService
from app.shared.clients.llm import LLM, render
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.http import decode

OUTLINE_TOKENS = (700, 1_800)
"""Of one option in an answer."""
CHUNK_TOKENS = 260


async def estimate_structures(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:
    """One question over the claims that there are, repaired at most once."""
    wanted = decode(body, StructureCreate)
    research_id = await StructureService(session).wanted(project, wanted.research_id, wanted.framework)
    seconds = (0.2, 3.0)
    if not llm.writes:
        return [Work("generate", (0, 0), (0, 0), seconds)]
    material = await gather(session, project.id, research_id, project.dna_profile_id)
    chosen = [blueprints()[one] for one in chosen_frameworks(material, wanted.framework)]
    claims = [one.id for one in ranked(material.statements)][:MOST_CLAIMS]
    tokens = render(ask(chosen, material, claims)).tokens
    least, most = OUTLINE_TOKENS
    return [Work("generate", (tokens, 2 * tokens + OPTIONS * most), (OPTIONS * least, 2 * OPTIONS * most), seconds)]


async def estimate_idea_check(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:
    """One question over the passages that the search may find, repaired at most once."""
    wanted = decode(body, IdeaCheckCreate)
    brief = await IdeaCheckService(session).brief(project.id)
    seconds = (0.2, 5.0)
    if not llm.writes:
        return [Work("generate", (0, 0), (0, 0), seconds)]
    told = estimate_tokens(IDEA_PROMPT.read_text(encoding="utf-8")) + estimate_tokens(wanted.idea)
    chunks = MOST_REFERENCES * bool(brief.references) + MOST_HITS * bool(brief.own_sources)
    most = told + chunks * CHUNK_TOKENS
    embedded = estimate_tokens(wanted.idea) if llm.semantic else 0
    return [
        Work("generate", (told, 2 * most + 2_000), (200, 4_000), seconds),
        Work("embed", (embedded, 12 * embedded), (0, 0), (0.0, 1.0)),
    ]


ESTIMATES = {
    "structures.make_structures": estimate_structures,
    "structures": estimate_structures,
    "structures.check_idea": estimate_idea_check,
    "idea_check": estimate_idea_check,
}
