"""What writing and revising a script take."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.features.scripts import writing
from app.features.scripts.plan import USUAL_MINUTES
from app.features.scripts.schemas import RevisionCreate, ScriptCreate
from app.features.scripts.speech import USUAL_PACE
from app.shared.clients.llm import LLM
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.http import decode

TOKENS_A_WORD = 1.4
MATERIAL_TOKENS = (800, 5_000)
"""Of voice, exemplars, rules and claims with each section."""
USUAL_SECTIONS = (4, 10)


async def estimate_script(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:  # noqa: ARG001
    """A call for each section, at most two, and one over the whole."""
    wanted = decode(body, ScriptCreate)
    words = (wanted.target_minutes or project.target_minutes or USUAL_MINUTES) * USUAL_PACE
    if not llm.writes:
        return [Work("generate", (0, 0), (0, 0), (1.0, 5.0 + words / 500))]
    told = estimate_tokens(writing.prompt(writing.WRITE))
    said = int(words * TOKENS_A_WORD)
    low = USUAL_SECTIONS[0] * (told + MATERIAL_TOKENS[0]) + said
    high = 2 * USUAL_SECTIONS[1] * (told + MATERIAL_TOKENS[1]) + 2 * said
    return [Work("generate", (low, high), (said, 3 * said + 2_000), (5.0, 30.0 + said / 20))]


async def estimate_revision(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:  # noqa: ARG001
    """A call for each section that is revised."""
    wanted = decode(body, RevisionCreate)
    if not llm.writes:
        return [Work("generate", (0, 0), (0, 0), (0.5, 3.0))]
    count = 1 if wanted.selection else len(wanted.section_ids or range(USUAL_SECTIONS[1]))
    told = estimate_tokens(writing.prompt(writing.REVISE)) + estimate_tokens(wanted.instruction)
    return [Work("generate", (count * (told + MATERIAL_TOKENS[0]), count * (told + MATERIAL_TOKENS[1])), (count * 40, count * 900), (2.0, 10.0 * count))]  # fmt: skip


ESTIMATES = {
    "scripts.write_script": estimate_script,
    "script": estimate_script,
    "scripts.revise_script": estimate_revision,
    "revision": estimate_revision,
}
