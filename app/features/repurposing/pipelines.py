import asyncio
from uuid import UUID

from uuid_utils.compat import uuid7

from app.db.models import RepurposingFormat
from app.features.repurposing import finishing, writing
from app.features.repurposing.assembling import assemble
from app.features.repurposing.finishing import Drafted
from app.features.repurposing.schemas import Plan, Written
from app.features.repurposing.service import Material, RepurposingService
from app.features.repurposing.writing import Ground, PieceDraft
from app.shared.clients.llm import generate_over
from app.shared.pipeline import PipelineRun, step
from app.shared.resources import Resources


async def repurpose_script(run: PipelineRun, script_id: UUID, version: int, form: RepurposingFormat) -> UUID:
    """Make the piece, where a model's first one is at fault once more, and store what stands."""
    plan = await run.step(plan_piece, script_id, version, form)
    drafted = await run.step(write_piece, plan, None)
    written = drafted.written
    if drafted.advice is not None:
        run.expect(4)
        again = await run.branch("rewrite_piece", write_piece, plan, drafted.advice)
        written = finishing.better(drafted, again)
    return await run.step(save_piece, run.job.id, plan, written)


async def plan_piece(resources: Resources, script_id: UUID, version: int, form: RepurposingFormat) -> Plan:  # noqa: ARG001
    """The id that the piece is stored under, however often the job starts again."""
    return Plan(uuid7(), script_id, version, form)


@step(version=1)
async def write_piece(resources: Resources, plan: Plan, advice: str | None) -> Drafted:
    """With a model: its piece, as far as the script carries it. Without: the script's own sentences in the form's order."""
    async with resources.db.transaction() as session:
        material = await RepurposingService(session).material(plan)
    ground = writing.ground_of(material.title, material.sections, material.disputed)
    if not resources.llm.writes:
        return await asyncio.to_thread(_assembled, plan, material, ground)
    asked = writing.ask(
        plan.format,
        ground,
        material.language,
        material.words_per_minute,
        material.profile,
        material.rules,
        material.audience,
        advice,
    )
    answers = await generate_over(resources.llm, asked, returns=PieceDraft)
    draft = PieceDraft(answers[0].title, [part for answer in answers for part in answer.parts])
    return await asyncio.to_thread(_finished, plan, material, ground, draft, resources.llm.engine)


async def save_piece(resources: Resources, job_id: UUID, plan: Plan, written: Written) -> UUID:
    """The piece, without the words of sources that were deleted meanwhile."""
    async with resources.db.transaction() as session:
        return await RepurposingService(session).save(job_id, plan, written)


def _assembled(plan: Plan, material: Material, ground: Ground) -> Drafted:
    written = assemble(
        plan.format, material.title, material.sections, material.words_per_minute, material.disputed, material.rules
    )
    return Drafted(_noted(written, material, ground))


def _finished(plan: Plan, material: Material, ground: Ground, draft: PieceDraft, engine: str) -> Drafted:
    drafted = finishing.finish(plan.format, draft, ground, engine, material.words_per_minute, material.rules)
    drafted.written = _noted(drafted.written, material, ground)
    return drafted


def _noted(written: Written, material: Material, ground: Ground) -> Written:
    written.parts = finishing.with_notes(written.parts, ground, material.rules)
    return written
