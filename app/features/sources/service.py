import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from msgspec import UNSET
from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import ContentSource, Job, JobStatus, RetrievableText, SourceRole, SourceStatus, SourceVersion
from app.features import feature_modules
from app.features.sources.schemas import ChunkRead, NewSource, SourceRead, SourceUpdate, VersionRecord
from app.shared.evidence import Span
from app.shared.exceptions import Conflict, NotFound
from app.shared.http import Page, Paging, convert

ORDERS = {
    "created_at": ContentSource.created_at,
    "title": ContentSource.title,
    "status": ContentSource.status,
    "word_count": ContentSource.word_count,
}
READING = "sources.ingest_source"
CHUNK_COLUMNS = (
    "id", "owner_id", "project_id", "source_id", "version", "ordinal", "text", "span_start", "span_end", "start_seconds",
    "end_seconds", "speaker", "heading_path", "search_config", "length", "content_hash",
)  # fmt: skip

REUSE_EMBEDDINGS = """
update retrievable_text fresh set embedding = known.embedding, embedding_model = known.embedding_model
from retrievable_text known  -- of the same owner, whichever the source: the same text is paid for once
where fresh.source_id = :source and fresh.version = :version and known.owner_id = fresh.owner_id
  and known.content_hash = fresh.content_hash and known.embedding_model = :model and fresh.embedding is null
"""

INDEX_WORDS = """
with posted as (
  insert into search_postings (project_id, lexeme, chunk_id, frequency)
  select chunk.project_id, word.lexeme, chunk.id, cardinality(word.positions)
  from retrievable_text chunk, unnest(to_tsvector(chunk.search_config::regconfig, chunk.text)) word
  where chunk.source_id = :source and chunk.version = :version
  on conflict do nothing
  returning chunk_id, frequency
)
update retrievable_text chunk set length = posted.total
from (select chunk_id, sum(frequency) as total from posted group by chunk_id) posted
where chunk.id = posted.chunk_id
"""


