"""Briefs on their way into the tables, and what becomes of them when a source is deleted or read anew."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.db.models import ContentSource, Project, ResearchBrief, ResearchCitation, ResearchClaim, Stance
from app.features.research.evaluating import Looked, evaluate
from app.features.research.material import Draft, Plan
from app.features.research.schemas import CitationRead, ClaimRead, RejectedStatement
from app.features.research.service import parts_of, require_sources
from app.features.research.settling import Parts, judge_again, metrics_of, scrub, standing
from app.features.research.shelf import Shelf
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.manifest import calls_of

WITH_CLAIMS = selectinload(ResearchBrief.claims).selectinload(ResearchClaim.citations)


class BriefStore:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.shelf = Shelf(session)

    async def save(self, job_id: UUID, owner_id: UUID, project_id: UUID, plan: Plan, draft: Draft) -> UUID:
        """Store the brief under the id that was planned. Only quotes that stand are stored; sources that were deleted
        meanwhile are left out with what rests on them, those that were read anew are followed."""
        if await self.session.get(ResearchBrief, plan.brief_id) is not None:
            return plan.brief_id
        project = await self.session.get(Project, project_id)
        if project is None:
            raise NotFound("The project was deleted before its research was done.", code="project_deleted")
        left = await self._sources_left(plan)
        rejected = list(draft.rejected)
        claims = await self._standing(draft.claims, left, rejected)
        judge_again(claims, plan.origin)
        evaluations = evaluate(await self._looked(left.values(), claims), claims)
        parts = standing(Parts(draft.plan, draft.summary, draft.contradictions, draft.entities, evaluations), claims)
        updates = plan.updates
        if updates is not None and await self.session.get(ResearchBrief, updates) is None:
            updates = None
        manifest = {
            "sources": [to_builtins(one) for one in plan.sources if one.source_id in left], "engine": draft.engine,
            "prompts": draft.prompts, "parameters": {"depth": plan.depth.value}, "planned_at": plan.planned_at.isoformat(),
            "preferences": [str(rule.id) for rule in plan.rules], "external_models": project.allow_external_models,
            "calls": await calls_of(self.session, job_id),
        }  # fmt: skip
        self.session.add(
            ResearchBrief(
                id=plan.brief_id, owner_id=owner_id, project_id=project_id, updates_id=updates, question=plan.question,
                depth=plan.depth, engine=draft.engine, gaps=to_builtins(draft.gaps), rejected=to_builtins(rejected),
                metrics=to_builtins(metrics_of(parts.plan, claims, await self.fidelity(claims))), manifest=manifest,
                **_columns(parts),
            )
        )  # fmt: skip
        self.session.add_all(_claim_row(plan.brief_id, number, claim) for number, claim in enumerate(claims))
        await self.session.flush()
        return plan.brief_id

    async def _sources_left(self, plan: Plan) -> dict[UUID, ContentSource]:
        """The planned sources that are still there, held so that none is deleted or published anew while we store."""
        ids = [one.source_id for one in plan.sources]
        query = (
            select(ContentSource).where(ContentSource.id.in_(ids)).order_by(ContentSource.id).with_for_update(read=True)
        )
        left = {source.id: source for source in await self.session.scalars(query)}
        require_sources(list(left))
        return left

    async def _standing(
        self, claims: Sequence[ClaimRead], left: Mapping[UUID, ContentSource], rejected: list[RejectedStatement]
    ) -> list[ClaimRead]:
        """The claims with the citations that stand where they say; page and second are filled in."""
        cited = {(one.source_id, one.source_version) for claim in claims for one in claim.citations}
        newest = {
            (source_id, source.version)
            for source_id, source in left.items()
            if any(source_id == one for one, _ in cited)
        }
        grounds = await self.shelf.grounds(cited | newest)
        kept = []
        for claim in claims:
            standing: list[CitationRead] = []
            for one in claim.citations:
                ground = grounds.get((one.source_id, one.source_version)) if one.source_id in left else None
                if ground is None or not ground.holds(one.quote, one.span):
                    continue
                ground.place(one)
                if left[one.source_id].version != one.source_version:
                    grounds[one.source_id, left[one.source_id].version].follow(one)
                standing.append(one)
            claim.citations = standing
            if any(one.stance is Stance.SUPPORTS for one in standing):
                kept.append(claim)
            else:
                gone = all(one.source_id not in left for one in claim.citations)
                rejected.append(
                    RejectedStatement(
                        "A claim" if gone else claim.text, "the source it was quoted from was deleted meanwhile"
                    )
                )
        return kept

    async def _looked(self, sources: Iterable[ContentSource], claims: Sequence[ClaimRead]) -> list[Looked]:
        cited = {one.source_id for claim in claims for one in claim.citations}
        used = [source for source in sources if source.id in cited]
        grounds = await self.shelf.grounds((source.id, source.version) for source in used)
        return [
            Looked(
                source.id,
                source.title,
                source.author,
                source.published_at,
                source.duration_seconds is not None,
                ground.text,
            )
            for source in used
            if (ground := grounds.get((source.id, source.version)))
        ]

    async def fidelity(self, claims: Sequence[ClaimRead]) -> float:
        """The share of the quotes that stand at their span in the stored text. Less than all: the brief is refused."""
        quoted = [one for claim in claims for one in claim.citations if one.quote is not None]
        grounds = await self.shelf.grounds((one.source_id, one.source_version) for one in quoted)
        standing = sum(
            (ground := grounds.get((one.source_id, one.source_version))) is not None
            and ground.holds(one.quote, one.span)
            for one in quoted
        )
        if standing < len(quoted):
            raise Unprocessable(
                f"{len(quoted) - standing} of {len(quoted)} quotes don't stand in their sources, so the brief is not stored. "
                "Ask again.",
                code="quotes_do_not_stand",
            )
        return 1.0

    async def citing(self, source_id: UUID) -> list[ResearchBrief]:
        """The briefs that were made from a source, locked, with claims and citations."""
        cited = (
            select(ResearchClaim.brief_id)
            .join(ResearchCitation, ResearchCitation.claim_id == ResearchClaim.id)
            .where(ResearchCitation.source_id == source_id)
        )
        query = select(ResearchBrief).where(ResearchBrief.id.in_(cited)).options(WITH_CLAIMS)
        return list(await self.session.scalars(query.order_by(ResearchBrief.id).with_for_update(of=ResearchBrief)))

    async def follow(
        self, brief: ResearchBrief, claims: Sequence[ClaimRead], gone: Sequence[str] | None = None
    ) -> None:
        """Store what became of the claims. With quotes that are *gone*, what was made of them or rested on them alone is
        erased from the brief; otherwise it is left out only while its quotes don't stand."""
        by_id = {row.id: row for row in brief.claims}
        judge_again(claims, {UUID(one["source_id"]): str(one["sha256"]) for one in brief.manifest.get("sources", [])})
        for claim in claims:
            row = by_id[claim.id]
            row.text, row.status = claim.text, claim.status
            for stored, one in zip(row.citations, claim.citations, strict=True):
                _follow_row(stored, one)
        parts = standing(parts_of(brief), claims)
        if gone is not None:
            parts = scrub(parts, claims, gone)
            for name, value in _columns(parts).items():
                setattr(brief, name, value)
        brief.metrics = to_builtins(metrics_of(parts.plan, claims, brief.metrics["quote_fidelity"]))
        flag_modified(brief, "metrics")  # the brief's ETag changes with its claims
        await self.session.flush()


def _columns(parts: Parts) -> dict[str, Any]:
    columns = to_builtins(parts)
    columns["source_evaluations"] = columns.pop("evaluations")
    return dict(columns)


def _claim_row(brief_id: UUID, ordinal: int, claim: ClaimRead) -> ResearchClaim:
    citations = [_citation_row(number, one) for number, one in enumerate(claim.citations)]
    return ResearchClaim(
        id=claim.id, brief_id=brief_id, ordinal=ordinal, text=claim.text, status=claim.status,
        sub_question=claim.sub_question, citations=citations,
    )  # fmt: skip


def _citation_row(ordinal: int, one: CitationRead) -> ResearchCitation:
    row = ResearchCitation(ordinal=ordinal, source_id=one.source_id, chunk_id=one.chunk_id, stance=one.stance)
    _follow_row(row, one)
    return row


def _follow_row(row: ResearchCitation, one: CitationRead) -> None:
    row.quote, row.source_version = one.quote, one.source_version
    row.span_start, row.span_end = one.span.start, one.span.end
    row.page, row.start_seconds = one.page, one.start_seconds
    row.stale, row.source_deleted = one.stale, one.source_deleted
