"""A script in the export of an account: every version for programs, the head to be read."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project, Script, ScriptVersion, User
from app.features.scripts.exporting import document_of, source_cards
from app.features.scripts.exports.data import write_data
from app.features.scripts.exports.document import SourceCard, cleaned
from app.features.scripts.exports.markdown import write_markdown
from app.shared.belongings import Belonging, Written, folder, project_folder

Given = tuple[Script, ScriptVersion, Mapping[UUID, SourceCard], str, str | None]


async def belongings(session: AsyncSession, owner_id: UUID) -> AsyncIterator[Belonging]:
    author = (await session.get_one(User, owner_id)).display_name
    cards = await source_cards(session, owner_id)
    mine = select(Script, Project.title, Project.language).join(Project, Project.id == Script.project_id)
    for script, title, language in (await session.execute(mine.where(Script.owner_id == owner_id))).all():
        place = f"{project_folder(title, script.project_id)}/scripts/{folder(script.title, script.id)}"
        of_script = select(ScriptVersion.id).where(ScriptVersion.script_id == script.id).order_by(ScriptVersion.number)
        for version_id in (await session.scalars(of_script)).all():
            version = await session.get_one(ScriptVersion, version_id)
            session.expunge(version)  # of many versions one at a time is in memory
            given = (script, version, cards, author, language)
            yield Written.of_text(f"{place}/version-{version.number}.json", partial(_data, given))
            if version.number == script.head:
                yield Written.of_text(f"{place}/script.md", partial(_readable, given))


def _data(given: Given) -> str:
    return write_data(document_of(*given))


def _readable(given: Given) -> str:
    return write_markdown(cleaned(document_of(*given)))