class SourceService:
    """Content sources, the versions of their text, and their chunks."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def owned(self, owner_id: UUID, source_id: UUID, *, lock: bool = False) -> ContentSource:
        query = select(ContentSource).where(ContentSource.id == source_id, ContentSource.owner_id == owner_id)
        source = await self.session.scalar(query.with_for_update() if lock else query)
        if source is None:
            raise NotFound("There is no such source.")
        return source

    async def add(self, owner_id: UUID, project_id: UUID, new: NewSource) -> ContentSource:
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
            size_bytes=len(new.data),
            sha256=hashlib.sha256(new.data).hexdigest(),
            affirmed_at=datetime.now(UTC) if own else None,
            affirmed_from=new.address if own else None,
        )
        source.storage_key = f"sources/{owner_id}/{source.id}"
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
        total = await self.session.scalar(select(func.count()).select_from(query.subquery())) or 0
        order = ORDERS.get(paging.order_by or "created_at", ContentSource.created_at)
        down = paging.sort_order == "desc"
        ordered = query.order_by(
            order.desc() if down else order.asc(), ContentSource.id.desc() if down else ContentSource.id.asc()
        )
        rows = await self.session.scalars(ordered.limit(paging.limit).offset(paging.offset))
        return Page([convert(row, SourceRead) for row in rows], total, paging.limit, paging.offset)

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

    async def chunks(self, source: ContentSource, paging: Paging) -> Page[ChunkRead]:
        mine = RetrievableText.source_id == source.id, RetrievableText.version == source.version
        total = await self.session.scalar(select(func.count()).select_from(RetrievableText).where(*mine)) or 0
        columns = [getattr(RetrievableText, name) for name in ChunkRead.__struct_fields__ if name != "span"]
        query = select(*columns, RetrievableText.span_start, RetrievableText.span_end).where(*mine)
        ordered = query.order_by(RetrievableText.ordinal).limit(paging.limit).offset(paging.offset)
        rows = (await self.session.execute(ordered)).all()
        items = [convert(row, ChunkRead, span=Span(row.span_start, row.span_end)) for row in rows]
        return Page(items, total, paging.limit, paging.offset)

    async def begin_reading(self, source_id: UUID) -> ContentSource:
        """The source, marked as being read."""
        source = await self.present(source_id)
        source.status, source.error = SourceStatus.PROCESSING, None
        await self.session.flush()
        return source

    async def present(self, source_id: UUID) -> ContentSource:
        """The source, locked. Gone means deleted meanwhile."""
        source = await self.session.get(ContentSource, source_id, with_for_update=True)
        if source is None:
            raise NotFound("The source was deleted before it was read.", code="source_deleted")
        return source

    async def store_version(self, source_id: UUID, record: VersionRecord) -> int:
        """Keep a reading beside the published one; run again, it replaces what the unfinished run left."""
        source = await self.present(source_id)
        number = source.version + 1
        for table, column in ((SourceVersion, SourceVersion.number), (RetrievableText, RetrievableText.version)):
            await self.session.execute(delete(table).where(table.source_id == source_id, column == number))
        fields = ("text", "cues", "headings", "reader", "sha256")
        kept = {name: getattr(record, name) for name in fields}
        self.session.add(SourceVersion(source_id=source_id, number=number, **kept))
        await self.session.flush()
        rows = [
            (
                uuid7(), source.owner_id, source.project_id, source_id, number, chunk.ordinal, chunk.text,
                chunk.span.start, chunk.span.end, chunk.start_seconds, chunk.end_seconds, chunk.speaker,
                msgspec.json.encode(chunk.heading_path).decode(), record.search_config, 0, chunk.content_hash,
            )
            for chunk in record.chunks
        ]  # fmt: skip
        driver = await self._driver()
        await driver.copy_records_to_table("retrievable_text", records=rows, columns=CHUNK_COLUMNS)
        source.media_type, source.language = record.media_type, record.language
        return number

    async def reuse_embeddings(self, source_id: UUID, version: int, model: str) -> None:
        await self.session.execute(text(REUSE_EMBEDDINGS), {"source": source_id, "version": version, "model": model})

    async def unembedded(self, source_id: UUID, version: int, limit: int) -> Sequence[tuple[UUID, str]]:
        query = (
            select(RetrievableText.id, RetrievableText.text)
            .where(
                RetrievableText.source_id == source_id,
                RetrievableText.version == version,
                RetrievableText.embedding.is_(None),
            )
            .order_by(RetrievableText.ordinal)
            .limit(limit)
        )
        return [(row.id, row.text) for row in await self.session.execute(query)]

    async def count_unembedded(self, source_id: UUID, version: int) -> int:
        query = select(func.count()).where(
            RetrievableText.source_id == source_id,
            RetrievableText.version == version,
            RetrievableText.embedding.is_(None),
        )
        return await self.session.scalar(query) or 0

    async def store_embeddings(self, ids: Sequence[UUID], vectors: np.ndarray, model: str) -> None:
        driver = await self._driver()
        await driver.executemany(
            "update retrievable_text set embedding = $2, embedding_model = $3 where id = $1",
            [(chunk_id, vector, model) for chunk_id, vector in zip(ids, vectors, strict=True)],
        )

    async def publish(self, source_id: UUID, version: int, record: "Published") -> None:
        """Make the version the one that is searched and read; the chunks of older ones go."""
        source = await self.present(source_id)
        source.status, source.error = SourceStatus.READY, None
        if version < source.version:  # an old job, retried after a newer one had finished
            return
        await self.session.execute(text(INDEX_WORDS), {"source": source_id, "version": version})
        older = RetrievableText.source_id == source_id, RetrievableText.version < version
        await self.session.execute(delete(RetrievableText).where(*older))
        source.version = version
        source.word_count, source.chunk_count = record.word_count, record.chunk_count
        source.duration_seconds = record.duration_seconds
        await self.session.flush()

    async def mark_failed(self, source_id: UUID, code: str, message: str, next_action: str) -> None:
        """Say why it was not read; a source with an earlier version goes on serving that."""
        error = {"code": code, "message": message, "next_action": next_action}
        await self.session.execute(
            update(ContentSource)
            .where(
                ContentSource.id == source_id,
                ContentSource.status.in_([SourceStatus.PENDING, SourceStatus.PROCESSING]),
            )
            .values(
                status=case((ContentSource.version > 0, SourceStatus.READY.value), else_=SourceStatus.FAILED.value),
                error=error,
                revision=ContentSource.revision + 1,
            )
        )

    async def _driver(self) -> Any:
        """asyncpg's own connection under this session, for COPY and pipelined statements."""
        raw = await (await self.session.connection()).get_raw_connection()
        return raw.driver_connection


class Published(msgspec.Struct, frozen=True):
    """What a published version says of itself on its source."""

    word_count: int
    chunk_count: int
    duration_seconds: float | None
