"""Readings of a source on their way into the tables: stored beside the published version, embedded, then published."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import ContentSource, RetrievableText, SourceKind, SourceStatus, SourceVersion
from app.features import feature_modules
from app.features.sources.readers.model import Reading
from app.features.sources.schemas import VersionRecord
from app.features.sources.states import advice
from app.shared.exceptions import NotFound

CHUNK_COLUMNS = (
    "id", "owner_id", "project_id", "source_id", "version", "ordinal", "text", "span_start", "span_end", "page", "start_seconds",
    "end_seconds", "speaker", "heading_path", "search_config", "content_hash",
)  # fmt: skip

REUSE_EMBEDDINGS = """
update retrievable_text fresh set embedding = known.embedding, embedding_model = known.embedding_model
from retrievable_text known  -- of the same owner, whichever the source: the same text is paid for once
where fresh.source_id = :source and fresh.version = :version and known.owner_id = fresh.owner_id
  and known.content_hash = fresh.content_hash and known.embedding_model = :model and fresh.embedding is null
"""

INDEX_WORDS = """
with words as materialized (
  select chunk.project_id, chunk.source_id, chunk.id, chunk.search_config, word.lexeme,
    cardinality(word.positions) as frequency
  from retrievable_text chunk, unnest(to_tsvector(chunk.search_config::regconfig, chunk.text)) word
  where chunk.source_id = :source and chunk.version = :version
), posted as (
  insert into search_postings (project_id, lexeme, chunk_id, frequency, length, source_id)
  select project_id, lexeme, id, frequency, sum(frequency) over (partition by id), source_id from words
  on conflict do nothing
)
select coalesce(sum(frequency), 0) as words, coalesce(max(search_config), 'simple') as config from words
"""


class VersionStore:
    """What a worker writes while it reads a source."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

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
        fields = ("text", "cues", "headings", "pages", "reader", "sha256")
        kept = {name: getattr(record, name) for name in fields}
        self.session.add(SourceVersion(source_id=source_id, number=number, **kept))
        await self.session.flush()
        rows = [
            (
                uuid7(), source.owner_id, source.project_id, source_id, number, chunk.ordinal, chunk.text,
                chunk.span.start, chunk.span.end, chunk.page, chunk.start_seconds, chunk.end_seconds, chunk.speaker,
                msgspec.json.encode(chunk.heading_path).decode(), record.search_config, chunk.content_hash,
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
        indexed = (await self.session.execute(text(INDEX_WORDS), {"source": source_id, "version": version})).one()
        source.indexed_words, source.search_config = indexed.words, indexed.config
        older = RetrievableText.source_id == source_id, RetrievableText.version < version
        await self.session.execute(delete(RetrievableText).where(*older))
        before, source.version = source.version, version
        source.word_count, source.chunk_count = record.word_count, record.chunk_count
        source.duration_seconds = record.duration_seconds
        await self.session.flush()
        if before:
            query = select(SourceVersion).where(SourceVersion.source_id == source_id, SourceVersion.number == version)
            newest = (await self.session.scalars(query)).one()
            for module in feature_modules("anchoring"):
                await module.follow_source(self.session, newest)

    async def keep_fetch(self, source_id: UUID, found: "Fetch") -> None:
        """What was fetched of a page."""
        source = await self.present(source_id)
        source.size_bytes, source.sha256, source.filename = found.size_bytes, found.sha256, found.filename
        source.fetched = {"etag": found.etag, "last_modified": found.last_modified}
        await self.session.flush()

    async def describe(self, source_id: UUID, reading: Reading, sha256: str) -> None:
        """What the file says of itself. A page that the creator gave no title gets its own."""
        source = await self.present(source_id)
        source.sha256, source.media_type = sha256, reading.media_type
        source.author = reading.author[:300] if reading.author else source.author
        source.published_at = reading.published_at or source.published_at
        if source.kind is SourceKind.URL and reading.title and (source.url or "").startswith(source.title):
            source.title = reading.title[:300]
        if reading.media is not None:
            source.media = msgspec.to_builtins(msgspec.structs.replace(reading.media, audio=[]))
            source.duration_seconds = reading.media.duration_seconds
        await self.session.flush()

    async def needs_transcript(self, source_id: UUID, *, has_audio: bool) -> None:
        """A recording whose words nobody knows yet."""
        code = "needs_transcript" if has_audio else "no_sound"
        message = (
            "The recording has no subtitles, and its speech could not be transcribed here."
            if has_audio
            else "The video has neither subtitles nor sound."
        )
        source = await self.present(source_id)
        source.status = SourceStatus.READY if source.version else SourceStatus.NEEDS_TRANSCRIPT
        source.error = {"code": code, "message": message, "next_action": advice(code)}
        await self.session.flush()

    async def mark_failed(self, source_id: UUID, code: str, message: str) -> None:
        """Say why it was not read; a source with an earlier version goes on serving that."""
        error = {"code": code, "message": message, "next_action": advice(code)}
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


class Fetch(msgspec.Struct, frozen=True):
    """What was fetched of a page, and by what the site will know it again."""

    size_bytes: int
    sha256: str
    filename: str | None
    etag: str | None
    last_modified: str | None
