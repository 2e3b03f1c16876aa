from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import SourceKind, SourceRole, SourceStatus
from app.features.jobs.schemas import JobRead
from app.features.sources.chunks import Chunk
from app.shared.evidence import Span

SourceTitle = Annotated[str, Meta(min_length=1, max_length=300, examples=["How a sextant works"])]
SourceText = Annotated[str, Meta(min_length=1, examples=["Two mirrors and four glimpses of the sun ..."])]


class SourceCreate(Struct, forbid_unknown_fields=True):
    """Text that the creator pastes. Sending `role: own` affirms that it is theirs."""

    title: SourceTitle
    role: SourceRole
    kind: Literal["text"]
    text: SourceText


class SourceUpdate(Struct, forbid_unknown_fields=True):
    title: SourceTitle | UnsetType = UNSET
    role: SourceRole | UnsetType = UNSET


class SourceError(Struct):
    """Why a source could not be read, and what to do."""

    code: str
    message: str
    next_action: str


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
    sha256: str
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


class NewSource(Struct, frozen=True):
    """A source as it comes in, before anything was read."""

    title: str
    role: SourceRole
    kind: SourceKind
    data: bytes
    filename: str | None
    media_type: str
    address: str | None


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
    chunks: list[Chunk]
