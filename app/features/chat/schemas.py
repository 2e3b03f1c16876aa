from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from app.features.research.schemas import CitationRead, Gap, RejectedStatement
from app.shared.evidence import Span

Said = Annotated[str, Meta(min_length=1, max_length=2000, examples=["How slow was H4 when it arrived in Jamaica?"])]


class ChatRole(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class ChatCreate(Struct, forbid_unknown_fields=True):
    """Without `source_ids` every ready source of the project is asked."""

    message: Said
    source_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)] | None = None


class ChatCitation(CitationRead):
    """`text_span` is the sentence of the answer that the quote carries; `span` points into the source's text."""

    text_span: Span


class ChatMessageRead(Struct):
    """A question, or the answer to it with the same `job_id`. `gap`: what was looked for where the sources don't say."""

    id: UUID
    project_id: UUID
    job_id: UUID | None
    role: ChatRole
    text: str
    citations: list[ChatCitation]
    abstained: bool
    gap: Gap | None
    engine: str | None
    rejected: list[RejectedStatement]
    manifest: dict[str, Any]
    created_at: datetime
