from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import SourceKind, SourceRole, SourceStatus
from app.features.jobs.schemas import JobRead
from app.features.sources.chunks import Chunk
from app.shared.evidence import Span

SourceTitle = Annotated[str, Meta(min_length=1, max_length=300, examples=["How a sextant works"])]
SourceUrl = Annotated[str, Meta(min_length=8, max_length=2000, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://", examples=["https://example.com/sextants"])]  # fmt: skip
SourceText = Annotated[str, Meta(min_length=1, examples=["Two mirrors and four glimpses of the sun ..."])]


class TextSource(Struct, forbid_unknown_fields=True, tag_field="kind", tag="text"):
    """Text that the creator pastes. Sending `role: own` affirms that it is theirs."""

    title: SourceTitle
    role: SourceRole
    text: SourceText


class UrlSource(Struct, forbid_unknown_fields=True, tag_field="kind", tag="url"):
    """A page that is fetched; without a title it gets the page's own."""

    role: SourceRole
    url: SourceUrl
    title: SourceTitle | None = None


class UploadSource(Struct, forbid_unknown_fields=True, tag_field="kind", tag="upload"):
    """A file that was sent to the storage; without a title it gets the file's name."""

    role: SourceRole
    upload_id: UUID
    title: SourceTitle | None = None


SourceCreate = TextSource | UrlSource | UploadSource


class SourceUpdate(Struct, forbid_unknown_fields=True):
    title: SourceTitle | UnsetType = UNSET
    role: SourceRole | UnsetType = UNSET


class SourceError(Struct):
    """Why a source could not be read, and what to do."""

    code: str
    message: str
    next_action: str


class NextStep(Struct):
    """A request that gets a source further: `read_again`, `send_another`, `attach_subtitles` or `delete`."""

    action: str
    method: str
    path: str


class SourceRead(Struct):
    id: UUID
    project_id: UUID
    title: str
    role: SourceRole
    kind: SourceKind
    media_type: str | None
    status: SourceStatus
    error: SourceError | None
    url: str | None
    author: str | None
    published_at: datetime | None
    filename: str | None
    size_bytes: int
    version: int
    language: str | None
    word_count: int
    duration_seconds: float | None
    chunk_count: int
    sha256: str | None
    has_poster: bool
    has_waveform: bool
    subtitles_name: str | None
    next_steps: list[NextStep]
    created_at: datetime


class SourceAccepted(Struct):
    source: SourceRead
    job: JobRead


class CueRead(Struct):
    start: int
    end: int
    start_seconds: float | None
    end_seconds: float | None
    speaker: str | None


class SourceTextRead(Struct):
    """The newest version's text; the cues' spans point into it."""

    text: str
    cues: list[CueRead]


class ChunkRead(Struct):
    id: UUID
    source_id: UUID
    ordinal: int
    text: str
    span: Span
    page: int | None
    start_seconds: float | None
    end_seconds: float | None
    speaker: str | None
    heading_path: list[str]


class SpeakerRead(Struct):
    """`speaker` is the label that the source has, `name` what the creator calls them; `seconds` where it is timed."""

    speaker: str
    name: str
    is_me: bool
    turns: int
    word_count: int
    seconds: float | None


class SpeakerUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays; `name: null` gives the source's own label back."""

    speaker: Annotated[str, Meta(min_length=1, max_length=200, examples=["SPEAKER_00"])]
    name: Annotated[str, Meta(min_length=1, max_length=200, examples=["Nell"])] | UnsetType | None = UNSET
    is_me: bool | UnsetType = UNSET


class SpeakersUpdate(Struct, forbid_unknown_fields=True):
    speakers: Annotated[list[SpeakerUpdate], Meta(min_length=1, max_length=200)]


class SpeakersRead(Struct):
    items: list[SpeakerRead]


class NewSource(Struct, frozen=True):
    """A source as it comes in, before anything was read. `address` is where the request came from."""

    title: str
    role: SourceRole
    kind: SourceKind
    address: str | None
    size_bytes: int = 0
    storage_key: str | None = None
    filename: str | None = None
    media_type: str | None = None
    sha256: str | None = None
    url: str | None = None


class VersionRecord(Struct, frozen=True):
    """A reading on its way into the table."""

    text: str
    media_type: str
    reader: str
    sha256: str
    language: str | None
    search_config: str
    word_count: int
    duration_seconds: float | None
    cues: list[Any]
    headings: list[Any]
    pages: list[Any]
    chunks: list[Chunk]
