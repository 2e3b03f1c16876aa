from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import ChatMessage, ContentSource, Project, SourceStatus
from app.features.chat.following import MOST_TURNS
from app.features.chat.material import AnswerPlan, Quoted, Turn
from app.features.chat.schemas import ChatMessageRead, ChatRole
from app.features.memory.preferences import rules_for
from app.features.research.service import ResearchService
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.paging import paged

ORDERS = {"created_at": ChatMessage.created_at}
GONE = "The conversation was deleted before this was answered."


class ChatService:
    """A project's conversation with its sources."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(self, project_id: UUID, paging: Paging) -> Page[ChatMessageRead]:
        query = select(ChatMessage).where(ChatMessage.project_id == project_id)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([convert(row, ChatMessageRead) for row in found.items])

    async def remove(self, project_id: UUID) -> None:
        """Delete the whole conversation. The deletion waits for an answer that is being stored, and does not see it: the next
        look does. An answer that comes later finds no question."""
        whole = delete(ChatMessage).where(ChatMessage.project_id == project_id)
        while list(await self.session.scalars(whole.returning(ChatMessage.id))):
            pass

    async def usable_sources(self, project: Project, wanted: Sequence[UUID] | None) -> list[UUID]:
        """The ids of the sources that are asked; an `AppError` says what is missing."""
        if wanted is not None:
            found = await ResearchService(self.session).usable_sources(project, wanted, None)
            return [source.id for source in found]
        ready = ContentSource.project_id == project.id, ContentSource.status == SourceStatus.READY
        ids = list(
            await self.session.scalars(select(ContentSource.id).where(*ready).order_by(ContentSource.created_at))
        )
        if not ids:
            raise Unprocessable(
                "This project has no ready source to ask. Add an article, a paper, a page, a video or notes, wait until it "
                "is ready, then ask again.",
                code="no_ready_sources",
            )
        return ids

    async def ask(self, project: Project, message: str) -> ChatMessage:
        """Keep the question; the job that answers it is yet to be named."""
        asked = ChatMessage(
            id=uuid7(), owner_id=project.owner_id, project_id=project.id, role=ChatRole.USER.value, text=message,
            citations=[], rejected=[], manifest={},
        )  # fmt: skip
        self.session.add(asked)
        await self.session.flush()
        return asked

    async def plan(self, project_id: UUID, question_id: UUID, source_ids: Sequence[UUID]) -> AnswerPlan:
        """Fix what the answer is made from: versions of sources, the conversation so far, the creator's rules."""
        question = await self.session.get(ChatMessage, question_id)
        if question is None:
            raise NotFound(GONE, code="conversation_deleted")
        sources = await ResearchService(self.session).planned_sources(project_id, source_ids)
        rules = await rules_for(self.session, question.owner_id)
        return AnswerPlan(uuid7(), question_id, question.text, await self._turns(question), sources, rules)

    async def _turns(self, question: ChatMessage) -> list[Turn]:
        """The last questions before this one with their answers, the oldest first."""
        before = tuple_(ChatMessage.created_at, ChatMessage.id) < (question.created_at, question.id)
        mine = ChatMessage.project_id == question.project_id
        query = select(ChatMessage).where(mine, before, ChatMessage.role == ChatRole.USER.value)
        asked = list(
            await self.session.scalars(
                query.order_by(ChatMessage.created_at.desc(), ChatMessage.id.desc()).limit(MOST_TURNS)
            )
        )
        jobs = [one.job_id for one in asked if one.job_id]
        answers = select(ChatMessage).where(
            mine, ChatMessage.role == ChatRole.ASSISTANT.value, ChatMessage.job_id.in_(jobs)
        )
        by_job = {one.job_id: one for one in await self.session.scalars(answers)}
        return [_turn(one, by_job.get(one.job_id)) for one in reversed(asked)]


def _turn(question: ChatMessage, answer: ChatMessage | None) -> Turn:
    if answer is None or answer.abstained:
        return Turn(question.text)
    return Turn(question.text, answer.text, msgspec.convert(answer.citations, list[Quoted]))
