"""What an idea check finds in a project's sources and in the creator's archive, and how it is kept."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, to_builtins
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import (
    Audience,
    ContentSource,
    IdeaCheck,
    Project,
    RetrievableText,
    SourceRole,
    SourceStatus,
    SourceVersion,
)
from app.features.memory.preferences import Rule, rules_for
from app.features.structures.judging import Judged
from app.features.structures.schemas import IdeaCheckRead
from app.shared.evidence import Span, stands
from app.shared.exceptions import NotFound
from app.shared.http import Page, Paging, convert
from app.shared.manifest import calls_of
from app.shared.paging import paged

ORDERS = {"created_at": IdeaCheck.created_at, "novelty": IdeaCheck.novelty, "coverage": IdeaCheck.coverage}
MOST_PROJECTS = 10
"""Whose own sources are looked through, beside the project's; the newest."""


class Passage(Struct, frozen=True):
    """A chunk as it is read for a judgement."""

    chunk_id: UUID
    source_id: UUID
    title: str
    text: str
    start: int


class Brief(Struct, frozen=True):
    """Whom the project is for, what the archive and the references hold, and the creator's rules."""

    audience: str
    knows: str
    age_from: int | None
    own_sources: int
    references: int
    rules: tuple[Rule, ...] = ()


class IdeaCheckService:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(self, project_id: UUID, paging: Paging) -> Page[IdeaCheckRead]:
        query = select(IdeaCheck).where(IdeaCheck.project_id == project_id)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([convert(row, IdeaCheckRead) for row in found.items])

    async def archive(self, owner_id: UUID, project_id: UUID) -> list[UUID]:
        """The projects whose own sources make the creator's archive, this one first."""
        query = (
            select(ContentSource.project_id)
            .where(
                ContentSource.owner_id == owner_id,
                ContentSource.role == SourceRole.OWN,
                ContentSource.status == SourceStatus.READY,
            )
            .group_by(ContentSource.project_id)
            .order_by((ContentSource.project_id == project_id).desc(), func.max(ContentSource.created_at).desc())
            .limit(MOST_PROJECTS)
        )
        return list(await self.session.scalars(query))

    async def brief(self, project_id: UUID) -> Brief:
        project = await self.session.get(Project, project_id)
        if project is None:
            raise NotFound("The project was deleted.", code="project_deleted")
        audience = await self.session.get(Audience, project.audience_id) if project.audience_id else None
        said = [project.audience or "", audience.name if audience else "", audience.description if audience else ""]
        return Brief(
            audience=". ".join(one for one in said if one),
            knows=(audience.knows or "") if audience else "",
            age_from=audience.age_from if audience else None,
            own_sources=await self._ready(ContentSource.owner_id == project.owner_id, SourceRole.OWN),
            references=await self._ready(ContentSource.project_id == project_id, SourceRole.REFERENCE),
            rules=tuple(await rules_for(self.session, project.owner_id)),
        )

    async def _ready(self, whose: Any, role: SourceRole) -> int:
        ready = whose, ContentSource.role == role, ContentSource.status == SourceStatus.READY
        return await self.session.scalar(select(func.count()).select_from(ContentSource).where(*ready)) or 0

    async def passages(self, chunk_ids: Sequence[UUID]) -> list[Passage]:
        """The chunks in the order given; those that are gone are left out."""
        rows = await self.session.execute(
            select(RetrievableText, ContentSource.title)
            .join(ContentSource, ContentSource.id == RetrievableText.source_id)
            .where(RetrievableText.id.in_(chunk_ids))
        )
        found = {row.id: Passage(row.id, row.source_id, title, row.text, row.span_start) for row, title in rows}
        return [found[one] for one in chunk_ids if one in found]

    async def quoted(self, passage: Passage, span: Span, similarity: float) -> dict[str, Any] | None:
        """The place in the newest text of its source, with its time; None where it doesn't stand there."""
        version = await self.session.scalar(
            select(SourceVersion)
            .join(ContentSource, ContentSource.id == SourceVersion.source_id)
            .where(SourceVersion.source_id == passage.source_id, SourceVersion.number == ContentSource.version)
        )
        place = Span(passage.start + span.start, passage.start + span.end)
        quote = span.of(passage.text)
        if version is None or not stands(version.text, quote, place):
            return None
        timed = [cue for cue in version.cues if cue["start_seconds"] is not None]
        index = bisect_right([cue["start"] for cue in timed], place.start) - 1
        return {
            "source_id": str(passage.source_id), "source_title": passage.title, "source_version": version.number,
            "quote": quote, "span": to_builtins(place), "similarity": similarity, "stale": False,
            "start_seconds": timed[index]["start_seconds"] if index >= 0 else None,
        }  # fmt: skip

    async def save(
        self, job_id: UUID, owner_id: UUID, project_id: UUID, check_id: UUID, idea: str, judged: Judged, prompt: str | None
    ) -> UUID:  # fmt: skip
        """Store it under the id that was planned, so that doing it again makes no second one."""
        if await self.session.get(IdeaCheck, check_id) is not None:
            return check_id
        project = await self.session.get(Project, project_id, with_for_update=True)
        if project is None:
            raise NotFound("The project was deleted before the idea was checked.", code="project_deleted")
        fields: dict[str, Any] = to_builtins(judged)
        rejected = fields.pop("refused")
        manifest = {
            "engine": judged.engine, "prompt": prompt, "similarity": "words-1", "rejected": rejected,
            "external_models": project.allow_external_models, "calls": await calls_of(self.session, job_id),
        }  # fmt: skip
        self.session.add(
            IdeaCheck(id=check_id, owner_id=owner_id, project_id=project_id, idea=idea, manifest=manifest, **fields)
        )
        await self.session.flush()
        return check_id
