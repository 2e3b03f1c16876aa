from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, to_builtins
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import DnaProfile, Project, ResearchBrief, Structure
from app.features.structures.choosing import OPTIONS
from app.features.structures.frameworks import blueprints
from app.features.structures.options import Option
from app.features.structures.schemas import Hook, StructureRead
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.manifest import calls_of
from app.shared.paging import paged

ORDERS = {"created_at": Structure.created_at, "title": Structure.title, "framework": Structure.framework}


class Plan(Struct, frozen=True):
    """What a job works on, fixed at its start. `frameworks`: the ones chosen, the best first; `claims`: which claim a
    model knows by which label; `asked_for`: the framework that the creator named."""

    structure_ids: list[UUID]
    frameworks: list[str]
    research_id: UUID | None
    dna_profile_id: UUID | None
    claims: list[UUID]
    asked_for: str | None


class StructureService:
    """Outline options, and which of them a project has chosen."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def owned(self, owner_id: UUID, structure_id: UUID, *, lock: bool = False) -> Structure:
        query = select(Structure).where(Structure.id == structure_id, Structure.owner_id == owner_id)
        row = await self.session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound("There is no such structure.")
        return row

    async def selected(self, project_id: UUID) -> Structure | None:
        """The option that the project has chosen."""
        query = select(Structure).where(Structure.project_id == project_id, Structure.selected_at.is_not(None))
        return await self.session.scalar(query.order_by(Structure.selected_at.desc()).limit(1))

    async def page(self, project_id: UUID, paging: Paging) -> Page[StructureRead]:
        """Newest first; options of one job in the order in which they are offered."""
        query = select(Structure).where(Structure.project_id == project_id)
        found = await paged(self.session, query, paging, ORDERS, Structure.job_id.desc(), Structure.ordinal)
        return found.of([self.read(row) for row in found.items])

    def read(self, row: Structure) -> StructureRead:
        """As it is shown. Where its brief was deleted, nothing is left that a claim carried."""
        stands = row.research_id is not None
        sections = [{**one, "claim_ids": one["claim_ids"] if stands else []} for one in row.sections]
        hooks = [_shown(one) for one in row.hooks if stands or not one["claim_ids"]]
        return convert(
            row, StructureRead, rationale=" ".join(one["text"] for one in row.rationale), reasons=row.rationale,
            hooks=hooks, sections=sections, selected=row.selected_at is not None,
        )  # fmt: skip

    async def wanted(self, project: Project, research_id: UUID | None, framework: str | None) -> UUID | None:
        """The brief that structures are made from: the one that was named, else the newest; None where there is none.
        Refuses what can't be made."""
        if framework is not None and framework not in blueprints():
            known = ", ".join(blueprints())
            message = f"There is no framework '{framework[:64]}'; there are {known}."
            raise Unprocessable(message, code="unknown_framework", extra=[{"field": "framework", "message": message}])
        query = select(ResearchBrief.id).where(ResearchBrief.project_id == project.id)
        if research_id is None:
            return await self.session.scalar(query.order_by(ResearchBrief.created_at.desc()).limit(1))
        found = await self.session.scalar(query.where(ResearchBrief.id == research_id))
        if found is None:
            raise NotFound("There is no such research brief in this project.")
        return found

    async def select(self, structure: Structure, hook_id: UUID | None) -> Structure:
        """Choose it, with a hook; the project has one chosen structure at a time."""
        if hook_id is not None and hook_id not in {hook.id for hook in self.read(structure).hooks}:
            raise NotFound("This structure has no such hook.")
        await self.session.scalar(select(Project.id).where(Project.id == structure.project_id).with_for_update())
        chosen = update(Structure).where(
            Structure.project_id == structure.project_id,
            Structure.id != structure.id,
            Structure.selected_at.is_not(None),
        )
        await self.session.execute(
            chosen.values(selected_at=None, hook_id=None, revision=Structure.revision + 1),
            execution_options={"synchronize_session": False},
        )
        structure.selected_at, structure.hook_id = datetime.now(UTC), hook_id
        await self.session.flush()
        return structure

    async def remove(self, structure: Structure) -> None:
        await self.session.execute(delete(Structure).where(Structure.id == structure.id))

    async def save(
        self, job_id: UUID, owner_id: UUID, project_id: UUID, plan: Plan, options: Sequence[Option], prompt: str | None
    ) -> UUID:
        """Store the options under the ids that were planned, so that doing it again makes no second ones."""
        first = plan.structure_ids[0]
        if await self.session.get(Structure, first) is not None:
            return first
        project = await self.session.get(Project, project_id, with_for_update=True)
        if project is None:
            raise NotFound("The project was deleted before its structures were made.", code="project_deleted")
        research_id = await self._still_there(ResearchBrief, plan.research_id)
        profile_id = await self._still_there(DnaProfile, plan.dna_profile_id)
        manifest = {
            "research_id": plan.research_id, "dna_profile_id": plan.dna_profile_id, "claims": len(plan.claims),
            "asked_for": plan.asked_for, "target_minutes": project.target_minutes, "prompt": prompt,
            "frameworks": "catalogue-1", "external_models": project.allow_external_models,
            "calls": await calls_of(self.session, job_id),
        }  # fmt: skip
        now = datetime.now(UTC)
        for ordinal, (structure_id, option) in enumerate(zip(plan.structure_ids, options, strict=True)):
            self.session.add(
                Structure(
                    id=structure_id,
                    created_at=now,
                    owner_id=owner_id,
                    project_id=project_id,
                    job_id=job_id,
                    research_id=research_id,
                    dna_profile_id=profile_id,
                    ordinal=ordinal,
                    framework=option.framework,
                    title=option.title,
                    engine=option.engine,
                    rationale=to_builtins(option.reasons),
                    hooks=[{"id": str(uuid7()), **to_builtins(hook)} for hook in option.hooks],
                    sections=to_builtins(option.sections),
                    rejected=to_builtins(option.refused),
                    manifest=to_builtins({**manifest, "engine": option.engine, "fit": option.fit}),
                )
            )
        await self.session.flush()
        return first

    async def _still_there(self, model: Any, row_id: UUID | None) -> UUID | None:
        if row_id is None:
            return None
        found: UUID | None = await self.session.scalar(select(model.id).where(model.id == row_id))
        return found


def new_ids() -> list[UUID]:
    return [uuid7() for _ in range(OPTIONS)]


def _shown(hook: dict[str, Any]) -> dict[str, Any]:
    return {name: hook[name] for name in Hook.__struct_fields__}
