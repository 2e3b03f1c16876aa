from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct, convert, to_builtins
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ClaimStatus, ContentSource, DnaProfile, Project, Repurposing, ResearchClaim, Script
from app.features.memory.audiences import described
from app.features.memory.preferences import Rule
from app.features.repurposing.copying import copied
from app.features.repurposing.erasure import without_sources
from app.features.repurposing.limits import seconds_of, word_count
from app.features.repurposing.schemas import (
    LeftOut,
    ListedSource,
    Part,
    Plan,
    RepurposingCreate,
    RepurposingRead,
    Written,
)
from app.features.scripts.exports.sentences import sentences_of
from app.features.scripts.material import gather
from app.features.scripts.schemas import Section
from app.features.scripts.service import ScriptService
from app.features.scripts.versions import sections_of
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.http import Page, Paging
from app.shared.manifest import calls_of
from app.shared.paging import paged

ORDERS = {"created_at": Repurposing.created_at, "format": Repurposing.format, "title": Repurposing.title}


class Material(Struct):
    """What a piece is made from. `disputed`: the claims that sources contradict."""

    title: str
    sections: list[Section]
    words_per_minute: float
    disputed: set[UUID]
    language: str
    profile: DnaProfile | None
    rules: list[Rule]
    audience: str


class RepurposingService:
    """Scripts in other forms, each of them its owner's alone."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.scripts = ScriptService(session)

    async def owned(self, owner_id: UUID, repurposing_id: UUID) -> Repurposing:
        query = select(Repurposing).where(Repurposing.id == repurposing_id, Repurposing.owner_id == owner_id)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound("There is no such repurposing.")
        return row

    async def page(self, script: Script, paging: Paging) -> Page[RepurposingRead]:
        query = select(Repurposing).where(Repurposing.script_id == script.id)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of(await self._read(script.owner_id, found.items))

    async def read(self, row: Repurposing) -> RepurposingRead:
        return (await self._read(row.owner_id, [row]))[0]

    async def wanted(self, script: Script, data: RepurposingCreate) -> int:
        """The version that it is made from: the one that was named, else the head. Refuses one that says nothing yet."""
        version = await self.scripts.shelf.get(script, data.version)
        if not sentences_of(sections_of(version)):
            raise Unprocessable(
                f"Version {version.number} says nothing yet that could be used: all of it is still yours to write.",
                code="nothing_to_repurpose",
            )
        return version.number

    async def remove(self, row: Repurposing) -> None:
        await self.session.execute(delete(Repurposing).where(Repurposing.id == row.id))

    async def material(self, plan: Plan) -> Material:
        found = await gather(self.session, plan.script_id)
        version = await self.scripts.shelf.get(found.script, plan.version)
        sections = sections_of(version)
        cited = {one.claim_id for section in sections for one in section.citations if one.claim_id}
        query = select(ResearchClaim.id).where(
            ResearchClaim.id.in_(cited), ResearchClaim.status == ClaimStatus.CONTRADICTED
        )
        disputed = set(await self.session.scalars(query))
        audience = await described(self.session, await self.session.get_one(Project, found.script.project_id))
        return Material(
            title=found.script.title,
            sections=sections,
            words_per_minute=version.words_per_minute,
            disputed=disputed,
            language=found.language,
            profile=found.profile,
            rules=found.rules,
            audience=audience,
        )

    async def save(self, job_id: UUID, plan: Plan, written: Written) -> UUID:
        """Store it under the id that was planned, once, without the words of sources that are gone."""
        if await self.session.get(Repurposing, plan.repurposing_id) is not None:
            return plan.repurposing_id
        script = await self.session.scalar(select(Script).where(Script.id == plan.script_id).with_for_update())
        if script is None:
            raise NotFound("The script was deleted before this was done.", code="script_deleted")
        version = await self.scripts.shelf.get(script, plan.version)
        cited = {one.source_id for part in written.parts for one in part.citations}
        living = select(ContentSource.id).where(ContentSource.id.in_(cited)).with_for_update(read=True)
        there = set(await self.session.scalars(living))
        parts = [without_sources(part, there) for part in written.parts]
        manifest = {
            "script_id": plan.script_id, "version": plan.version, "format": plan.format, "engine": written.engine,
            "prompts": written.prompts, "parameters": {"words_per_minute": version.words_per_minute},
            "dna_profile_id": script.dna_profile_id, "sources": sorted(there), "calls": await calls_of(self.session, job_id),
        }  # fmt: skip
        self.session.add(
            Repurposing(
                id=plan.repurposing_id,
                owner_id=script.owner_id,
                script_id=script.id,
                version=plan.version,
                format=plan.format,
                title=written.title,
                parts=to_builtins(parts),
                engine=written.engine,
                rejected=to_builtins(written.rejected),
                manifest=to_builtins(manifest),
            )
        )
        await self.session.flush()
        return plan.repurposing_id

    async def _read(self, owner_id: UUID, rows: Sequence[Repurposing]) -> list[RepurposingRead]:
        parts = [convert(row.parts, list[Part]) for row in rows]
        cards = await self._sources(owner_id, [part for one in parts for part in one])
        return [_shown(row, said, cards) for row, said in zip(rows, parts, strict=True)]

    async def _sources(self, owner_id: UUID, parts: Sequence[Part]) -> dict[UUID, ListedSource]:
        cited = {one.source_id for part in parts for one in part.citations}
        query = select(ContentSource).where(ContentSource.owner_id == owner_id, ContentSource.id.in_(cited))
        return {
            row.id: ListedSource(row.id, row.title, row.role, row.author, row.url, row.published_at)
            for row in await self.session.scalars(query)
        }


def _shown(row: Repurposing, parts: list[Part], cards: dict[UUID, ListedSource]) -> RepurposingRead:
    words_per_minute = float(row.manifest["parameters"]["words_per_minute"])
    cited = dict.fromkeys(one.source_id for part in parts for one in part.citations if not one.source_deleted)
    sources = [cards[source_id] for source_id in cited if source_id in cards]
    return RepurposingRead(
        id=row.id,
        script_id=row.script_id,
        version=row.version,
        format=row.format,
        title=row.title,
        engine=row.engine,
        word_count=word_count(parts),
        estimated_seconds=seconds_of(row.format, parts, words_per_minute),
        text=copied(row.format, row.title, parts, sources),
        parts=parts,
        sources=sources,
        rejected=convert(row.rejected, list[LeftOut]),
        created_at=row.created_at,
    )
