"""What a reader gets out of a file. Spans and starts are character positions in the text."""

from datetime import datetime

from msgspec import Struct, field


class Cue(Struct, frozen=True):
    """A span of the text, with its seconds where the source is timed and its speaker where one is named."""

    start: int
    end: int
    start_seconds: float | None
    end_seconds: float | None
    speaker: str | None


class Heading(Struct, frozen=True):
    """Where a heading stands, and how deep (1 is the outermost)."""

    start: int
    level: int
    title: str


class Page(Struct, frozen=True):
    """Where a page begins; numbers count from 1 as in the file, whatever is printed on the page."""

    number: int
    start: int


class Stream(Struct, frozen=True):
    """One stream of a recording; *kind* is `video`, `audio`, `subtitle`, `data` or `attachment`."""

    kind: str
    codec: str | None
    language: str | None
    width: int | None = None
    height: int | None = None
    channels: int | None = None


class AudioPart(Struct, frozen=True):
    """A file with a part of the sound, prepared for speech to text; its times count from *start_seconds*."""

    file: str
    start_seconds: float
    duration_seconds: float
    size_bytes: int


class Media(Struct):
    """What a recording consists of. The files lie in the folder that the reader was given."""

    duration_seconds: float | None
    streams: list[Stream]
    has_audio: bool
    poster: str | None = None
    waveform: str | None = None
    audio: list[AudioPart] = field(default_factory=list)


class Reading(Struct):
    """Normalised text, and what points into it."""

    text: str
    media_type: str
    reader: str
    cues: list[Cue] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    duration_seconds: float | None = None
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    media: Media | None = None
    needs_transcript: bool = False
    """A recording without subtitles: its text is empty until somebody transcribes it."""
