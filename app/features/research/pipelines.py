import asyncio
from uuid import UUID

from app.db.models import Depth
from app.features.research import asking, measured, written
from app.features.research.asking import ClaimDrafts, QuestionDrafts, SummaryDraft, VerdictDrafts
from app.features.research.facets import REACH, facet_of, questions_of
from app.features.research.material import Draft, Extracted, Found, Plan, Questions
from app.features.research.retrieving import distinct, find_passages, load
from app.features.research.schemas import ClaimRead
from app.features.research.service import ResearchService
from app.features.research.storing import BriefStore
from app.shared.clients.llm import generate_over
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources

BATCH = 20
"""Passages that a model reads at once."""


async def research(
    run: PipelineRun, project_id: UUID, source_ids: list[UUID], question: str, depth: Depth, updates: UUID | None
) -> UUID:
    """Plan, search, draw claims, judge, sum up, save: nothing is said that a quote in the sources doesn't carry."""
    plan = await run.step(plan_research, run.job.owner_id, project_id, source_ids, question, depth, updates)
    questions = await run.step(pose_questions, plan)
    run.expect(5 + len(questions.asked))
    found = [
        await run.branch(f"search_sources_{number}", search_sources, run.job.owner_id, project_id, plan, one, len(questions.asked))
        for number, one in enumerate(questions.asked)
    ]  # fmt: skip
    passages = distinct(found, REACH[depth].passages)
    if run.resources.llm.writes:
        draft = await write_brief(run, plan, questions, passages)
    else:
        draft = await run.step(measure_brief, plan, questions, passages)
    return await run.step(save_brief, run.job.id, run.job.owner_id, project_id, plan, draft)


async def write_brief(run: PipelineRun, plan: Plan, questions: Questions, passages: list[Found]) -> Draft:
    """With a model: batch by batch its claims, then verdicts on all of them, then a summary of those that stand."""
    batches = [passages[start : start + BATCH] for start in range(0, len(passages), BATCH)]
    judged = plan.depth is not Depth.QUICK
    run.expect(5 + len(questions.asked) + len(batches) * (2 if judged else 1))
    extracted = [
        await run.branch(f"extract_claims_{number}", extract_claims, plan, questions, batch)
        for number, batch in enumerate(batches)
    ]
    weighed = await run.step(weigh_claims, plan, extracted, passages)
    verdicts = [
        await run.branch(f"judge_claims_{number}", judge_claims, plan, weighed.claims, batch)
        for number, batch in enumerate(batches if judged and weighed.claims else [])
    ]
    return await run.step(write_summary, plan, questions, weighed, verdicts, passages)


async def plan_research(
    resources: Resources,
    owner_id: UUID,
    project_id: UUID,
    source_ids: list[UUID],
    question: str,
    depth: Depth,
    updates: UUID | None,
) -> Plan:
    """Which versions of which sources, and the creator's rules."""
    async with resources.db.transaction() as session:
        return await ResearchService(session).plan(owner_id, project_id, source_ids, question, depth, updates)


async def pose_questions(resources: Resources, plan: Plan) -> Questions:
    """The sub-questions: a model's, or the sides that most topics have."""
    most = REACH[plan.depth].questions
    if not resources.llm.writes or most == 1:
        return Questions(questions_of(plan.question, plan.depth))
    ask = asking.ask_for_questions(plan.question, most - 1, plan.rules)
    answer = await resources.llm.generate(ask, returns=QuestionDrafts)
    asked, rejected = asking.check_questions(plan.question, answer.sub_questions, most)
    return Questions(asked, rejected, ask.name)


async def search_sources(
    resources: Resources, owner_id: UUID, project_id: UUID, plan: Plan, question: str, questions: int
) -> list[Found]:
    """The passages for one question: of a small collection all, else the best, not more than half of them from one source."""
    facet = facet_of(question)
    words = f"{plan.question} {facet.words}" if facet else question
    reach = REACH[plan.depth].passages
    return await find_passages(resources, owner_id, project_id, plan.sources, words, reach, -(-reach // questions))


async def measure_brief(resources: Resources, plan: Plan, questions: Questions, found: list[Found]) -> Draft:
    """Without a model: whole sentences of the sources, chosen, joined and compared by code."""
    passages = await load(resources, found)
    return await asyncio.to_thread(measured.measure, plan, questions.asked, passages)


async def extract_claims(resources: Resources, plan: Plan, questions: Questions, found: list[Found]) -> Extracted:
    """A model's claims from these passages, as far as their quotes stand and carry them."""
    passages = await load(resources, found)
    if not passages:
        return Extracted([])
    ask = asking.ask_for_claims(questions.asked, passages, plan.rules, REACH[plan.depth].claims)
    answers = await generate_over(resources.llm, ask, returns=ClaimDrafts)
    drafts = [draft for answer in answers for draft in answer.claims]
    claims, rejected = await asyncio.to_thread(asking.check_claims, drafts, passages, len(questions.asked), plan.rules)
    return Extracted(claims, rejected)


async def weigh_claims(resources: Resources, plan: Plan, extracted: list[Extracted], found: list[Found]) -> Extracted:
    """All claims together, with what other sources say to them by code's own reading."""
    passages = await load(resources, found)
    claims = written.join([claim for one in extracted for claim in one.claims], REACH[plan.depth].claims)
    weighed = await asyncio.to_thread(written.corroborate, claims, passages)
    return Extracted(weighed, [one for part in extracted for one in part.rejected])


async def judge_claims(resources: Resources, plan: Plan, claims: list[ClaimRead], found: list[Found]) -> list[asking.VerdictDraft]:  # fmt: skip
    """A model's verdicts on the claims by these passages, with labels that count within the batch."""
    passages = await load(resources, found)
    if not passages:
        return []
    ask = asking.ask_for_verdicts(claims, passages, plan.rules)
    return (await resources.llm.generate(ask, returns=VerdictDrafts)).verdicts


async def write_summary(
    resources: Resources,
    plan: Plan,
    questions: Questions,
    weighed: Extracted,
    verdicts: list[list[asking.VerdictDraft]],
    found: list[Found],
) -> Draft:
    """The brief, with a summary of the model's whose every sentence its claims carry; without one, code's own."""
    claims, rejected = list(weighed.claims), [*questions.rejected, *weighed.rejected]
    for number, drafts in enumerate(verdicts):
        passages = await load(resources, found[number * BATCH : (number + 1) * BATCH])
        kept, refused = asking.check_verdicts(drafts, weighed.claims, passages)
        claims, rejected = written.add_verdicts(claims, kept), [*rejected, *refused]
    all_passages = await load(resources, found)
    draft = written.tell(plan, resources.llm.engine, questions.asked, all_passages, claims, rejected)
    draft.prompts = [name for name in (questions.prompt, "claims.v1.md") if name]
    if draft.claims:
        ask = asking.ask_for_summary(plan.question, draft.claims, plan.rules)
        answer = await resources.llm.generate(ask, returns=SummaryDraft)
        summary, refused = asking.check_summary(answer.sentences, draft.claims, plan.rules)
        draft.summary, draft.rejected = summary or draft.summary, [*draft.rejected, *refused]
        draft.prompts += ["verdicts.v1.md"] * bool(verdicts) + [ask.name]
    return draft


async def save_brief(
    resources: Resources, job_id: UUID, owner_id: UUID, project_id: UUID, plan: Plan, draft: Draft
) -> UUID:
    async with resources.db.transaction() as session:
        return await BriefStore(session).save(job_id, owner_id, project_id, plan, draft)
