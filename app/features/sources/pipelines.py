import asyncio
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from msgspec import Struct, to_builtins

from app.features.sources import chunks
from app.features.sources.readers.guard import read_guarded
from app.features.sources.readers.model import Reading
from app.features.sources.schemas import VersionRecord
from app.features.sources.service import Published, SourceService
from app.shared.exceptions import Unprocessable
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
    """Read in a confined process, cut into chunks, store as a new version."""
    async with resources.db.transaction() as session:
        source = await SourceService(session).begin_reading(source_id)
    data = await resources.storage.get(source.storage_key or "")
    with TemporaryDirectory(prefix="strand-source-") as folder:
        reading = await read_data(data, source.filename, Path(folder))
    record = await asyncio.to_thread(version_of, reading)
    async with resources.db.transaction() as session:
        service = SourceService(session)
        version = await service.store_version(source_id, record)
        await service.reuse_embeddings(source_id, version, resources.llm.embedding_model)
        to_embed = await service.count_unembedded(source_id, version)
    return ReadVersion(version, record.word_count, len(record.chunks), record.duration_seconds, to_embed)


async def read_data(data: bytes, filename: str | None, folder: Path) -> Reading:
    """What a file's bytes say; *folder* takes the file and what is made from it."""
    original = folder / "original"
    await asyncio.to_thread(original.write_bytes, data)
    made = folder / "made"
    made.mkdir()
    reading = await read_guarded(original, filename, made)
    if reading.needs_transcript:
        raise Unprocessable(
            "The recording has no subtitles of its own; send its transcript or subtitles (.srt, .vtt, .txt).",
            code="needs_transcript",
        )
    return reading


def version_of(reading: Reading) -> VersionRecord:
    """A reading as a version with its chunks."""
    language = detect_language(reading.text)
    return VersionRecord(
        text=reading.text,
        media_type=reading.media_type,
        reader=reading.reader,
        sha256=hashlib.sha256(reading.text.encode()).hexdigest(),
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
        waiting = await SourceService(session).unembedded(source_id, version, batch)
    if not waiting:
        return 0
    model, places = resources.llm.embedding_model, dict[str, int]()
    for _, text in waiting:  # the same text is embedded once
        places.setdefault(text, len(places))
    vectors = (await resources.llm.embed(list(places)))[[places[text] for _, text in waiting]]
    ids = [chunk_id for chunk_id, _ in waiting]
    await resources.db.patiently(lambda session: SourceService(session).store_embeddings(ids, vectors, model))
    return len(waiting)


async def publish_source(resources: Resources, source_id: UUID, read: ReadVersion) -> None:
    """Index the words and make the version the source's own."""
    async with resources.db.transaction() as session:
        published = Published(read.word_count, read.chunk_count, read.duration_seconds)
        await SourceService(session).publish(source_id, read.version, published)
