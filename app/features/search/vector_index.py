"""The index over all vectors: what there is of it, and making it anew without stopping anybody."""

import math
from typing import Any

import asyncpg
from msgspec import Struct

from app.db.base import DIMENSIONS

NAME = "ix_retrievable_text_embedding"
FRESH = f"{NAME}_fresh"
COLUMN = f"((embedding::halfvec({DIMENSIONS})) halfvec_cosine_ops)"
"""Half precision: half the size and time at the same recall."""
HNSW_M, HNSW_EF_CONSTRUCTION = 16, 64
"""pgvector's usual values."""
FEWEST_LISTS = 10
STRAYED = 0.5
"""An ivfflat index has too few or too many lists when its number is off by more than this share."""

EXISTING = """
select method.amname as kind, array_to_string(class.reloptions, ', ') as parameters, index.indisvalid as valid,
  pg_relation_size(class.oid) as bytes
from pg_index index join pg_class class on class.oid = index.indexrelid join pg_am method on method.oid = class.relam
where class.relname = $1
"""


class IndexStatus(Struct):
    """`kind` None: there is none, and every search looks at all vectors of its scope."""

    kind: str | None
    parameters: str
    valid: bool
    size_bytes: int
    chunks: int
    models: dict[str, int]
    wanted_lists: int
    advice: str


def lists_for(rows: int) -> int:
    """Of an ivfflat index, as pgvector advises: rows / 1,000 up to a million, the square root above."""
    return max(FEWEST_LISTS, rows // 1000 if rows <= 1_000_000 else math.isqrt(rows))


async def status(connection: asyncpg.Connection, wanted: str) -> IndexStatus:
    rows = await connection.fetch(
        "select coalesce(embedding_model, 'not embedded yet') as model, count(*) as n from retrievable_text group by 1"
    )
    models = {row["model"]: row["n"] for row in rows}
    chunks, found = sum(models.values()), await connection.fetchrow(EXISTING, NAME)
    return IndexStatus(
        kind=found["kind"] if found else None,
        parameters=(found["parameters"] or "") if found else "",
        valid=bool(found and found["valid"]),
        size_bytes=found["bytes"] if found else 0,
        chunks=chunks,
        models=models,
        wanted_lists=lists_for(chunks),
        advice=_advice(dict(found) if found else None, chunks, wanted),
    )


async def rebuild(connection: asyncpg.Connection, kind: str) -> None:
    """Build a fresh index beside the old one, then let it take its place: searches go on all the while. *kind* `none`
    takes the index away. The connection must not be in a transaction."""
    await connection.execute(f"drop index concurrently if exists {FRESH}")
    if kind == "none":
        await connection.execute(f"drop index concurrently if exists {NAME}")
        return
    rows = await connection.fetchval("select count(*) from retrievable_text where embedding is not null")
    options = (
        f"lists = {lists_for(rows)}" if kind == "ivfflat" else f"m = {HNSW_M}, ef_construction = {HNSW_EF_CONSTRUCTION}"
    )
    await connection.execute("set maintenance_work_mem = '1GB'")
    await connection.execute(f"create index concurrently {FRESH} on retrievable_text using {kind} {COLUMN} with ({options})")  # fmt: skip
    await connection.execute(f"drop index concurrently if exists {NAME}")
    await connection.execute(f"alter index {FRESH} rename to {NAME}")


def _advice(found: dict[str, Any] | None, chunks: int, wanted: str) -> str:
    if found is None:
        return (
            "None is needed." if wanted == "none" else "`strand index rebuild` makes one; searches are exact without."
        )
    if not found["valid"]:
        return "It is not valid, as its making was broken off; `strand index rebuild` makes it anew."
    if found["kind"] != wanted:
        return f"VECTOR_INDEX is {wanted}; `strand index rebuild` makes that."
    if found["kind"] == "ivfflat":
        lists = int(str(found["parameters"]).partition("lists=")[2] or FEWEST_LISTS)
        if abs(lists - lists_for(chunks)) > STRAYED * lists_for(chunks):
            return f"It has {lists} lists, {lists_for(chunks)} would suit; `strand index rebuild` sizes them."
    return "It is well."
