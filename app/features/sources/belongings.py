"""A source in the export of an account: as it was sent, and as it was read."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Project, SourceVersion
from app.features.sources.states import read_source_row
from app.shared.belongings import Belonging, Stored, Written, file_name, folder, project_folder
from app.shared.clients.storage import beside


async def belongings(session: AsyncSession, owner_id: UUID) -> AsyncIterator[Belonging]:
    mine = select(ContentSource, Project.title).join(Project, Project.id == ContentSource.project_id)
    for source, title in (await session.execute(mine.where(ContentSource.owner_id == owner_id))).all():
        place = f"{project_folder(title, source.project_id)}/sources/{folder(source.title, source.id)}"
        yield Written.of_json(f"{place}/source.json", partial(read_source_row, source))
        newest = SourceVersion.source_id == source.id, SourceVersion.number == source.version
        version = await session.scalar(select(SourceVersion).where(*newest))
        if version is not None:
            session.expunge(version)  # of many long texts one at a time is in memory
            yield Written.of_text(f"{place}/text.txt", partial(getattr, version, "text"))
            if version.cues:
                yield Written.of_json(f"{place}/cues.json", partial(getattr, version, "cues"))
        for one in _files(source, place):
            yield one


def _files(source: ContentSource, place: str) -> list[Stored]:
    """What lies in the storage for the source; what was never there is passed over."""
    key, media = source.storage_key, source.media or {}
    if key is None:
        return []
    found = [Stored(f"{place}/{file_name('original', source.filename)}", key)]
    if source.subtitles_name:
        found.append(Stored(f"{place}/{file_name('subtitles', source.subtitles_name)}", beside(key, "subtitles")))
    if media.get("poster"):
        found.append(Stored(f"{place}/poster.jpg", beside(key, "poster")))
    if media.get("waveform"):
        found.append(Stored(f"{place}/waveform.png", beside(key, "waveform")))
    return found
