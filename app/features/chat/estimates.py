"""What an answer takes."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Project
from app.features.chat.asking import ANSWER_TOKENS, LONGEST_SHOWN, PROMPT, TURNS_SHOWN
from app.features.chat.pipelines import REACH_WITH_A_MODEL
from app.features.chat.schemas import ChatCreate
from app.features.chat.service import ChatService
from app.shared.clients.llm import LLM
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.http import decode

PASSAGE_TOKENS = (120, 420)


async def estimate_chat(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:
    """One question over the passages that are found, with the last turns of the conversation."""
    wanted = decode(body, ChatCreate)
    ids = await ChatService(session).usable_sources(project, wanted.source_ids)
    embedded = [Work("embed", (0, 120), (0, 0), (0.1, 1.0))] if llm.semantic else []
    if not llm.writes:
        return [*embedded, Work("generate", (0, 0), (0, 0), (0.1, 3.0))]
    chunks = await session.scalar(select(func.sum(ContentSource.chunk_count)).where(ContentSource.id.in_(ids))) or 0
    passages = min(REACH_WITH_A_MODEL, chunks)
    told = estimate_tokens(PROMPT.read_text(encoding="utf-8")) + estimate_tokens(wanted.message)
    before = TURNS_SHOWN * 2 * LONGEST_SHOWN // 4
    least, most = (told + passages * one for one in PASSAGE_TOKENS)
    return [*embedded, Work("generate", (least, most + before), (20, ANSWER_TOKENS), (1.0, 30.0))]


ESTIMATES = {"chat.answer_message": estimate_chat, "chat": estimate_chat}
