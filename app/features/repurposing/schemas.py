from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from app.db.models import RepurposingFormat, SourceRole
from app.features.scripts.schemas import Note
from app.shared.evidence import Span


class RepurposingCreate(Struct, forbid_unknown_fields=True):
    """Without `version` the head is taken."""

    format: RepurposingFormat
    version: Annotated[int, Meta(ge=1)] | None = None


class PartCitation(Struct):
    """Where a part rests on a source. `span` points into the part's text, `source_span` into the text of
    `source_version`. `quote` is null once the source is deleted."""

    claim_id: UUID | None
    span: Span
    source_id: UUID
    source_version: int
    source_span: Span
    quote: str | None
    page: int | None = None
    start_seconds: float | None = None
    stale: bool = False
    source_deleted: bool = False


class Part(Struct):
    """A piece of the text: a beat of a short, a chapter of a post, a point of a letter, one post of a thread.
    `unsupported`: sentences of it that state a fact which no citation carries."""

    type: str
    title: str
    text: str
    on_screen_text: str = ""
    citations: list[PartCitation] = []
    unsupported: list[Span] = []
    notes: list[Note] = []


class LeftOut(Struct):
    """What isn't in it, and why."""

    statement: str
    reason: str


class ListedSource(Struct):
    """A source that the text rests on, as a list of sources names it."""

    source_id: UUID
    title: str
    role: SourceRole
    author: str | None
    url: str | None
    published_at: datetime | None


class RepurposingRead(Struct):
    """`text`: the whole as it is copied out, with the references that it rests on; spans point into the parts' texts.
    `estimated_seconds`: for what is spoken, at the script's pace."""

    id: UUID
    script_id: UUID
    version: int
    format: RepurposingFormat
    title: str
    engine: str
    word_count: int
    estimated_seconds: float | None
    text: str
    parts: list[Part]
    sources: list[ListedSource]
    rejected: list[LeftOut]
    created_at: datetime


class Plan(Struct, frozen=True):
    """What a run works on, fixed at its start."""

    repurposing_id: UUID
    script_id: UUID
    version: int
    format: RepurposingFormat


class Written(Struct):
    """What an engine made, checked. `prompts`: the files behind it; none where no model wrote it."""

    title: str
    parts: list[Part]
    rejected: list[LeftOut]
    engine: str
    prompts: list[str] = []
