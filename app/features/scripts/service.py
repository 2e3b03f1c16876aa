import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from app.db.models import (
    ContentSource,
    DnaProfile,
    Project,
    Script,
    ScriptVersion,
    Structure,
    VersionOrigin,
)
from app.features.dna.match import Spread
from app.features.research.schemas import ClaimRead
from app.features.research.service import ResearchService
from app.features.scripts import citing, diffing
from app.features.scripts.beginnings import Beginnings
from app.features.scripts.plan import USUAL_MINUTES, ScriptPlan, parts_of, usual_sections
from app.features.scripts.schemas import (
    Changes,
    ScriptCreate,
    ScriptDiff,
    ScriptRead,
    ScriptSummary,
    ScriptUpdate,
    VersionCreate,
    VersionSummary,
)
from app.features.scripts.speech import seconds_for
from app.features.scripts.versions import (
    NewVersion,
    VersionShelf,
    edited,
    heard,
    pace_of_version,
    read_version,
    sections_of,
)
from app.features.scripts.voice import Voice, pace_of
from app.features.structures.schemas import PlannedSection
from app.shared.evidence import Span
from app.shared.exceptions import Conflict, NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.paging import paged

ORDERS = {"created_at": Script.created_at, "updated_at": Script.updated_at, "title": Script.title}
VERSION_ORDERS = {"number": ScriptVersion.number, "created_at": ScriptVersion.created_at}
NO_SCRIPT = "There is no such script."


