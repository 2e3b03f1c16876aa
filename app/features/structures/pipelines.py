from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import Project
from app.features.structures import options
from app.features.structures.drafting import MOST_CLAIMS, PROMPT, OutlineDraft, OutlineDrafts, ask
from app.features.structures.frameworks import blueprints
from app.features.structures.gathering import gather
from app.features.structures.material import Material, ranked
from app.features.structures.service import Plan, StructureService, new_ids
from app.shared.clients.llm import generate_over
from app.shared.exceptions import NotFound
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources


class Drafts(Struct):
    """A model's outlines as it gave them."""

    outlines: list[OutlineDraft]
    engine: str


async def make_structures(run: PipelineRun, project_id: UUID, research_id: UUID | None, framework: str | None) -> UUID:
    """Choose frameworks by what there is; fill them; keep what holds. Gives the id of the first option."""
    plan = await run.step(plan_structures, project_id, research_id, framework)
    drafts = None
    if run.resources.llm.writes:
        drafts = await run.step(write_outlines, project_id, plan)
    else:
        run.expect(2)
    return await run.step(save_structures, run.job.id, run.job.owner_id, project_id, plan, drafts)


async def plan_structures(
    resources: Resources, project_id: UUID, research_id: UUID | None, framework: str | None
) -> Plan:
    """Which frameworks, and which claims a model may name. Code only."""
    async with resources.db.transaction() as session:
        project = await session.get(Project, project_id)
        if project is None:
            raise NotFound("The project was deleted.", code="project_deleted")
        profile_id = project.dna_profile_id
        material = await gather(session, project_id, research_id, profile_id)
    claims = [one.id for one in ranked(material.statements)][:MOST_CLAIMS]
    chosen = options.chosen_frameworks(material, framework)
    return Plan(new_ids(), chosen, research_id, profile_id, claims, framework)


async def write_outlines(resources: Resources, project_id: UUID, plan: Plan) -> Drafts:
    """One question for all options."""
    material = await _material(resources, project_id, plan)
    prompt = ask([blueprints()[one] for one in plan.frameworks], material, plan.claims)
    answers = await generate_over(resources.llm, prompt, returns=OutlineDrafts)
    return Drafts([one for answer in answers for one in answer.outlines], resources.llm.engine)


async def save_structures(
    resources: Resources, job_id: UUID, owner_id: UUID, project_id: UUID, plan: Plan, drafts: Drafts | None
) -> UUID:
    """Fill the frameworks with what there is now: a source that was deleted meanwhile has no words in it."""
    async with resources.db.transaction() as session:
        material = await gather(session, project_id, plan.research_id, plan.dna_profile_id)
        made = options.outline(
            plan.frameworks,
            material,
            plan.asked_for,
            drafts.outlines if drafts else (),
            plan.claims,
            drafts.engine if drafts else options.OFFLINE,
        )
        if set(plan.claims) - {
            one.id for one in material.statements
        }:  # a draft may have said the words of what is gone
            for option in made:
                option.refused = [replace(one, statement="") for one in option.refused]
        service = StructureService(session)
        return await service.save(job_id, owner_id, project_id, plan, made, PROMPT.name if drafts else None)


async def _material(resources: Resources, project_id: UUID, plan: Plan) -> Material:
    async with resources.db.transaction() as session:
        return await gather(session, project_id, plan.research_id, plan.dna_profile_id)
