"""A version with the sources that it cites, as the export formats take it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Project, Script, ScriptVersion, User
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
    owner = await scripts.session.get_one(User, script.owner_id)
    project = await scripts.session.get_one(Project, script.project_id)
    cited = {one.source_id for section in sections_of(version) for one in section.citations}
    cards = await source_cards(scripts.session, script.owner_id, cited)
    document = document_of(script, version, cards, owner.display_name, project.language, findings)
    return await asyncio.to_thread(export, format, document)


async def source_cards(
    session: AsyncSession, owner_id: UUID, source_ids: Collection[UUID] | None = None
) -> dict[UUID, SourceCard]:
    """What a document says of these sources of the owner, or of all of them."""
    query = select(ContentSource).where(ContentSource.owner_id == owner_id)
    if source_ids is not None:
        query = query.where(ContentSource.id.in_(source_ids))
    rows = await session.scalars(query)
    return {row.id: SourceCard(row.title, row.author, row.url, row.published_at, row.role) for row in rows}


def document_of(
    script: Script,
    version: ScriptVersion,
    cards: Mapping[UUID, SourceCard],
    author: str,
    language: str | None,
    findings: Sequence[ExportFinding] | None = None,
) -> ExportScript:
    """The version with the cards of what it cites."""
    sections = sections_of(version)
    cited = {one.source_id for section in sections for one in section.citations}
    return ExportScript(
        title=script.title,
        version=version.number,
        sections=sections,
        sources={source_id: card for source_id, card in cards.items() if source_id in cited},
        words_per_minute=version.words_per_minute,
        pace_measured=version.pace_measured,
        engine=version.engine,
        author=author,
        language=language,
        written_at=version.created_at,
        findings=list(findings) if findings is not None else None,
    )