class ScriptService:
    """Scripts and their versions, each of them its owner's alone."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.shelf = VersionShelf(session)
        self.beginnings = Beginnings(session)

    async def owned(self, owner_id: UUID, script_id: UUID, *, lock: bool = False) -> Script:
        query = select(Script).where(Script.id == script_id, Script.owner_id == owner_id)
        script = await self.session.scalar(query.with_for_update() if lock else query)
        if script is None:
            raise NotFound(NO_SCRIPT)
        return script

    async def page(self, project_id: UUID, paging: Paging) -> Page[ScriptSummary]:
        query = select(Script).where(Script.project_id == project_id)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([convert(row, ScriptSummary) for row in found.items])

    async def versions(self, script: Script, paging: Paging) -> Page[VersionSummary]:
        """Newest first."""
        query = select(ScriptVersion).where(ScriptVersion.script_id == script.id)
        found = await paged(self.session, query, paging, VERSION_ORDERS)
        items = [
            convert(row, VersionSummary, estimated_seconds=round(seconds_for(row.word_count, row.words_per_minute), 1))
            for row in found.items
        ]
        return found.of(items)

    async def read(self, script: Script) -> ScriptRead:
        version = read_version(await self.shelf.get(script)) if script.head else None
        return convert(script, ScriptRead, version=version)

    async def start(self, project: Project, data: ScriptCreate) -> Script:
        """The script's row, not written yet; what it is written from must be the owner's and of the project."""
        structure = await self.beginnings.structure(project, data.structure_id)
        research = await self.beginnings.research(
            project, data.research_id or (structure.research_id if structure else None)
        )
        if structure is None and research is None:
            await self.beginnings.require_material(project)
        if structure is not None and not structure.sections:
            raise Unprocessable("The structure has no sections; make or choose another.", code="empty_structure")
        profile_id = data.dna_profile_id or (structure.dna_profile_id if structure else None) or project.dna_profile_id
        if data.dna_profile_id is not None:
            mine = select(DnaProfile.id).where(
                DnaProfile.id == data.dna_profile_id, DnaProfile.owner_id == project.owner_id
            )
            if await self.session.scalar(mine) is None:
                raise NotFound("There is no such DNA profile.")
        script = Script(
            owner_id=project.owner_id,
            project_id=project.id,
            structure_id=structure.id if structure else None,
            research_id=research.id if research else None,
            dna_profile_id=profile_id,
            title=data.title or (structure.title if structure else project.title),
            target_minutes=data.target_minutes or project.target_minutes or USUAL_MINUTES,
            instructions=data.instructions,
        )
        self.session.add(script)
        await self.session.flush()
        return script

    async def plan(self, script_id: UUID) -> ScriptPlan:
        """Fix what the script is written from."""
        script = await self.session.get(Script, script_id)
        if script is None:
            raise NotFound("The script was deleted before it was written.", code="script_deleted")
        project = await self.session.get_one(Project, script.project_id)
        claims = await self.claims(script)
        profile = await self.session.get(DnaProfile, script.dna_profile_id) if script.dna_profile_id else None
        pace = pace_of(profile)
        words = round(script.target_minutes * pace.words_per_minute)
        structure = await self.session.get(Structure, script.structure_id) if script.structure_id else None
        if structure is not None:
            sections = msgspec.convert(structure.sections, list[PlannedSection])
            hooks = structure.hooks
            chosen = next((one for one in hooks if one["id"] == str(structure.hook_id)), hooks[0] if hooks else None)
        else:
            sections, chosen = usual_sections(claims, script.target_minutes), None
        hook = (chosen["text"], [UUID(one) for one in chosen.get("claim_ids", [])]) if chosen else None
        cited = {one.source_id: one.source_version for claim in claims for one in claim.citations}
        return ScriptPlan(
            script_id=script.id,
            title=script.title,
            language=project.language or (profile.language if profile else "en"),
            words_per_minute=pace.words_per_minute,
            pace_measured=pace.measured,
            words=words,
            parts=parts_of(sections, words, claims, hook, await self.beginnings.stories(project)),
            dna_profile_id=script.dna_profile_id,
            research_id=script.research_id,
            instructions=script.instructions,
            sources=sorted(cited.items()),
        )

    async def claims(self, script: Script) -> list[ClaimRead]:
        """The claims of the script's brief, as far as a quote still carries them."""
        if script.research_id is None:
            return []
        found = await ResearchService(self.session).claims(script.research_id)
        return [claim for claim in found if citing.cite(claim, Span(0, 1))]

    async def titles(self, owner_id: UUID, source_ids: Sequence[UUID]) -> dict[str, str]:
        query = select(ContentSource.id, ContentSource.title).where(
            ContentSource.owner_id == owner_id, ContentSource.id.in_(source_ids)
        )
        return {str(row.id): row.title for row in await self.session.execute(query)}

    async def voice(self, script: Script) -> Voice | None:
        """The voice it is written in, ready to be compared with."""
        if script.dna_profile_id is None:
            return None
        profile = await self.session.scalar(
            select(DnaProfile)
            .where(DnaProfile.id == script.dna_profile_id, DnaProfile.owner_id == script.owner_id)
            .options(undefer(DnaProfile.fingerprint))
        )
        if profile is None:
            return None
        try:
            return Voice(profile.fingerprint, msgspec.convert(profile.dimensions, dict[str, Spread]))
        except Conflict:  # a print of an earlier kind
            return None

    async def change(self, script: Script, data: ScriptUpdate) -> Script:
        if data.title is not UNSET:
            script.title = data.title
        await self.session.flush()
        return script

    async def edit(self, script: Script, data: VersionCreate) -> ScriptVersion:
        """The creator's own edit; the script is locked. `Conflict` where the head has moved on."""
        base = await self._head(script, data.base_version)
        sections, lost = await asyncio.to_thread(edited, sections_of(base), data.sections)
        sections, voice_match = heard(sections, await self.voice(script))
        return await self.shelf.store(
            script.id,
            NewVersion(
                base.number, VersionOrigin.EDITED, sections, pace_of_version(base), voice_match=voice_match, lost=lost,
                notes=[],
            ),
        )  # fmt: skip

    async def restore(self, script: Script, number: int) -> ScriptVersion:
        """An earlier version as the new head, with what has become of its citations since."""
        earlier = await self.shelf.get(script, number)
        return await self.shelf.store(
            script.id,
            NewVersion(
                script.head, VersionOrigin.RESTORED, sections_of(earlier), pace_of_version(earlier),
                voice_match=earlier.voice_match, instruction=f"Version {number} again",
            ),
        )  # fmt: skip

    async def diff(self, script: Script, before: int, after: int) -> ScriptDiff:
        one, other = await self.shelf.get(script, before), await self.shelf.get(script, after)
        found = await asyncio.to_thread(diffing.diff, sections_of(one), sections_of(other))
        return ScriptDiff(before, after, found)

    async def take_changes(self, script: Script, data: Changes) -> ScriptVersion:
        """The version with the rejected changes against its parent taken back; it must be the head."""
        version = await self._head(script, data.version)
        if version.parent is None:
            raise Conflict("The first version has no parent; it holds no changes.", code="no_parent")
        before, after = sections_of(await self.shelf.get(script, version.parent)), sections_of(version)
        known = diffing.change_ids(diffing.diff(before, after))
        if unknown := [one for one in (*data.accept, *data.reject) if one not in known]:
            raise Unprocessable(
                f"Version {version.number} has no change {unknown[0]}; GET the diff from {version.parent} to "
                f"{version.number} lists them.",
                code="unknown_change",
            )
        if both := set(data.accept) & set(data.reject):
            raise Unprocessable(f"The change {min(both)} is both accepted and rejected.", code="contradictory_changes")
        wanted = diffing.without_changes(before, after, set(data.reject))
        sections, lost = diffing.with_citations(before, after, wanted)
        sections, voice_match = heard(sections, await self.voice(script))
        told = f"{len(set(data.accept))} changes accepted, {len(set(data.reject))} rejected"
        return await self.shelf.store(
            script.id,
            NewVersion(
                version.number, VersionOrigin.EDITED, sections, pace_of_version(version), voice_match=voice_match,
                instruction=told, lost=lost,
            ),
        )  # fmt: skip

    async def remove(self, script: Script) -> None:
        await self.session.delete(script)
        await self.session.flush()

    async def _head(self, script: Script, number: int) -> ScriptVersion:
        """The version, if it is the head; else the refusal names both, and both can be read."""
        if number == script.head and number:
            return await self.shelf.get(script, number)
        known = 0 < number < script.head
        found = f"GET /api/v1/scripts/{script.id}/diff?from={number}&to={script.head} shows what came in between"
        raise Conflict(
            f"Only a version that is the head can be edited; the head is {script.head}, yours is {number}. Nothing is lost: "
            f"{found if known else 'read the head'}, and send your edit on top of it.",
            code="version_conflict",
            extra=[
                {"field": "base_version", "message": str(number)},
                {"field": "head", "message": str(script.head)},
            ],
        )
