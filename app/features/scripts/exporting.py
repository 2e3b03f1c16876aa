"""A version with the sources that it cites, as the export formats take it."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import select

from app.db.models import ContentSource, Project, Script, User
from app.features.scripts.exports.document import ExportFinding, ExportScript, SourceCard
from app.features.scripts.exports.files import ExportFile, export
from app.features.scripts.schemas import ExportFormat
from app.features.scripts.service import ScriptService
from app.features.scripts.versions import sections_of


async def exported(
    scripts: ScriptService,
    script: Script,
    format: ExportFormat,  # noqa: A002  the contract's word
    number: int | None,
    findings: Sequence[ExportFinding] | None = None,
) -> ExportFile:
    """The version, the head if none is named, as a file."""
    version = await scripts.shelf.get(script, number)
    sections = sections_of(version)
    cited = {one.source_id for section in sections for one in section.citations}
    rows = await scripts.session.scalars(
        select(ContentSource).where(ContentSource.owner_id == script.owner_id, ContentSource.id.in_(cited))
    )
    sources = {row.id: SourceCard(row.title, row.author, row.url, row.published_at, row.role) for row in rows}
    owner = await scripts.session.get_one(User, script.owner_id)
    project = await scripts.session.get_one(Project, script.project_id)
    document = ExportScript(
        title=script.title,
        version=version.number,
        sections=sections,
        sources=sources,
        words_per_minute=version.words_per_minute,
        pace_measured=version.pace_measured,
        engine=version.engine,
        author=owner.display_name,
        language=project.language,
        written_at=version.created_at,
        findings=list(findings) if findings is not None else None,
    )
    return await asyncio.to_thread(export, format, document)
