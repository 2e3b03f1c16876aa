"""A script version with its findings, ready to be written to a file."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Project, SafetyCheck, SafetyFinding, Script, ScriptVersion, User
from app.features.safety import report
from app.features.safety.service import SafetyService, sections_of
from app.features.scripts.exports.document import ExportFinding, ExportScript, SourceCard
from app.features.scripts.schemas import Section
from app.shared.evidence import Span
from app.shared.exceptions import Conflict


async def script_with_findings(session: AsyncSession, script: Script, number: int | None) -> ExportScript:
    """The version, the head without a number, with what its newest check found and the creator hasn't dismissed."""
    service = SafetyService(session)
    version = await service.version(script, number)
    check = await _newest(session, version)
    if check is None:
        raise Conflict(f"Version {version.number} has not been checked yet; check it first.", code="not_checked")
    sections = sections_of(version)
    findings = [one for one in await service.findings(check.id) if report.counts(one.status)]
    project = await session.get(Project, script.project_id)
    owner = await session.get(User, script.owner_id)
    return ExportScript(
        title=script.title,
        version=version.number,
        sections=sections,
        sources=await _cards(session, script.owner_id, sections),
        words_per_minute=version.words_per_minute,
        pace_measured=version.pace_measured,
        engine=version.engine,
        author=owner.display_name if owner else None,
        language=project.language if project else None,
        written_at=version.created_at,
        findings=[_finding(one) for one in findings],
    )


async def _newest(session: AsyncSession, version: ScriptVersion) -> SafetyCheck | None:
    query = (
        select(SafetyCheck)
        .where(SafetyCheck.script_id == version.script_id, SafetyCheck.version == version.number)
        .order_by(SafetyCheck.created_at.desc(), SafetyCheck.id.desc())
        .limit(1)
    )
    found: SafetyCheck | None = await session.scalar(query)
    return found


async def _cards(session: AsyncSession, owner_id: UUID, sections: Sequence[Section]) -> dict[UUID, SourceCard]:
    cited = {citation.source_id for section in sections for citation in section.citations}
    query = select(ContentSource).where(ContentSource.id.in_(cited), ContentSource.owner_id == owner_id)
    return {
        one.id: SourceCard(one.title, one.author, one.url, one.published_at, one.role.value)
        for one in await session.scalars(query)
    }


def _finding(one: SafetyFinding) -> ExportFinding:
    span = None if one.span_start is None or one.span_end is None else Span(one.span_start, one.span_end)
    return ExportFinding(
        category=one.category,
        severity=one.severity.value,
        section_id=one.section_id,
        field=one.field.value if one.field else None,
        span=span,
        quote=one.quote,
        rationale=one.rationale,
        suggestion=one.suggestion,
    )
