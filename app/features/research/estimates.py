"""What a research brief takes."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Depth, Project
from app.features.research.asking import PROMPTS
from app.features.research.facets import REACH
from app.features.research.pipelines import BATCH
from app.features.research.schemas import ResearchCreate
from app.features.research.service import ResearchService
from app.shared.clients.llm import LLM
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.http import decode

PASSAGE_TOKENS = (120, 420)
CLAIM_TOKENS = (60, 220)
"""Of an answer, with its quotes."""


async def estimate_research(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:
    """Questions, claims batch by batch, verdicts but for a quick look, a summary."""
    wanted = decode(body, ResearchCreate)
    sources = await ResearchService(session).usable_sources(project, wanted.source_ids, wanted.updates)
    reach = REACH[wanted.depth]
    passages = min(reach.passages, sum(source.chunk_count for source in sources))
    seconds = (0.5, 3.0 + passages / 20)
    embedded = [Work("embed", (0, 40 * reach.questions), (0, 0), (0.1, 1.0))] if llm.semantic else []
    if not llm.writes:
        return [*embedded, Work("generate", (0, 0), (0, 0), seconds)]
    batches = -(-passages // BATCH)
    told = {file.name: estimate_tokens(file.read_text(encoding="utf-8")) for file in PROMPTS.iterdir()}
    readings = batches if wanted.depth is Depth.QUICK else 2 * batches
    fixed = told["summary.v1.md"] + batches * told["claims.v1.md"]
    fixed += 0 if wanted.depth is Depth.QUICK else told["questions.v1.md"] + batches * told["verdicts.v1.md"]
    least = fixed + batches * passages * PASSAGE_TOKENS[0] // max(1, batches)
    most = 2 * (fixed + readings * min(BATCH, passages) * PASSAGE_TOKENS[1] + 2 * reach.claims * CLAIM_TOKENS[1])
    written = (200, 2 * reach.claims * CLAIM_TOKENS[1] + 1_500)
    return [
        *embedded,
        Work("generate", (least, most), written, (seconds[0] + 2 * readings, seconds[1] + 30 * (readings + 2))),
    ]


ESTIMATES = {"research.research": estimate_research, "research": estimate_research}
