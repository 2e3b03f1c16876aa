import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from app.features.chat import asking
from app.features.chat.composing import gap_of, spoken
from app.features.chat.following import readings, words_of
from app.features.chat.material import AnswerPlan, Draft
from app.features.chat.measured import measure
from app.features.chat.service import ChatService
from app.features.chat.storing import AnswerStore
from app.features.research.material import Found
from app.features.research.retrieving import find_passages, load
from app.shared.clients.failures import TooLong
from app.shared.clients.llm import LLM, Prompt, split
from app.shared.pipeline import PipelineRun, streamed
from app.shared.resources import Resources

REACH, REACH_WITH_A_MODEL = 48, 16
"""Passages that an answer is looked for in; a model is paid for each."""


async def answer_message(run: PipelineRun, project_id: UUID, question_id: UUID, source_ids: list[UUID]) -> UUID:
    """Plan, search, answer in cited sentences or say that the sources don't say, save."""
    plan = await run.step(plan_answer, project_id, question_id, source_ids)
    found = await run.step(search_for_answer, run.job.owner_id, project_id, plan)
    if run.resources.llm.writes and found:
        draft = await run.step(write_answer, plan, found)
    else:
        draft = await run.step(measure_answer, plan, found)
    return await run.step(save_answer, run.job.id, run.job.owner_id, project_id, plan, draft)


async def plan_answer(resources: Resources, project_id: UUID, question_id: UUID, source_ids: list[UUID]) -> AnswerPlan:
    """Which versions of which sources, what was said before, and the creator's rules."""
    async with resources.db.transaction() as session:
        return await ChatService(session).plan(project_id, question_id, source_ids)


async def search_for_answer(resources: Resources, owner_id: UUID, project_id: UUID, plan: AnswerPlan) -> list[Found]:
    """The passages for the question, with what it goes on from."""
    reach = REACH_WITH_A_MODEL if resources.llm.writes else REACH
    words = words_of(readings(plan.question, plan.turns))
    return await find_passages(resources, owner_id, project_id, plan.sources, words, reach, reach)


async def measure_answer(resources: Resources, plan: AnswerPlan, found: list[Found]) -> Draft:
    """Without a model: whole sentences of the sources."""
    passages = await load(resources, found)
    draft = await asyncio.to_thread(measure, plan, passages)
    await _tell(plan, draft)
    return draft


async def write_answer(resources: Resources, plan: AnswerPlan, found: list[Found]) -> Draft:
    """A model's sentences, each told as soon as its quotes are found to stand and to carry it."""
    passages = await load(resources, found)
    ask = asking.ask_for_answer(plan, passages)
    reading = asking.Reading(passages, plan.rules)
    if passages:
        await streamed(asking.checked(_pieces(resources.llm, ask), reading), message_id=str(plan.answer_id))
    draft = Draft(resources.llm.engine, [ask.name], reading.sentences, None, reading.rejected)
    if not reading.sentences:
        asked = readings(plan.question, plan.turns)[0][0]
        draft.gap = gap_of(plan.question, asked, passages, len(plan.sources))
        await _tell(plan, draft)
    return draft


async def save_answer(
    resources: Resources, job_id: UUID, owner_id: UUID, project_id: UUID, plan: AnswerPlan, draft: Draft
) -> UUID:
    async with resources.db.transaction() as session:
        return await AnswerStore(session).save(job_id, owner_id, project_id, plan, draft)


async def _pieces(llm: LLM, ask: Prompt) -> AsyncIterator[str]:
    """The model's answer; where the material is too long for it, its answers over each half. One that was cut off at its
    longest is kept as far as its lines are whole."""
    begun = False
    try:
        async for piece in llm.stream(ask):
            begun = True
            yield piece
    except TooLong:
        halves = None if begun else split(ask)
        if not begun and halves is None:
            raise
        for half in halves or ():
            async for piece in _pieces(llm, half):
                yield piece
            yield "\n"


async def _tell(plan: AnswerPlan, draft: Draft) -> None:
    """What code says, to the job's followers sentence by sentence."""
    said = [one.text for one in draft.sentences] or [spoken(draft.gap, draft.rejected)]
    await streamed(_one_by_one(said), message_id=str(plan.answer_id))


async def _one_by_one(sentences: Sequence[str]) -> AsyncIterator[str]:
    for number, said in enumerate(sentences):
        yield f" {said}" if number else said
