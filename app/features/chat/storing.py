"""Answers on their way into the table, and what becomes of them when a source is deleted or read anew."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import to_builtins
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ChatMessage, ContentSource, Project
from app.features.chat.composing import ERASED, NONE_LEFT, compose, forget, spoken, take_apart
from app.features.chat.material import AnswerPlan, Draft, Said
from app.features.chat.schemas import ChatCitation, ChatRole
from app.features.chat.service import GONE
from app.features.research.schemas import Gap, RejectedStatement
from app.features.research.shelf import Shelf
from app.shared.exceptions import NotFound
from app.shared.manifest import calls_of


class AnswerStore:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.shelf = Shelf(session)

    async def save(self, job_id: UUID, owner_id: UUID, project_id: UUID, plan: AnswerPlan, draft: Draft) -> UUID:
        """Store the answer under the id that was planned. Only quotes that stand are stored; what rests on sources that were
        deleted meanwhile is left out."""
        if await self.session.get(ChatMessage, plan.answer_id) is not None:
            return plan.answer_id
        left = await self._sources_left(plan)
        project = await self.session.get(Project, project_id)
        question = await self.session.get(ChatMessage, plan.question_id, with_for_update=True)
        if project is None or question is None:
            raise NotFound(GONE, code="conversation_deleted")
        gone = {one.source_id for one in plan.sources} - left.keys()
        sentences, rejected, gap = draft.sentences, draft.rejected, draft.gap
        for source_id in gone:
            sentences = forget(sentences, source_id)
        if gone:
            rejected = [RejectedStatement("", one.reason) for one in rejected]
        sentences = await self._standing(sentences, left)
        if not sentences and gap is None:
            gap = Gap(plan.question, [], NONE_LEFT)
        text, citations = compose(sentences)
        manifest = {
            "sources": [to_builtins(one) for one in plan.sources if one.source_id in left], "engine": draft.engine,
            "prompts": draft.prompts, "preferences": [str(rule.id) for rule in plan.rules], "turns": len(plan.turns),
            "external_models": project.allow_external_models, "calls": await calls_of(self.session, job_id),
        }  # fmt: skip
        self.session.add(
            ChatMessage(
                id=plan.answer_id, owner_id=owner_id, project_id=project_id, job_id=job_id, role=ChatRole.ASSISTANT.value,
                text=text or spoken(gap, rejected), citations=to_builtins(citations), abstained=not sentences,
                gap=to_builtins(gap) if not sentences else None, engine=draft.engine, rejected=to_builtins(rejected),
                manifest=manifest,
            )
        )  # fmt: skip
        await self.session.flush()
        return plan.answer_id

    async def _sources_left(self, plan: AnswerPlan) -> dict[UUID, ContentSource]:
        """The planned sources that are still there, held so that none is deleted or published anew while we store."""
        ids = [one.source_id for one in plan.sources]
        query = select(ContentSource).where(ContentSource.id.in_(ids)).order_by(ContentSource.id)
        return {one.id: one for one in await self.session.scalars(query.with_for_update(read=True))}

    async def _standing(self, sentences: Sequence[Said], left: dict[UUID, ContentSource]) -> list[Said]:
        """The sentences with the quotes that stand where they say; page and second are filled in."""
        cited = {(one.source_id, one.source_version) for said in sentences for one in said.citations}
        newest = {(source_id, left[source_id].version) for source_id, _ in cited if source_id in left}
        grounds = await self.shelf.grounds(cited | newest)
        kept = []
        for said in sentences:
            standing = []
            for one in said.citations:
                ground = grounds.get((one.source_id, one.source_version)) if one.source_id in left else None
                if ground is None or not ground.holds(one.quote, one.span):
                    continue
                ground.place(one)
                if left[one.source_id].version != one.source_version:
                    grounds[one.source_id, left[one.source_id].version].follow(one)
                standing.append(one)
            if standing:
                kept.append(Said(said.text, standing))
        return kept

    async def citing(self, source_id: UUID) -> list[ChatMessage]:
        """The answers that were made from a source, locked."""
        made_from = or_(
            ChatMessage.citations.contains([{"source_id": str(source_id)}]),
            ChatMessage.manifest.contains({"sources": [{"source_id": str(source_id)}]}),
        )
        owner = select(ContentSource.project_id).where(ContentSource.id == source_id).scalar_subquery()
        query = select(ChatMessage).where(ChatMessage.project_id == owner, made_from)
        return list(await self.session.scalars(query.order_by(ChatMessage.id).with_for_update()))

    def erase(self, message: ChatMessage, source_id: UUID) -> None:
        """Take a source's words out of an answer."""
        sentences = forget(take_apart(message.text, citations_of(message)), source_id)
        if sentences:
            text, citations = compose(sentences)
            message.text = ERASED if all(one.text == ERASED for one in sentences) else text
            message.citations = to_builtins(citations if message.text == text else _at(citations, ERASED))
        message.rejected = [{**one, "statement": ""} for one in message.rejected]
        sources = [one for one in message.manifest.get("sources", []) if one["source_id"] != str(source_id)]
        message.manifest = {**message.manifest, "sources": sources}


def citations_of(message: ChatMessage) -> list[ChatCitation]:
    return msgspec.convert(message.citations, list[ChatCitation])


def _at(citations: Sequence[ChatCitation], text: str) -> list[Any]:
    whole = {"start": 0, "end": len(text)}
    return [{**to_builtins(one), "text_span": whole} for one in citations]
