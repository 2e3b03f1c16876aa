from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from app.db.models import SourceRole
from app.shared.evidence import Span

SearchMode = Literal["hybrid", "semantic", "keyword"]


class Why(Struct):
    """Which legs found a hit, the words that matched, and its rank in each leg."""

    legs: list[str]
    matched_terms: list[str]
    ranks: dict[str, int]


class Hit(Struct):
    chunk_id: UUID
    source_id: UUID
    source_title: str
    role: SourceRole
    text: str
    span: Annotated[Span, Meta(description="Of the source's text.")]
    highlights: Annotated[list[Span], Meta(description="Of this hit's text.")]
    page: int | None
    start_seconds: float | None
    speaker: str | None
    score: float
    why: Why


class SearchResult(Struct):
    items: list[Hit]
