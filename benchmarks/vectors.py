"""How vectors get to their chunks: rows a second of each way, beside a bare binary COPY of rows that have them already.

`python -m benchmarks.vectors [--chunks 5000] [--rounds 5]`. Batches as a reading stores them, each in a transaction.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from pgvector import Vector
from pgvector.asyncpg import register_vector

from app.db.session import plain_url
from app.evaluate.retrieval import own_database
from benchmarks.reads import shelf
from benchmarks.record import record

BATCH, DIMENSIONS, MODEL = 256, 1536, "m"
SEED = 20261121
COPIED = ("id", "owner_id", "project_id", "source_id", "version", "ordinal", "text", "span_start", "span_end", "heading_path",
          "search_config", "content_hash", "embedding", "embedding_model")  # fmt: skip
Rows = list[tuple[UUID, Any, tuple[Any, ...]]]
"""Chunk, vector, and the whole row with it."""
AT_ONCE = """
update retrievable_text chunk set embedding = arrived.embedding, embedding_model = $3
from unnest($1::uuid[], $2::vector[]) as arrived (id, embedding) where chunk.id = arrived.id
"""
FROM_ARRIVED = """
update retrievable_text chunk set embedding = arrived.embedding, embedding_model = $1 from arrived where arrived.id = chunk.id
"""


async def bare_copy(connection: asyncpg.Connection, rows: Rows) -> None:
    await connection.copy_records_to_table("retrievable_text", records=[whole for *_, whole in rows], columns=COPIED)


async def one_by_one(connection: asyncpg.Connection, rows: Rows) -> None:
    await connection.executemany(
        "update retrievable_text set embedding = $2, embedding_model = $3 where id = $1",
        [(one, vector, MODEL) for one, vector, _ in rows],
    )


async def at_once(connection: asyncpg.Connection, rows: Rows) -> None:
    await connection.execute(AT_ONCE, [one for one, *_ in rows], [Vector(vector) for _, vector, _ in rows], MODEL)


async def by_copy(connection: asyncpg.Connection, rows: Rows) -> None:
    await connection.execute(
        "create temporary table if not exists arrived (id uuid, embedding vector) on commit delete rows"
    )
    await connection.copy_records_to_table("arrived", records=[(one, vector) for one, vector, _ in rows])
    await connection.execute(FROM_ARRIVED, MODEL)


WAYS: dict[str, Callable[[asyncpg.Connection, Rows], Awaitable[None]]] = {
    "COPY of rows with their vectors (the floor)": bare_copy,
    "an update a row, pipelined (used)": one_by_one,
    "one update a batch, vectors as an array": at_once,
    "COPY into a temporary table, then one update": by_copy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with own_database() as settings:
        rates = asyncio.run(measure(plain_url(settings.database_url or ""), given.chunks, given.rounds))
    floor = rates[next(iter(WAYS))]
    rows = [
        f"| {name} | {statistics.median(rates[name]):,.0f} | {statistics.median(one / other for one, other in zip(rates[name], floor, strict=True)):.2f} |"
        for name in WAYS
    ]
    record(
        "Vectors",
        "python -m benchmarks.vectors",
        "| way | rows/s | of the floor |\n| --- | --- | --- |\n" + "\n".join(rows),
    )


async def measure(url: str, chunks: int, rounds: int) -> dict[str, list[float]]:
    connection = await asyncpg.connect(url)
    await register_vector(connection)
    for statement, *values in (
        (shelf.ACCOUNTS, 1),
        (shelf.ALL_PROJECTS, 1, 1),
        (shelf.SOURCES, 1, chunks),
        (shelf.TEXTS, 1, chunks),
    ):
        await connection.execute(statement, *values)
    await connection.execute("create temporary table kept as select * from retrievable_text")
    vectors = np.random.default_rng(SEED).normal(size=(chunks, DIMENSIONS)).astype(np.float32)
    ids = [row["id"] for row in await connection.fetch("select id from kept order by ordinal")]
    whole = [
        (*(row[name] for name in COPIED[:-2]), vector, MODEL)
        for row, vector in zip(await connection.fetch("select * from kept order by ordinal"), vectors, strict=True)
    ]
    arrived: Rows = list(zip(ids, vectors, whole, strict=True))
    rates: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            await connection.execute("truncate retrievable_text cascade")
            if way is not bare_copy:
                await connection.execute("insert into retrievable_text select * from kept")
            began = time.perf_counter()
            for start in range(0, chunks, BATCH):
                async with connection.transaction():
                    await way(connection, arrived[start : start + BATCH])
            rates[name].append(chunks / (time.perf_counter() - began))
    await connection.close()
    return rates


if __name__ == "__main__":
    main()
