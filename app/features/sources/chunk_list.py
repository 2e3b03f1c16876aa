"""A source's chunks as they are listed, without a transaction."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import bindparam, select

from app.db.models import ContentSource, RetrievableText
from app.features.sources.schemas import ChunkRead
from app.features.sources.service import NO_SOURCE
from app.features.sources.speakers import speaker_name
from app.shared.evidence import Span
from app.shared.exceptions import NotFound
from app.shared.http import Page, Paging
from app.shared.listing import Listing
from app.shared.reads import Reads, Statement

PLAIN = [name for name in ChunkRead.__struct_fields__ if name not in {"span", "speaker", "heading_path"}]
_SOURCE: Any = bindparam("source_id")
_OWNER: Any = bindparam("owner_id")
OWNED = Statement(select(ContentSource.id).where(ContentSource.id == _SOURCE, ContentSource.owner_id == _OWNER))


def _made(row: asyncpg.Record) -> ChunkRead:
    named = msgspec.json.decode(row["speakers"]) if row["speaker"] else {}
    return ChunkRead(
        span=Span(row["span_start"], row["span_end"]),
        speaker=speaker_name(row["speaker"], named),
        heading_path=msgspec.json.decode(row["heading_path"], type=list[str]),
        **{name: row[name] for name in PLAIN},
    )


CHUNKS = Listing(
    select(
        *(getattr(RetrievableText, name) for name in PLAIN), RetrievableText.span_start, RetrievableText.span_end,
        RetrievableText.speaker, RetrievableText.heading_path, ContentSource.speakers,
    )
    .join(ContentSource, ContentSource.id == RetrievableText.source_id)
    .where(
        RetrievableText.source_id == _SOURCE,
        RetrievableText.version == ContentSource.version,
        ContentSource.owner_id == _OWNER,
    ),
    {"ordinal": RetrievableText.ordinal},
    RetrievableText.id,
    _made,
    usual="asc",
)  # fmt: skip


async def list_chunks(reads: Reads, owner_id: UUID, source_id: UUID, paging: Paging) -> Page[ChunkRead]:
    """Those of the newest version."""
    found = await CHUNKS.page(reads, paging, source_id=source_id, owner_id=owner_id)
    if not found.total and await reads.row(OWNED, source_id=source_id, owner_id=owner_id) is None:
        raise NotFound(NO_SOURCE)
    return found
