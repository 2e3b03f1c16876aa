import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.features.memory.preferences import obeyed
from app.features.safety import disclosure, model_reading, moderation, originality, suggestions
from app.features.safety.attempts import NO_MODEL, attempt
from app.features.safety.check_store import CheckStore
from app.features.safety.claims_checking import check_claims
from app.features.safety.drafting import strictest
from app.features.safety.findings import Detector, Draft, TextField
from app.features.safety.model_reading import PolicyReading
from app.features.safety.originality import Cited
from app.features.safety.plan import CheckPlan, Outcome, together
from app.features.safety.rules import for_language
from app.features.safety.schemas import DetectorRun, DetectorSkipped
from app.shared.clients.llm import generate_over
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources

log = logging.getLogger(__name__)

OWN_DETECTORS: tuple[Detector, ...] = (disclosure.DisclosureDetector(),)
NO_MODERATION = "No moderation model is set up for this project."


async def check_script(run: PipelineRun, script_id: UUID, version: int | None, policy_packs: list[str] | None) -> UUID:
    """Plan, let rules, originality, claims, the model and the moderation look, then put their findings together."""
    llm = run.resources.llm
    plan = await run.step(plan_check, run.job.owner_id, script_id, version, policy_packs)
    outcomes = [await run.step(apply_rules, plan), await run.step(compare_texts, plan)]
    outcomes.append(await check_claims(run, plan))
    if llm.writes:
        outcomes.append(await attempt(run, "read_policy", model_reading.NAME, read_policy, plan))
    else:
        outcomes.append(Outcome(skipped=[DetectorSkipped(model_reading.NAME, NO_MODEL)]))
    if llm.moderates:
        outcomes.append(await attempt(run, "moderate_texts", moderation.NAME, moderate_texts, plan))
    else:
        outcomes.append(Outcome(skipped=[DetectorSkipped(moderation.NAME, NO_MODERATION)]))
    outcome = await run.step(suggest_words, plan, together(outcomes))
    return await run.step(save_check, run.job.id, plan, outcome, llm.engine)


async def plan_check(
    resources: Resources, owner_id: UUID, script_id: UUID, version: int | None, policy_packs: list[str] | None
) -> CheckPlan:
    """Which version, packs and texts."""
    async with resources.db.transaction() as session:
        return await CheckStore(session).plan(owner_id, script_id, version, policy_packs)


async def apply_rules(resources: Resources, plan: CheckPlan) -> Outcome:
    """Everything that reads the script alone, without a model."""
    async with resources.db.transaction() as session:
        fields, _ = await CheckStore(session).script_text(plan)
    return await asyncio.to_thread(by_rules, fields, plan)


def by_rules(fields: Sequence[TextField], plan: CheckPlan) -> Outcome:
    detectors, unread = for_language(plan.language)
    outcome = detect(detectors, fields, plan)
    outcome.drafts = strictest(outcome.drafts)
    outcome.skipped += [DetectorSkipped(one["detector"], one["reason"]) for one in unread]
    if plan.in_english:
        return together([outcome, detect(OWN_DETECTORS, fields, plan)])
    reason = f"Its words are English; the script is in {plan.language}."
    outcome.skipped += [DetectorSkipped(one.name, reason) for one in OWN_DETECTORS]
    return outcome


def detect(detectors: Sequence[Detector], fields: Sequence[TextField], plan: CheckPlan) -> Outcome:
    """What each detector finds; one that fails is left out and named."""
    outcome = Outcome()
    for detector in detectors:
        try:
            outcome.drafts += detector.detect(fields, plan.packs)
        except Exception:
            log.exception("The detector %s failed", detector.name)
            outcome.skipped.append(DetectorSkipped(detector.name, "It failed on our side; we have been told."))
        else:
            outcome.run.append(DetectorRun(detector.name, detector.version))
    return outcome


async def compare_texts(resources: Resources, plan: CheckPlan) -> Outcome:
    """The script against the references, the creator's archive and their other scripts."""
    async with resources.db.transaction() as session:
        store = CheckStore(session)
        fields, sections = await store.script_text(plan)
        documents = await store.documents(plan.texts)
    cited = [Cited(section.id, [one for one in section.citations if not one.source_deleted]) for section in sections]
    drafts = await asyncio.to_thread(originality.detect, fields, cited, documents)
    return Outcome(drafts=drafts, run=[DetectorRun(originality.NAME, originality.VERSION)])


async def read_policy(resources: Resources, plan: CheckPlan) -> Outcome:
    """The model's reading of the script by the clauses, as far as its quotes stand."""
    async with resources.db.transaction() as session:
        fields, _ = await CheckStore(session).script_text(plan)
    prompt = model_reading.ask_for_reading(fields, plan.packs, plan.rules)
    answers = await generate_over(resources.llm, prompt, returns=PolicyReading)
    drafts = [draft for answer in answers for draft in answer.findings]
    kept, rejected = await asyncio.to_thread(model_reading.check, drafts, fields, plan.packs, resources.llm.engine)
    return Outcome(
        drafts=kept, rejected=rejected, prompts=[model_reading.PROMPT.name],
        run=[DetectorRun(model_reading.NAME, model_reading.VERSION)],
    )  # fmt: skip


async def moderate_texts(resources: Resources, plan: CheckPlan) -> Outcome:
    """The provider's moderation of each text."""
    async with resources.db.transaction() as session:
        fields, _ = await CheckStore(session).script_text(plan)
    drafts: list[Draft] = []
    for field in fields:
        drafts += moderation.drafts_of(field, await moderation.moderate(resources.llm, field), plan.packs)
    return Outcome(drafts=drafts, run=[DetectorRun(moderation.NAME, moderation.VERSION)])


async def suggest_words(resources: Resources, plan: CheckPlan, outcome: Outcome) -> Outcome:
    """Suggestions for what has none; every one is read by the detectors before it is shown, and obeys the creator's rules."""
    async with resources.db.transaction() as session:
        fields, _ = await CheckStore(session).script_text(plan)
    return await asyncio.to_thread(with_suggestions, plan, outcome, fields)


def with_suggestions(plan: CheckPlan, outcome: Outcome, fields: Sequence[TextField]) -> Outcome:
    drafts = [
        msgspec.structs.replace(draft, suggestion=obeyed(draft.suggestion, plan.rules)) if draft.suggestion else draft
        for draft in outcome.drafts
    ]
    return msgspec.structs.replace(outcome, drafts=suggestions.with_suggestions(drafts, fields, plan.packs))


async def save_check(resources: Resources, job_id: UUID, plan: CheckPlan, outcome: Outcome, engine: str) -> UUID:
    async with resources.db.transaction() as session:
        return await CheckStore(session).save(job_id, plan, outcome, engine)
