from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from uuid_utils.compat import uuid7

from app.db.models import (
    ClaimStatus,
    ContentSource,
    Depth,
    Project,
    ResearchBrief,
    ResearchCitation,
    ResearchClaim,
    SourceRole,
    SourceStatus,
    SourceVersion,
)
from app.features.memory.preferences import rules_for
from app.features.research.material import Plan, PlannedSource
from app.features.research.schemas import CitationRead, ClaimRead, ResearchRead, ResearchSummary
from app.features.research.settling import Parts, standing
from app.shared.evidence import Span
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.paging import paged

ORDERS = {"created_at": ResearchBrief.created_at, "question": ResearchBrief.question, "depth": ResearchBrief.depth}


class ResearchService:
    """Research briefs, their claims, and which sources they may be made from."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def owned(self, owner_id: UUID, research_id: UUID, *, lock: bool = False) -> ResearchBrief:
        query = select(ResearchBrief).where(ResearchBrief.id == research_id, ResearchBrief.owner_id == owner_id)
        brief = await self.session.scalar(query.with_for_update() if lock else query)
        if brief is None:
            raise NotFound("There is no such research brief.")
        return brief

    async def newest(self, project_id: UUID) -> ResearchBrief | None:
        query = select(ResearchBrief).where(ResearchBrief.project_id == project_id)
        return await self.session.scalar(
            query.order_by(ResearchBrief.created_at.desc(), ResearchBrief.id.desc()).limit(1)
        )

    async def page(self, project_id: UUID, paging: Paging) -> Page[ResearchSummary]:
        query = select(ResearchBrief).where(ResearchBrief.project_id == project_id)
        found = await paged(self.session, query, paging, ORDERS)
        ids = [row.id for row in found.items]
        fallen = ResearchClaim.status == ClaimStatus.NOT_FOUND, ResearchClaim.brief_id.in_(ids)
        gone = {str(claim_id) for claim_id in await self.session.scalars(select(ResearchClaim.id).where(*fallen))}
        return found.of([convert(row, ResearchSummary, summary=_said(row.summary, gone)) for row in found.items])

    async def read(self, brief: ResearchBrief) -> ResearchRead:
        """The brief with what its standing claims carry."""
        return read_brief(brief, await self.claims(brief.id))

    async def claims(self, research_id: UUID) -> list[ClaimRead]:
        """The brief's claims with their citations, in two queries."""
        return [read_claim(row) for row in await self.claim_rows(research_id)]

    async def claim_rows(self, research_id: UUID) -> Sequence[ResearchClaim]:
        query = select(ResearchClaim).where(ResearchClaim.brief_id == research_id).order_by(ResearchClaim.ordinal)
        return (await self.session.scalars(query.options(selectinload(ResearchClaim.citations)))).all()

    async def remove(self, brief: ResearchBrief) -> None:
        await self.session.execute(delete(ResearchBrief).where(ResearchBrief.id == brief.id))

    async def usable_sources(
        self, project: Project, wanted: Sequence[UUID] | None, updates: UUID | None
    ) -> list[ContentSource]:
        """The sources that a brief would be made from; an `AppError` says what is missing."""
        before = await self._earlier(project, updates) if updates else None
        query = select(ContentSource).where(ContentSource.project_id == project.id).order_by(ContentSource.created_at)
        if wanted is None:
            ready = ContentSource.role == SourceRole.REFERENCE, ContentSource.status == SourceStatus.READY
            found = list(await self.session.scalars(query.where(*ready)))
        else:
            found = list(await self.session.scalars(query.where(ContentSource.id.in_(wanted))))
            if {source.id for source in found} != set(wanted):
                raise NotFound("One of the sources is not in this project.")
            for source in found:
                if source.status is not SourceStatus.READY:
                    raise Unprocessable(f"“{source.title}” is not ready yet; it is {source.status}.", code="not_ready")
        if not found:
            raise Unprocessable(
                "This project has no ready reference source. Add an article, a paper, a page or notes about the topic as "
                "`reference`, wait until it is ready, then ask again; or name other sources in `source_ids`.",
                code="no_ready_sources",
            )
        if before is None:
            return found
        fresh = await self._newer(found, before)
        if not fresh:
            raise Unprocessable(
                "No source was added or read anew since that brief. Add one, or ask without `updates`.",
                code="no_new_sources",
            )
        return fresh

    async def _earlier(self, project: Project, research_id: UUID) -> ResearchBrief:
        brief = await self.owned(project.owner_id, research_id)
        if brief.project_id != project.id:
            raise NotFound("There is no such research brief in this project.")
        return brief

    async def _newer(self, sources: Sequence[ContentSource], brief: ResearchBrief) -> list[ContentSource]:
        """Those whose newest text came in after the brief was planned, and wasn't read by it."""
        read = {(one["source_id"], one["version"]) for one in brief.manifest.get("sources", [])}
        planned = datetime.fromisoformat(brief.manifest["planned_at"])
        rows = await self.session.execute(
            select(SourceVersion.source_id, SourceVersion.number).where(
                SourceVersion.source_id.in_([source.id for source in sources]), SourceVersion.created_at > planned
            )
        )
        fresh = {(row.source_id, row.number) for row in rows}
        return [
            source
            for source in sources
            if (source.id, source.version) in fresh and (str(source.id), source.version) not in read
        ]

    async def plan(
        self,
        owner_id: UUID,
        project_id: UUID,
        source_ids: Sequence[UUID],
        question: str,
        depth: Depth,
        updates: UUID | None,
    ) -> Plan:
        """Fix the versions that the work is done on. Sources that were deleted meanwhile are left out."""
        sources = await self.planned_sources(project_id, source_ids)
        require_sources(sources)
        rules = await rules_for(self.session, owner_id)
        return Plan(uuid7(), question, depth, sources, rules, datetime.now(UTC), updates)

    async def planned_sources(self, project_id: UUID, source_ids: Sequence[UUID]) -> list[PlannedSource]:
        """Those of the sources that are still there, at their newest versions."""
        rows = await self.session.execute(
            select(ContentSource, SourceVersion.sha256)
            .join(SourceVersion, and_(SourceVersion.source_id == ContentSource.id, SourceVersion.number == ContentSource.version))
            .where(ContentSource.project_id == project_id, ContentSource.id.in_(source_ids))
            .order_by(ContentSource.created_at, ContentSource.id)
        )  # fmt: skip
        return [
            PlannedSource(source.id, source.version, sha256, source.title, source.role, source.chunk_count)
            for source, sha256 in rows
        ]


