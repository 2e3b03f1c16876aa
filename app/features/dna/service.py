from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, to_builtins
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer
from uuid_utils.compat import uuid7

from app.db.models import (
    ContentSource,
    DnaProfile,
    DnaProfileSource,
    Grade,
    Project,
    SourceRole,
    SourceStatus,
    SourceVersion,
)
from app.features.dna.corpus import (
    Document,
    Gathered,
    LeftOut,
    creators_document,
    gather,
    is_heard,
    main_language,
    main_speaker,
    speakers_of,
)
from app.features.dna.fingerprint import restore
from app.features.dna.grades import grade_of, missing_for
from app.features.dna.match import Spread
from app.features.dna.proof import card_of
from app.features.dna.schemas import Controls, Measured, Plan, PlannedSource, ProfileRead, ProfileSummary, ProfileUpdate
from app.features.dna.traits import EXCERPT_CHARACTERS, MOST_SOURCES, Written
from app.features.sources.speakers import names_in, renamed_cues
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.manifest import calls_of
from app.shared.paging import paged

ORDERS = {"created_at": DnaProfile.created_at, "name": DnaProfile.name, "version": DnaProfile.version}


class DnaService:
    """DNA profiles, and which sources they may be built from."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def owned(
        self, owner_id: UUID, profile_id: UUID, *, with_fingerprint: bool = False, lock: bool = False
    ) -> DnaProfile:
        query = select(DnaProfile).where(DnaProfile.id == profile_id, DnaProfile.owner_id == owner_id)
        if lock:
            query = query.with_for_update()
        profile = await self.session.scalar(
            query.options(undefer(DnaProfile.fingerprint)) if with_fingerprint else query
        )
        if profile is None:
            raise NotFound("There is no such DNA profile.")
        return profile

    async def page(self, owner_id: UUID, project_id: UUID | None, paging: Paging) -> Page[ProfileSummary]:
        query = select(DnaProfile).where(DnaProfile.owner_id == owner_id)
        if project_id is not None:
            query = query.where(DnaProfile.project_id == project_id)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([convert(row, ProfileSummary) for row in found.items])

    async def usable_sources(self, project: Project, wanted: Sequence[UUID] | None) -> list[ContentSource]:
        """The sources a profile would be built from; `Unprocessable` says what is missing for one."""
        query = select(ContentSource).where(ContentSource.project_id == project.id).order_by(ContentSource.created_at)
        if wanted is None:
            query = query.where(ContentSource.role == SourceRole.OWN, ContentSource.status == SourceStatus.READY)
        else:
            query = query.where(ContentSource.id.in_(wanted))
        found = list(await self.session.scalars(query))
        if wanted is not None and {source.id for source in found} != set(wanted):
            raise NotFound("One of the sources is not in this project.")
        for source in found:
            if source.role is not SourceRole.OWN:
                raise Unprocessable(
                    f"A profile is built from your own work only; '{source.title}' is marked {source.role}.",
                    code="not_own",
                )
            if source.status is not SourceStatus.READY:
                raise Unprocessable(f"'{source.title}' is not ready yet; it is {source.status}.", code="not_ready")
        counted, others = in_main_language(found)
        require_enough(len(counted), sum(source.word_count for source in counted), others)
        return found

    async def plan(self, project_id: UUID, source_ids: Sequence[UUID], speaker: str | None) -> Plan:
        """Fix the versions that the build works on, whose words count, and in which language. Sources that were deleted
        meanwhile are left out; `Unprocessable` where the speaker isn't heard in any."""
        rows = await self.session.execute(
            select(ContentSource.speakers, SourceVersion)
            .join(SourceVersion, SourceVersion.source_id == ContentSource.id)
            .where(
                ContentSource.project_id == project_id,
                ContentSource.id.in_(source_ids),
                SourceVersion.number == ContentSource.version,
            )
            .order_by(ContentSource.id)
        )
        found = [(version, names_in(version.cues, named)) for named, version in rows]
        mine = speaker or next((one.me for _, one in found if one.me), None)
        cues = [renamed_cues(version.cues, one.by_label(mine)) for version, one in found]
        heard = sorted({name for one in cues for name in speakers_of(one)})
        if speaker is not None and heard and not is_heard(speaker, heard):
            raise Unprocessable(
                f"Nobody called '{speaker}' speaks in these sources; there are {', '.join(heard)}.",
                code="unknown_speaker",
            )
        chosen = mine or main_speaker(cues)
        return Plan(
            profile_id=uuid7(),
            sources=[
                PlannedSource(version.source_id, version.number, version.sha256, one.by_label(mine))
                for version, one in found
            ],
            language=main_language(
                _document(version, one, chosen) for (version, _), one in zip(found, cues, strict=True)
            ),
            speaker=chosen,
        )

    async def gathered(self, plan: Plan) -> Gathered:
        """The planned versions as the creator's documents, and which say nothing of theirs in the plan's language."""
        wanted = {(planned.source_id, planned.version): planned.names for planned in plan.sources}
        ids = [planned.source_id for planned in plan.sources]
        query = select(SourceVersion).where(SourceVersion.source_id.in_(ids)).order_by(SourceVersion.source_id)
        found = [
            (version, renamed_cues(version.cues, names))
            for version in await self.session.scalars(query)
            if (names := wanted.get((version.source_id, version.number))) is not None
        ]
        gathered = gather([_document(version, cues, plan.speaker) for version, cues in found], plan.language)
        speakers = {str(version.source_id): speakers_of(cues) for version, cues in found}
        return Gathered(
            gathered.documents, [_said_better(one, speakers[one.source_id], plan.speaker) for one in gathered.left_out]
        )

    async def save(
        self,
        job_id: UUID,
        owner_id: UUID,
        project_id: UUID,
        name: str | None,
        plan: Plan,
        measured: Measured,
        written: Written,
        fingerprint: bytes,
    ) -> UUID:
        """Store the profile under the id that was planned, so that doing it again makes no second one."""
        if await self.session.get(DnaProfile, plan.profile_id) is not None:
            return plan.profile_id
        project = await self.session.get(Project, project_id, with_for_update=True)
        if project is None:
            raise NotFound("The project was deleted before its profile was built.", code="project_deleted")
        builds = select(func.coalesce(func.max(DnaProfile.version), 0)).where(DnaProfile.project_id == project_id)
        version = (await self.session.scalar(builds) or 0) + 1
        fields: dict[str, Any] = to_builtins(measured)
        proof = card_of(restore(fingerprint), measured.corpus.words, fields.pop("split_half"))
        manifest = {
            "sources": to_builtins(plan.sources), "engine": written.engine, "prompt": written.prompt,
            "parameters": {"excerpt_characters": EXCERPT_CHARACTERS, "most_sources": MOST_SOURCES},
            "signals": "catalogue-2", "fingerprint": "ridge-2",
            "external_models": project.allow_external_models, "calls": await calls_of(self.session, job_id),
        }  # fmt: skip
        self.session.add(
            DnaProfile(
                id=plan.profile_id,
                owner_id=owner_id,
                project_id=project_id,
                name=name or f"{plan.speaker or 'Voice'} {version}",
                version=version,
                engine=written.engine,
                language=plan.language,
                speaker=plan.speaker,
                traits=to_builtins(written.traits),
                rejected=to_builtins(written.rejected),
                controls=to_builtins(Controls()),
                manifest=manifest,
                fingerprint=fingerprint,
                proof=to_builtins(proof),
                **fields,
            )
        )
        await self.session.flush()
        existing = select(ContentSource.id).where(ContentSource.id.in_([one.source_id for one in plan.sources]))
        self.session.add_all(
            DnaProfileSource(profile_id=plan.profile_id, source_id=source_id)
            for source_id in await self.session.scalars(existing)
        )
        if project.dna_profile_id is None:
            project.dna_profile_id = plan.profile_id
        await self.session.flush()
        return plan.profile_id

    async def change(self, profile: DnaProfile, data: ProfileUpdate) -> DnaProfile:
        if data.name is not UNSET:
            profile.name = data.name
        if data.controls is not UNSET:
            profile.controls = {**profile.controls, **to_builtins(data.controls)}
        await self.session.flush()
        return profile

    async def remove(self, profile: DnaProfile) -> None:
        chosen = update(Project).where(Project.dna_profile_id == profile.id)
        await self.session.execute(chosen.values(dna_profile_id=None, revision=Project.revision + 1))
        await self.session.execute(delete(DnaProfile).where(DnaProfile.id == profile.id))


