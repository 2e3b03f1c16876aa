"""What repurposing a script takes."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project, RepurposingFormat
from app.features.repurposing import writing
from app.features.repurposing.schemas import RepurposingCreate
from app.features.scripts.estimates import MATERIAL_TOKENS, TOKENS_A_WORD
from app.features.scripts.plan import USUAL_MINUTES
from app.features.scripts.speech import USUAL_PACE
from app.shared.clients.llm import LLM
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.http import decode

ANSWER_WORDS = {
    RepurposingFormat.SHORTS: (80, 200),
    RepurposingFormat.NEWSLETTER: (150, 500),
    RepurposingFormat.THREAD: (150, 600),
}


async def estimate_repurposing(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:  # noqa: ARG001
    """One question over the script with its passages, at most asked twice."""
    wanted = decode(body, RepurposingCreate)
    if not llm.writes:
        return [Work("generate", (0, 0), (0, 0), (0.2, 3.0))]
    script = (project.target_minutes or USUAL_MINUTES) * USUAL_PACE
    told = estimate_tokens(writing.prompt(writing.PIECE)) + estimate_tokens(
        writing.prompt(writing.FORMS[wanted.format])
    )
    least, most = ANSWER_WORDS.get(wanted.format, (round(script * 0.5), round(script * 1.2)))
    low = told + MATERIAL_TOKENS[0] + round(script * TOKENS_A_WORD)
    high = told + MATERIAL_TOKENS[1] + round(2 * script * TOKENS_A_WORD)
    answers = (round(least * TOKENS_A_WORD), round(2 * most * TOKENS_A_WORD))
    return [Work("generate", (low, 2 * high), answers, (2.0, 20.0 + most / 10))]


ESTIMATES = {
    "repurposing.repurpose_script": estimate_repurposing,
    "repurposing": estimate_repurposing,
}
