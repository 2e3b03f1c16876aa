"""The rows of every table that are an account's, batch by batch, without what isn't given away."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base
from app.db.ownership import owned_by

SECRET = re.compile(r"password|secret|seal|(key|token|code)s?_hash")
"""Names of columns that hold what opens something, or what it can be guessed from."""
LEFT_OUT_TABLES = {
    "refresh_tokens": "Fingerprints of what keeps you signed in; they say nothing. The sign-ins are in user_sessions.json.",
    "search_postings": "The words of your texts in the order of the search index; the texts are here.",
    "job_lines": "How many of your jobs wait, counted from jobs.json.",
}
LEFT_OUT_COLUMNS = {
    "retrievable_text.text": "It stands in source_versions.json, from span_start to span_end.",
    "retrievable_text.embedding": "Numbers that a model made of the text, of use with that model only.",
    "retrievable_text.next_embedding": "Numbers that a model made of the text, of use with that model only.",
    "account_exports.storage_key": "Where a file lies with us.",
    "content_sources.storage_key": "Where a file lies with us.",
    "uploads.storage_key": "Where a file lies with us.",
}
WITHHELD = "What signs you in or opens something; you have it, or it was shown to you once."

KEYS_AT_ONCE = 5000
MOST_ROWS = 500
MOST_BYTES = 1_000_000
"""Of a batch, as PostgreSQL stores it, compressed; a row that is larger comes alone."""


def owned_tables() -> Iterator[sa.Table]:
    """Tables that hold what is somebody's, and are part of an export."""
    nobody = UUID(int=0)
    for table in Base.metadata.sorted_tables:
        if table.name not in LEFT_OUT_TABLES and owned_by(table, nobody) is not None:
            yield table


def given_columns(table: sa.Table) -> list[sa.Column[Any]]:
    return [
        column
        for column in table.columns
        if f"{table.name}.{column.name}" not in LEFT_OUT_COLUMNS and not SECRET.search(column.name)
    ]


def left_out() -> dict[str, str]:
    """What of an account is not in its export, and why."""
    secret = {
        f"{table.name}.{column.name}": WITHHELD
        for table in owned_tables()
        for column in table.columns
        if SECRET.search(column.name)
    }
    return {**LEFT_OUT_TABLES, **LEFT_OUT_COLUMNS, **secret}


async def rows_of(session: AsyncSession, table: sa.Table, owner_id: UUID) -> AsyncIterator[list[dict[str, Any]]]:
    """The account's rows in the order of their keys. The keys come first, then rows of about as many bytes at a time: one
    row may be a page, another a book."""
    condition = owned_by(table, owner_id)
    assert condition is not None
    key = list(table.primary_key.columns)
    columns = given_columns(table)
    size = sum((sa.func.coalesce(sa.func.pg_column_size(column), 0) for column in columns), sa.literal(0))
    sized = sa.select(*key, size.label("bytes")).where(condition).order_by(*key)
    batch: list[tuple[Any, ...]] = []
    filled = 0
    async for *found, size_bytes in await session.stream(sized, execution_options={"yield_per": KEYS_AT_ONCE}):
        if batch and (filled + size_bytes > MOST_BYTES or len(batch) == MOST_ROWS):
            yield await _rows(session, columns, key, batch)
            batch, filled = [], 0
        batch.append(tuple(found))
        filled += size_bytes
    if batch:
        yield await _rows(session, columns, key, batch)


async def _rows(
    session: AsyncSession, columns: list[sa.Column[Any]], key: list[sa.Column[Any]], wanted: list[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    query = sa.select(*columns).where(sa.tuple_(*key).in_(wanted)).order_by(*key)
    return [dict(row) for row in (await session.execute(query)).mappings()]