def require_enough(sources: int, word_count: int, left_out: Sequence[LeftOut] = ()) -> None:
    """Raise `Unprocessable` with what is missing, where it is too little for the lowest grade."""
    if grade_of(sources, word_count) is not None:
        return
    missing = missing_for(Grade.C, sources, word_count)
    besides = f" {len(left_out)} left out: {left_out[0].reason}" if left_out else ""
    raise Unprocessable(
        f"A profile needs at least 3 ready own sources with 1,500 words in all; there are {sources} with "
        f"{word_count:,}. Add {' and '.join(missing)}.{besides}",
        code="too_little_text",
        extra=[
            *({"field": "source_ids", "message": part} for part in missing),
            *({"field": "source_ids", "message": f"{one.source_id}: {one.reason}"} for one in left_out),
        ],
    )


def in_main_language(sources: Sequence[ContentSource]) -> tuple[list[ContentSource], list[LeftOut]]:
    """The sources in the language of most words, or in none that is known, and the others with the reason."""
    said: Counter[str] = Counter()
    for source in sources:
        if source.language:
            said[source.language] += source.word_count
    main = max(said, key=lambda language: (said[language], language), default=None)
    others = [source for source in sources if source.language not in {main, None}]
    left_out = [LeftOut(str(one.id), f"It is in '{one.language}', most of the others in '{main}'.") for one in others]
    return [source for source in sources if source not in others], left_out


def read_profile(profile: DnaProfile) -> ProfileRead:
    """A profile from before structures were measured has none."""
    return convert(profile, ProfileRead, structure=profile.structure or None, proof=profile.proof or None)


def spreads_of(profile: DnaProfile) -> dict[str, Spread]:
    return msgspec.convert(profile.dimensions, dict[str, Spread])


def _document(version: SourceVersion, cues: list[dict[str, Any]], speaker: str | None) -> Document:
    return creators_document(str(version.source_id), version.text, cues, version.headings, speaker)


def _said_better(left_out: LeftOut, speakers: Sequence[str], speaker: str | None) -> LeftOut:
    """Names who is heard instead of the creator."""
    if not speakers or speaker is None or is_heard(speaker, speakers):
        return left_out
    return LeftOut(left_out.source_id, f"'{speaker}' is not heard in it, only {', '.join(speakers)}.")