def require_sources(sources: Sequence[Any]) -> None:
    if not sources:
        raise Unprocessable(
            "All sources of this research were deleted; add others and ask again.", code="sources_deleted"
        )


def read_brief(brief: ResearchBrief, claims: list[ClaimRead]) -> ResearchRead:
    """The brief with what the claims that stand carry."""
    parts = standing(parts_of(brief), claims)
    return convert(
        brief,
        ResearchRead,
        updates=brief.updates_id,
        summary=" ".join(one.text for one in parts.summary),
        summary_sentences=parts.summary,
        plan=parts.plan,
        source_evaluations=parts.evaluations,
        contradictions=parts.contradictions,
        entities=parts.entities,
        claims=claims,
    )


def read_claim(row: ResearchClaim) -> ClaimRead:
    return convert(row, ClaimRead, citations=[read_citation(one) for one in row.citations])


def read_citation(row: ResearchCitation) -> CitationRead:
    return convert(row, CitationRead, span=Span(row.span_start, row.span_end))


def _said(summary: Sequence[Any], gone: set[str]) -> str:
    return " ".join(one["text"] for one in summary if not gone & set(one["claim_ids"]))


def parts_of(brief: ResearchBrief) -> Parts:
    given = {
        "plan": brief.plan, "summary": brief.summary, "contradictions": brief.contradictions, "entities": brief.entities,
        "evaluations": brief.source_evaluations,
    }  # fmt: skip
    return msgspec.convert(given, Parts)
