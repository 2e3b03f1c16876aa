"""Recordings: what they consist of, their own subtitles, a poster, a waveform, and sound ready for speech to text."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.audio.resampler import AudioResampler

from app.features.sources.readers.composing import one_line
from app.features.sources.readers.confinement import allow_cpu
from app.features.sources.readers.dates import moment
from app.features.sources.readers.limits import malformed, no_text
from app.features.sources.readers.model import Media, Reading, Stream
from app.features.sources.readers.posters import find_poster, save_jpeg
from app.features.sources.readers.source import SourceFile
from app.features.sources.readers.speech_audio import RATE, SpeechFiles
from app.features.sources.readers.subtitles import name_speakers, voices
from app.features.sources.readers.timed import Block, timed_text
from app.features.sources.readers.waveforms import Loudness, draw
from app.shared.text import words

VERSION = "media-1"
OPTIONS = {"protocol_whitelist": "file"}
"""A recording that names other files or addresses as its parts gets none of them."""
DEMUXERS = {
    "video/mp4": "mp4", "audio/mp4": "mp4", "video/webm": "matroska", "video/x-matroska": "matroska", "audio/mpeg": "mp3",
    "audio/ogg": "ogg", "audio/flac": "flac", "audio/wav": "wav", "audio/aac": "aac", "audio/aiff": "aiff",
    "video/x-msvideo": "avi", "video/mp2t": "mpegts", "video/mpeg": "mpeg", "video/x-flv": "flv", "audio/amr": "amr",
 "video/x-ms-asf": "asf",
}  # fmt: skip
"""By content, so that nothing is ever taken for a playlist."""
TEXT_SUBTITLES = frozenset(("subrip", "srt", "mov_text", "ass", "ssa", "webvtt", "text"))
CPU_A_SECOND = 0.1
_ASS_CODE = re.compile(r"\{[^{}]{0,500}\}")


def read(source: SourceFile) -> Reading:
    kind = DEMUXERS[source.media_type]
    try:
        with av.open(str(source.path), format=kind, options=OPTIONS) as container:
            media = _describe(container)
            given = {key.lower(): value for key, value in container.metadata.items()}
    except (av.FFmpegError, OSError, ValueError):
        raise malformed(
            "The recording is damaged and can't be opened.", "Export it again and send the new file."
        ) from None
    if not any(stream.kind in {"audio", "video"} for stream in media.streams):
        raise malformed("The file has neither sound nor pictures in it.", "Export it again and send the new file.")
    limits = source.limits
    allow_cpu(limits.cpu_seconds + CPU_A_SECOND * (media.duration_seconds or 3600), limits.media_cpu_seconds)
    cues, text = timed_text(_embedded(source.path, kind, media), limits)
    spoken = bool(words(text))
    _draw_poster(source, kind, media)
    if media.has_audio:
        _hear(source, kind, media, prepare=not spoken)
    elif not spoken:
        raise no_text("The recording has neither sound nor subtitles; send its script or a transcript as text.")
    media_type = source.media_type
    if media_type.startswith("video/") and not any(stream.kind == "video" for stream in media.streams):
        media_type = media_type.replace("video/", "audio/", 1)
    return Reading(
        text if spoken else "", media_type, VERSION, cues=cues if spoken else [],
        duration_seconds=media.duration_seconds, title=one_line(given.get("title")),
        author=one_line(given.get("artist") or given.get("author")),
        published_at=moment(given.get("date") or given.get("creation_time")), media=media, needs_transcript=not spoken,
    )  # fmt: skip


def _describe(container: av.container.InputContainer) -> Media:
    streams = [_stream(stream) for stream in container.streams]
    known = container.duration / 1_000_000 if container.duration and container.duration > 0 else None
    return Media(known, streams, any(stream.kind == "audio" for stream in streams))


def _stream(stream: Any) -> Stream:
    codec = getattr(stream, "codec_context", None)
    picture = stream.disposition & av.stream.Disposition.attached_pic  # a cover is no video
    kind = "attachment" if picture else stream.type
    language = stream.metadata.get("language")
    return Stream(
        kind, codec.codec.canonical_name if codec else None, None if language in {None, "und"} else language[:35],
        width=codec.width if codec and stream.type == "video" else None,
        height=codec.height if codec and stream.type == "video" else None,
        channels=codec.channels if codec and stream.type == "audio" else None,
    )  # fmt: skip


def _embedded(path: Path, kind: str, media: Media) -> list[Block]:
    """The cues of the first subtitle track that is text and says something."""
    tracks = [
        index
        for index, stream in enumerate(media.streams)
        if stream.kind == "subtitle" and stream.codec in TEXT_SUBTITLES
    ]
    for index in tracks:
        try:
            blocks = list(_track(path, kind, index, media.streams[index].codec or ""))
        except (av.FFmpegError, OSError, ValueError):
            continue  # a damaged track; the recording can still be transcribed
        name_speakers(blocks)
        if any(block.lines for block in blocks):
            return blocks
    return []


def _track(path: Path, kind: str, index: int, codec: str) -> Iterator[Block]:
    with av.open(str(path), format=kind, options=OPTIONS) as container:
        stream = container.streams[index]
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            said, speaker = _words(bytes(packet), codec)
            begins = float(packet.pts * packet.time_base)
            lasts = float((packet.duration or 0) * packet.time_base)
            if said.strip():
                yield from voices(Block(begins, begins + lasts, said.split("\n"), speaker))


def _words(data: bytes, codec: str) -> tuple[str, str | None]:
    """A packet's text, and whose it is where the format says so."""
    if codec == "mov_text":
        length = int.from_bytes(data[:2], "big")
        data = data[2 : 2 + length]
        if data.startswith((b"\xfe\xff", b"\xff\xfe")):
            return data.decode("utf-16", "replace"), None
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    if codec in {"ass", "ssa"}:  # order, layer, style, name, three margins, effect, text
        fields = text.split(",", 8)
        text = fields[8] if len(fields) == 9 else text
        text = _ASS_CODE.sub("", text).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
        return text, (one_line(fields[3]) if len(fields) == 9 else None)
    return text, None


