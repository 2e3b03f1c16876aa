"""The steps that hold a script's claims against the project's references and stories."""

import asyncio
from collections.abc import Sequence

import msgspec

from app.db.models import SourceRole
from app.features.safety import claims, claims_judging, passages
from app.features.safety.attempts import NO_MODEL, attempt
from app.features.safety.check_store import CheckStore
from app.features.safety.claims_judging import ClaimJudgements
from app.features.safety.passages import Claim, Passage
from app.features.safety.plan import CheckPlan, Outcome, together
from app.features.safety.schemas import DetectorRun, DetectorSkipped
from app.features.search.pipelines import Search, search_project
from app.shared.clients.llm import generate_over
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources

HITS = 8
SEARCHES_AT_ONCE = 4
CLAIMS_A_SEARCH_STEP = 40
NO_REFERENCE = "The project has no ready reference source that claims could be held against."


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
