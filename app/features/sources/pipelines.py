import asyncio
from uuid import UUID

from msgspec import Struct, to_builtins

from app.features.sources import chunks, readers
from app.features.sources.schemas import VersionRecord
from app.features.sources.versions import Published, VersionStore
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources
from app.shared.text import SEARCH_CONFIGS, detect_language, words


class ReadVersion(Struct):
    """A reading that is stored but not published yet."""

    version: int
    word_count: int
    chunk_count: int
    duration_seconds: float | None
    to_embed: int


async def ingest_source(run: PipelineRun, source_id: UUID) -> None:
    """Read, embed in batches, publish: until the last step the source's earlier version goes on serving."""
    read = await run.step(read_source, source_id)
    batch = run.resources.llm.embedding_batch
    batches = -(-read.to_embed // batch)
    run.expect(2 + batches)
    for number in range(batches):
        await run.branch(f"embed_chunks_{number + 1}", embed_chunks, source_id, read.version, batch)
    await run.step(publish_source, source_id, read)


async def read_source(resources: Resources, source_id: UUID) -> ReadVersion:
    """Decode, parse, cut into chunks, store as a new version."""
    async with resources.db.transaction() as session:
        source = await VersionStore(session).begin_reading(source_id)
    data = await resources.storage.get(source.storage_key or "")
    record = await asyncio.to_thread(read_version, data, source.filename)
    async with resources.db.transaction() as session:
        service = VersionStore(session)
        version = await service.store_version(source_id, record)
        await service.reuse_embeddings(source_id, version, resources.llm.embedding_model)
        to_embed = await service.count_unembedded(source_id, version)
    return ReadVersion(version, record.word_count, len(record.chunks), record.duration_seconds, to_embed)


def read_version(data: bytes, filename: str | None) -> VersionRecord:
    """A file's bytes as a version with its chunks."""
    reading = readers.read(data, filename)
    language = detect_language(reading.text)
    return VersionRecord(
        text=reading.text,
        media_type=reading.media_type,
        reader=reading.reader,
        sha256=readers.checksum(reading.text),
        language=language,
        search_config=SEARCH_CONFIGS.get(language or "", "simple"),
        word_count=len(words(reading.text)),
        duration_seconds=reading.duration_seconds,
        cues=to_builtins(reading.cues),
        headings=to_builtins(reading.headings),
        chunks=chunks.cut(reading),
    )


async def embed_chunks(resources: Resources, source_id: UUID, version: int, batch: int) -> int:
    """Embed the next batch that has no vector; storing the vectors is the receipt of the paid call."""
    async with resources.db.transaction() as session:
        waiting = await VersionStore(session).unembedded(source_id, version, batch)
    if not waiting:
        return 0
    model, places = resources.llm.embedding_model, dict[str, int]()
    for _, text in waiting:  # the same text is embedded once
        places.setdefault(text, len(places))
    vectors = (await resources.llm.embed(list(places)))[[places[text] for _, text in waiting]]
    ids = [chunk_id for chunk_id, _ in waiting]
    await resources.db.patiently(lambda session: VersionStore(session).store_embeddings(ids, vectors, model))
    return len(waiting)


async def publish_source(resources: Resources, source_id: UUID, read: ReadVersion) -> None:
    """Index the words and make the version the source's own."""
    async with resources.db.transaction() as session:
        published = Published(read.word_count, read.chunk_count, read.duration_seconds)
        await VersionStore(session).publish(source_id, read.version, published)
