"""What a deleted source leaves behind in scripts: nothing of its words, and sentences that say they rest on nothing."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from msgspec import to_builtins
from msgspec.structs import replace
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.db.models import Script, ScriptSource, ScriptVersion
from app.features.scripts.citing import settled
from app.features.scripts.schemas import Section
from app.features.scripts.versions import sections_of

GONE = "a source behind the script was deleted since"


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Take the source's quotes out of every version of every script that cites it; the script's own words stay."""
    scripts = select(ScriptSource.script_id).where(ScriptSource.source_id == source_id)
    for script in await session.scalars(
        select(Script).where(Script.id.in_(scripts)).order_by(Script.id).with_for_update()
    ):
        flag_modified(script, "head")  # locked before its versions are read, as by whoever writes one; its ETag changes
    query = select(ScriptVersion).where(ScriptVersion.script_id.in_(scripts)).with_for_update()
    for version in await session.scalars(query):
        sections = sections_of(version)
        cited = {one.source_id for section in sections for one in section.citations}
        if source_id in cited:
            changed: list[Any] = to_builtins([without_sources(section, cited - {source_id}) for section in sections])
            version.sections = changed
        if told := version.manifest.get("rejected"):
            version.manifest = {
                **version.manifest,
                "rejected": [{**one, "statement": "", "reason": GONE} for one in told],
            }
    await session.flush()
    await session.execute(delete(ScriptSource).where(ScriptSource.source_id == source_id))


def without_sources(section: Section, living: Collection[UUID]) -> Section:
    """The section where what cites any other source says that it was deleted; a sentence that no other citation carries is
    unsupported then."""
    if all(one.source_id in living for one in section.citations):
        return section
    citations = [
        one if one.source_id in living else replace(one, quote=None, source_deleted=True) for one in section.citations
    ]
    return settled(replace(section, citations=citations))
