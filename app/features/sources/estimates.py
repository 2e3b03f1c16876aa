"""What reading a source takes."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.features.sources.schemas import TextSource
from app.shared.clients.llm import LLM
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.http import decode

OVERLAP = 1.25
"""Chunks overlap, and a heading is embedded with each."""
CHARACTERS_A_SECOND = 200_000


async def estimate_source(_: AsyncSession, llm: LLM, __: Project, body: dict[str, Any]) -> list[Work]:
    """Its text is embedded once; what was embedded before costs nothing."""
    text = decode({"kind": "text", **body}, TextSource).text  # the estimate's own `kind` stands in its place
    tokens = int(estimate_tokens(text) * OVERLAP) if llm.semantic else 0
    return [Work("embed", (0, tokens), (0, 0), (0.5, 2 + len(text) / CHARACTERS_A_SECOND))]


ESTIMATES = {"sources.ingest_source": estimate_source, "source": estimate_source}
