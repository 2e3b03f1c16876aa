import asyncio
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec
from msgspec import Struct, to_builtins

from app.db.models import ContentSource
from app.features.sources import chunks
from app.features.sources.readers.guard import read_guarded
from app.features.sources.readers.limits import Limits
from app.features.sources.readers.model import AudioPart, Reading
from app.features.sources.readers.timed import Block, last_second, timed_text
from app.features.sources.schemas import VersionRecord
from app.features.sources.versions import Fetch, Published, VersionStore
from app.shared.clients.llm import Transcript
from app.shared.clients.storage import Storage, beside
from app.shared.pipeline import PipelineRun, step
from app.shared.resources import Resources
from app.shared.text import SEARCH_CONFIGS, detect_language, words

PICTURES = ("poster", "waveform")


class ReadVersion(Struct):
    """A reading that is stored but not published yet; version 0: a recording that nobody has transcribed."""

    version: int
    word_count: int = 0
    chunk_count: int = 0
    duration_seconds: float | None = None
    to_embed: int = 0
    audio: list[AudioPart] = []
    has_audio: bool = False


async def ingest_source(run: PipelineRun, source_id: UUID, *, fetch: bool) -> None:
    """Fetch, read, transcribe, embed in batches, publish: until the last step the source's earlier version serves."""
    if fetch:
        await run.step(fetch_page, source_id)
    read = await run.step(read_source, source_id)
    if read.audio and run.resources.llm.transcribes:
        parts = [
            await run.branch(f"transcribe_{number}", transcribe_audio, source_id, part)
            for number, part in enumerate(read.audio, 1)
        ]
        read = await run.step(read_transcript, source_id, read, parts)
    if read.version == 0:
        await run.step(ask_for_transcript, source_id, read.has_audio)
        return
    batch = run.resources.llm.embedding_batch
    batches = -(-read.to_embed // batch)
    run.expect(2 + fetch + len(read.audio) + batches)
    for number in range(batches):
        await run.branch(f"embed_chunks_{number + 1}", embed_chunks, source_id, read.version, batch)
    await run.step(publish_source, source_id, read)


async def fetch_page(resources: Resources, source_id: UUID) -> str:
    """Bring the page into the storage, unless it is the one that is there already; gives where it was found."""
    async with resources.db.transaction() as session:
        source = await VersionStore(session).begin_reading(source_id)
    known = source.fetched or {}
    with TemporaryDirectory(prefix="strand-page-") as folder:
        path = Path(folder) / "page"
        fetched = await resources.web.fetch(
            source.url or "", path, etag=known.get("etag"), last_modified=known.get("last_modified")
        )
        if fetched.status == 304:
            return fetched.url
        await resources.storage.put(source.storage_key or "", path)
    name = unquote(urlsplit(fetched.url).path).rsplit("/", 1)[-1][:255] or None
    found = Fetch(fetched.size, fetched.sha256 or "", name, fetched.etag, fetched.last_modified)
    await resources.db.patiently(lambda session: VersionStore(session).keep_fetch(source_id, found))
    return fetched.url


@step(timeout_seconds=1000)
async def read_source(resources: Resources, source_id: UUID) -> ReadVersion:
    """Read in a confined process, cut into chunks, store as a new version."""
    async with resources.db.transaction() as session:
        source = await VersionStore(session).begin_reading(source_id)
    key = source.storage_key or ""
    with TemporaryDirectory(prefix="strand-source-") as temporary:
        folder = Path(temporary)
        sha256 = await _bring(resources.storage, key, folder / "original")
        reading = await _read(folder, "original", source.filename)
        if source.subtitles_name is not None:
            await _bring(resources.storage, beside(key, "subtitles"), folder / "subtitles")
            reading = _subtitled(reading, await _read(folder, "subtitles", source.subtitles_name))
        await _keep_beside(resources.storage, key, folder / "original.made", reading)
    if reading.needs_transcript:
        await resources.db.patiently(lambda session: VersionStore(session).describe(source_id, reading, sha256))
        media = reading.media
        return ReadVersion(0, audio=media.audio if media else [], has_audio=bool(media and media.has_audio))
    return await _store(resources, source, reading, sha256)


@step(timeout_seconds=900)
async def transcribe_audio(resources: Resources, source_id: UUID, part: AudioPart) -> Transcript:
    """One paid call."""
    async with resources.db.transaction() as session:
        source = await VersionStore(session).present(source_id)
    with TemporaryDirectory(prefix="strand-audio-") as folder:
        path = Path(folder) / part.file
        await _bring(resources.storage, beside(source.storage_key or "", part.file), path)
        return await resources.llm.transcribe(path)


async def read_transcript(
    resources: Resources, source_id: UUID, read: ReadVersion, parts: list[Transcript]
) -> ReadVersion:
    """What was heard, as a version with cue times; the sound that was prepared for it is no longer needed."""
    async with resources.db.transaction() as session:
        source = await VersionStore(session).present(source_id)
    blocks = [
        Block(segment.start_seconds + part.start_seconds, segment.end_seconds + part.start_seconds, [segment.text])
        for part, heard in zip(read.audio, parts, strict=True)
        for segment in heard.segments
    ]
    cues, text = timed_text(blocks, Limits())
    for part in read.audio:
        await resources.storage.delete(beside(source.storage_key or "", part.file))
    if not words(text):
        return ReadVersion(0, has_audio=read.has_audio)
    reading = Reading(
        text, source.media_type or "", f"transcript of {parts[0].model}", cues=cues, duration_seconds=last_second(cues)
    )
    return msgspec.structs.replace(await _store(resources, source, reading, source.sha256 or ""), audio=read.audio)


async def ask_for_transcript(resources: Resources, source_id: UUID, has_audio: bool) -> None:
    """The source waits for somebody's words."""
    await resources.db.patiently(lambda session: VersionStore(session).needs_transcript(source_id, has_audio=has_audio))


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
    """Index the words, make the version the source's own, and find again in it what was quoted from the one before."""
    async with resources.db.transaction() as session:
        published = Published(read.word_count, read.chunk_count, read.duration_seconds)
        await VersionStore(session).publish(source_id, read.version, published)


def version_of(reading: Reading) -> VersionRecord:
    """A reading as a version with its chunks."""
    language = detect_language(reading.text)
    return VersionRecord(
        text=reading.text,
        media_type=reading.media_type,
        reader=reading.reader[:64],
        sha256=hashlib.sha256(reading.text.encode()).hexdigest(),
        language=language,
        search_config=SEARCH_CONFIGS.get(language or "", "simple"),
        word_count=len(words(reading.text)),
        duration_seconds=reading.duration_seconds,
        cues=to_builtins(reading.cues),
        headings=to_builtins(reading.headings),
        pages=to_builtins(reading.pages),
        chunks=chunks.cut(reading),
    )


async def _store(resources: Resources, source: ContentSource, reading: Reading, sha256: str) -> ReadVersion:
    record = await asyncio.to_thread(version_of, reading)
    async with resources.db.transaction() as session:
        store = VersionStore(session)
        await store.describe(source.id, reading, sha256)
        version = await store.store_version(source.id, record)
        await store.reuse_embeddings(source.id, version, resources.llm.embedding_model)
        to_embed = await store.count_unembedded(source.id, version)
    return ReadVersion(version, record.word_count, len(record.chunks), record.duration_seconds, to_embed)


async def _bring(storage: Storage, key: str, path: Path) -> str:
    """The object as a file, part by part; gives its checksum."""
    checksum = hashlib.sha256()
    with path.open("wb") as file:
        async for part in storage.stream(key):
            checksum.update(part)
            await asyncio.to_thread(file.write, part)
    return checksum.hexdigest()


async def _read(folder: Path, name: str, filename: str | None) -> Reading:
    made = folder / f"{name}.made"
    made.mkdir()
    return await read_guarded(folder / name, filename, made)


def _subtitled(recording: Reading, subtitles: Reading) -> Reading:
    """The words of the subtitles with the pictures and the length of the recording."""
    return msgspec.structs.replace(
        subtitles,
        media_type=recording.media_type,
        media=recording.media,
        duration_seconds=recording.duration_seconds or subtitles.duration_seconds,
        title=recording.title,
    )


async def _keep_beside(storage: Storage, key: str, made: Path, reading: Reading) -> None:
    """Pictures stay beside the original; sound only until it is transcribed."""
    media = reading.media
    if media is None:
        return
    for name in PICTURES:
        if file := getattr(media, name):
            await storage.put(beside(key, name), made / file)
    if reading.needs_transcript:
        for part in media.audio:
            await storage.put(beside(key, part.file), made / part.file)
