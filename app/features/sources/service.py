from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import ContentSource, Job, JobStatus, SourceRole, SourceStatus, SourceVersion
from app.features import feature_modules
from app.features.sources.schemas import NewSource, SourceRead, SourceUpdate, SpeakerRead, SpeakerUpdate
from app.features.sources.speakers import heard_speakers, renamed
from app.features.sources.states import read_source_row
from app.shared.clients.storage import ORIGINAL
from app.shared.exceptions import Conflict, NotFound, Unprocessable
from app.shared.http import Page, Paging
from app.shared.paging import paged

ORDERS = {
    "created_at": ContentSource.created_at,
    "title": ContentSource.title,
    "status": ContentSource.status,
    "word_count": ContentSource.word_count,
}
NO_SOURCE = "There is no such source."
READING = "sources.ingest_source"


def new_key(owner_id: UUID) -> str:
    """A key in the storage that nothing has yet."""
    return f"sources/{owner_id}/{uuid7()}/{ORIGINAL}"


class SourceService:
    """Content sources, the versions of their text, and their chunks."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def owned(self, owner_id: UUID, source_id: UUID, *, lock: bool = False) -> ContentSource:
        query = select(ContentSource).where(ContentSource.id == source_id, ContentSource.owner_id == owner_id)
        source = await self.session.scalar(query.with_for_update() if lock else query)
        if source is None:
            raise NotFound(NO_SOURCE)
        return source

    async def add(self, owner_id: UUID, project_id: UUID, new: NewSource) -> ContentSource:
        """A source that waits to be read; without a key of its own it gets one for what will be fetched."""
        own = new.role is SourceRole.OWN
        source = ContentSource(
            id=uuid7(),
            owner_id=owner_id,
            project_id=project_id,
            title=new.title,
            role=new.role,
            kind=new.kind,
            media_type=new.media_type,
            filename=new.filename,
            url=new.url,
            size_bytes=new.size_bytes,
            sha256=new.sha256,
            affirmed_at=datetime.now(UTC) if own else None,
            affirmed_from=new.address if own else None,
        )
        source.storage_key = new.storage_key or new_key(owner_id)
        self.session.add(source)
        await self.session.flush()
        return source

    async def page(
        self, project_id: UUID, paging: Paging, role: SourceRole | None, status: SourceStatus | None
    ) -> Page[SourceRead]:
        query = select(ContentSource).where(ContentSource.project_id == project_id)
        if role is not None:
            query = query.where(ContentSource.role == role)
        if status is not None:
            query = query.where(ContentSource.status == status)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([read_source_row(row) for row in found.items])

    async def change(self, source: ContentSource, data: SourceUpdate, address: str | None) -> ContentSource:
        if data.title is not UNSET:
            source.title = data.title
        if data.role is not UNSET and data.role is not source.role:
            source.role = data.role
            if data.role is SourceRole.OWN:
                source.affirmed_at, source.affirmed_from = datetime.now(UTC), address
        await self.session.flush()
        return source

    async def remove(self, source: ContentSource) -> str | None:
        """Delete the source with its text, chunks and what quotes it; gives the storage key that is left to delete."""
        for module in feature_modules("erasure"):
            await module.forget_source(self.session, source.id)
        await self.session.delete(source)
        await self.session.flush()
        return source.storage_key

    async def restart(self, source: ContentSource) -> None:
        """Make it wait for another reading, unless one is queued or running."""
        reading = select(Job.id).where(
            Job.owner_id == source.owner_id,
            Job.kind == READING,
            Job.status.in_([JobStatus.QUEUED, JobStatus.RUNNING]),
            Job.input["source_id"].astext == str(source.id),
        )
        if await self.session.scalar(reading.limit(1)) is not None:
            raise Conflict("The source is being read already; wait for it.", code="already_reading")
        source.status, source.error = SourceStatus.PENDING, None
        await self.session.flush()

    async def version(self, source: ContentSource, number: int | None = None) -> SourceVersion:
        """A version of its text, the newest if none is named; `Conflict` while it has none."""
        query = select(SourceVersion).where(
            SourceVersion.source_id == source.id, SourceVersion.number == (number or source.version)
        )
        found = await self.session.scalar(query)
        if found is None:
            raise Conflict(f"The source has no text yet; it is {source.status}.", code="no_text_yet")
        return found

    async def speakers(self, source: ContentSource) -> list[SpeakerRead]:
        """Who speaks in the source, by the words that they say."""
        return heard_speakers(await self.version(source), source.speakers)

    async def name_speakers(self, source: ContentSource, updates: Sequence[SpeakerUpdate]) -> list[SpeakerRead]:
        """Say who the speakers are: names for people, and which of them is the creator."""
        version = await self.version(source)
        known = {one.speaker for one in heard_speakers(version, source.speakers)}
        if unknown := [update.speaker for update in updates if update.speaker not in known]:
            raise Unprocessable(
                f"Nobody called '{unknown[0]}' speaks in this source; there are: {', '.join(sorted(known)) or 'no names'}.",
                code="unknown_speaker",
            )
        source.speakers = renamed(source.speakers, updates)
        await self.session.flush()
        return heard_speakers(version, source.speakers)

    async def attach_subtitles(self, source: ContentSource, filename: str | None) -> None:
        """Subtitles that were sent for audio or video; they are what is read of it from now on."""
        if source.media is None:
            raise Unprocessable(
                "Subtitles are attached to audio or video; send these as a source of their own.", code="no_media"
            )
        source.subtitles_name = filename or "subtitles"
        await self.restart(source)