def _draw_poster(source: SourceFile, kind: str, media: Media) -> None:
    """A video without a poster is still a video: what goes wrong here costs only the picture."""
    if not any(stream.kind == "video" for stream in media.streams):
        return
    path = source.folder / "poster.jpg"
    try:
        frame = find_poster(source.path, kind, OPTIONS)
        if frame is not None:
            save_jpeg(frame, path)
            media.poster = path.name
    except (av.FFmpegError, OSError, ValueError, MemoryError):
        path.unlink(missing_ok=True)


def _hear(source: SourceFile, kind: str, media: Media, *, prepare: bool) -> None:
    """One pass over the sound: its loudness, and the parts for speech to text."""
    loudness, files = Loudness(RATE), SpeechFiles(source.folder, source.limits.audio_part_bytes)
    heard = 0
    with suppress(av.FFmpegError, ValueError):  # what was heard before a place that can't be is kept
        for frame in _mono(source.path, kind):
            heard += frame.samples
            loudness.hear(frame.to_ndarray().reshape(-1))
            if prepare:
                files.write(frame)
    files.close()
    if not heard:
        if prepare:
            raise malformed("The recording's sound can't be decoded.", "Export it again and send the new file.")
        return
    path = source.folder / "waveform.png"
    path.write_bytes(draw(loudness.columns()))
    media.waveform, media.audio = path.name, files.parts
    media.duration_seconds = media.duration_seconds or heard / RATE


def _mono(path: Path, kind: str) -> Iterator[Any]:
    """The first audio stream at 16 kHz; damaged packets are left out. Sound may change its rate on the way, as where one
    recording was put behind another: what comes then is resampled anew."""
    with av.open(str(path), format=kind, options=OPTIONS) as container:
        stream = container.streams.audio[0]
        if getattr(stream, "codec_context", None) is None:
            return  # a kind of sound that nobody here can decode
        resampler, before = _resampler(), None
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                form = (frame.format.name, frame.layout.name, frame.sample_rate, frame.time_base)
                if before not in {None, form}:
                    yield from resampler.resample(None)
                    resampler = _resampler()
                before = form
                yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _resampler() -> AudioResampler:
    return AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=RATE // 10)
