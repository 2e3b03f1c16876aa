import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.db.models import SourceRole
from app.features.memory.preferences import obeyed
from app.features.safety import (
    claims,
    claims_judging,
    disclosure,
    model_reading,
    moderation,
    originality,
    passages,
    suggestions,
)
from app.features.safety.attempts import attempt
from app.features.safety.check_store import CheckStore
from app.features.safety.claims_judging import ClaimJudgements
from app.features.safety.drafting import strictest
from app.features.safety.findings import Detector, Draft, TextField
from app.features.safety.model_reading import PolicyReading
from app.features.safety.originality import Cited
from app.features.safety.passages import Claim, Passage
from app.features.safety.plan import CheckPlan, Outcome
from app.features.safety.rules import for_language
from app.features.safety.schemas import DetectorRun, DetectorSkipped
from app.features.search.pipelines import Search, search_project
from app.shared.clients.llm import generate_over
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources

log = logging.getLogger(__name__)

HITS = 8
SEARCHES_AT_ONCE = 4
CLAIMS_A_SEARCH_STEP = 40
OWN_DETECTORS: tuple[Detector, ...] = (disclosure.DisclosureDetector(),)
NO_MODEL = "No model is set up for this project, so what only a model can see was not looked for."
NO_MODERATION = "No moderation model is set up for this project."
NO_REFERENCE = "The project has no ready reference source that claims could be held against."


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


async def check_claims(run: PipelineRun, plan: CheckPlan) -> Outcome:
    """Find what speaks of each claim, then weigh it; a model's judgement comes on top, batch by batch."""
    asked = await run.step(find_claims, plan)
    if not plan.of_role("reference", "story"):
        return Outcome(
            claims=[claims.unsearched(claim, NO_REFERENCE) for claim in asked],
            skipped=[DetectorSkipped(claims.NAME, NO_REFERENCE)],
        )
    found: list[Claim] = []
    for start in range(0, len(asked), CLAIMS_A_SEARCH_STEP):
        part = asked[start : start + CLAIMS_A_SEARCH_STEP]
        found += await run.branch(f"search_evidence_{start // CLAIMS_A_SEARCH_STEP + 1}", search_evidence, plan, part)
    outcome = await run.step(weigh_claims, found)
    if not plan.in_english:
        reason = f"It reads English; of a script in {plan.language} only figures and years were compared."
        outcome.skipped.append(DetectorSkipped(claims.NAME, reason))
    if not run.resources.llm.writes:
        outcome.skipped.append(DetectorSkipped(claims_judging.NAME, NO_MODEL))
        return outcome
    judged = [
        await attempt(run, f"judge_claims_{number}", claims_judging.NAME, judge_claims, batch)
        for number, batch in enumerate(claims_judging.batches(found), 1)
    ]
    return with_judgements(outcome, judged)


def with_judgements(outcome: Outcome, judged: Sequence[Outcome]) -> Outcome:
    """The claims as the model judged them; a batch that it didn't judge stays as code weighed it, and the report says so."""
    whole = together(judged)
    weighed = claims.judged(outcome.claims, whole.claims)
    failed = [one for one in judged if one.skipped]
    skipped = list(outcome.skipped)
    if failed:
        reason = failed[0].skipped[0].reason
        if len(failed) < len(judged):
            reason = f"For {len(failed)} of {len(judged)} batches of claims: {reason}"
        skipped.append(DetectorSkipped(claims_judging.NAME, reason))
    return msgspec.structs.replace(
        outcome, claims=weighed, drafts=claims.findings_of(weighed), rejected=whole.rejected, skipped=skipped,
        run=[*outcome.run, *whole.run[:1]], prompts=whole.prompts[:1],
    )  # fmt: skip


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


async def find_claims(resources: Resources, plan: CheckPlan) -> list[Claim]:
    """The check-worthy sentences, each with what it cites."""
    async with resources.db.transaction() as session:
        fields, sections = await CheckStore(session).script_text(plan)
    found = await asyncio.to_thread(passages.claims_of, fields)
    return passages.with_citations(found, sections, {str(text.id): text.title for text in plan.texts})


async def search_evidence(resources: Resources, plan: CheckPlan, asked: list[Claim]) -> list[Claim]:
    """What the project's references and stories say near each claim."""
    gate = asyncio.Semaphore(SEARCHES_AT_ONCE)
    versions = {text.id: text for text in plan.of_role("reference", "story")}
    roles = [SourceRole(role) for role in ("reference", "story") if plan.of_role(role)]

    async def search(claim: Claim) -> Claim:
        found: list[Passage] = []
        for role in roles:
            async with gate:
                wanted = Search(plan.owner_id, plan.project_id, passages.query_of(claim.quote), HITS, role)
                hits = await search_project(resources, wanted)
            for hit in hits:
                if hit.source_id in versions:
                    found += passages.passages_of(
                        hit.text, hit.span.start, source_id=str(hit.source_id), title=hit.source_title,
                        source_version=versions[hit.source_id].version, chunk_id=str(hit.chunk_id), page=hit.page,
                        start_seconds=hit.start_seconds,
                    )  # fmt: skip
        return msgspec.structs.replace(claim, passages=passages.nearest(claim.quote, [*claim.passages, *found]))

    return await asyncio.gather(*(search(claim) for claim in asked))


async def weigh_claims(resources: Resources, found: list[Claim]) -> Outcome:  # noqa: ARG001  a step
    weighed = await asyncio.to_thread(lambda: [claims.weigh(claim) for claim in found])
    return Outcome(claims=weighed, drafts=claims.findings_of(weighed), run=[DetectorRun(claims.NAME, claims.VERSION)])


async def judge_claims(resources: Resources, batch: list[Claim]) -> Outcome:
    """A model's judgement of one batch, as far as it stands."""
    answers = await generate_over(resources.llm, claims_judging.ask(batch), returns=ClaimJudgements)
    drafts = [draft for answer in answers for draft in answer.judgements]
    weighed, rejected = await asyncio.to_thread(claims_judging.check, drafts, batch, resources.llm.engine)
    return Outcome(
        claims=weighed, rejected=rejected, prompts=[claims_judging.PROMPT.name],
        run=[DetectorRun(claims_judging.NAME, claims_judging.VERSION)],
    )  # fmt: skip


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


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """All that was found, in the order in which the detectors looked."""
    return Outcome(*([item for one in outcomes for item in getattr(one, name)] for name in Outcome.__struct_fields__))


async def save_check(resources: Resources, job_id: UUID, plan: CheckPlan, outcome: Outcome, engine: str) -> UUID:
    async with resources.db.transaction() as session:
        return await CheckStore(session).save(job_id, plan, outcome, engine)
