"""What PostgreSQL's row-level security would cost as a second wall: the same transactions with and without policies.

`python -m benchmarks.row_security [--chunks 10000]`, on a PostgreSQL of its own. Twenty accounts; one project has all of the
chunks that are asked for, the other accounts have as many together. A policy compares `owner_id` with a setting that the
transaction makes first; tables without an owner of their own ask the table that they hang on.
"""

import argparse
import asyncio
import statistics
import time
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from pgvector.asyncpg import register_vector
from uuid_utils.compat import uuid7

from app.db.base import DIMENSIONS
from app.db.session import plain_url
from app.evaluate.retrieval import own_database
from benchmarks.record import record

ACCOUNTS, SOURCES, WORDS_A_CHUNK = 20, 100, 40
ROUNDS, WARM = 200, 10
OWNED = ("projects", "content_sources", "retrievable_text")
POLICY = "create policy of_owner on {table} using (owner_id = current_setting('strand.owner')::uuid)"
OF_PROJECT = "create policy of_owner on search_postings using (project_id in (select id from projects))"
OF_SOURCE = "create policy of_owner on source_versions using (source_id in (select id from content_sources))"
READER = "strand_reader"

FILL = """
insert into users (id, email, password_hash, display_name, role, is_active, created_at, updated_at, revision)
  select id, id || '@example.com', 'x', 'x', 'creator', true, now(), now(), 1 from unnest($1::uuid[]) id;
"""
PROJECTS = """
insert into projects (id, owner_id, title, status, created_at, updated_at)
select gen_random_uuid(), owner, 'Project ' || n, 'active', now() - make_interval(mins => n), now()
from unnest($1::uuid[]) owner, generate_series(1, 30) n
"""
SOURCE_ROWS = """
insert into content_sources (id, owner_id, project_id, title, role, kind, status, size_bytes, version, word_count,
  chunk_count, created_at, updated_at)
select gen_random_uuid(), $1, $2, 'Source ' || n, 'reference', 'text', 'ready', 1, 1, 1, $3, now(), now()
from generate_series(1, $4) n
"""
CHUNKS = f"""
with made as materialized (
  select id, (select array_agg(random() - 0.5) from generate_series(1, {DIMENSIONS}) where id is not null)::vector as vector
  from content_sources where project_id = $2
)
insert into retrievable_text (id, owner_id, project_id, source_id, version, ordinal, text, span_start, span_end,
  heading_path, search_config, content_hash, embedding, embedding_model)
select gen_random_uuid(), $1, $2, made.id, 1, n, repeat('tides lag behind the moon ', 8), 0, 200, '[]', 'simple',
  md5(made.id::text || n), made.vector, 'm'
from made, generate_series(0, $3 - 1) n
"""
POSTINGS = f"""
insert into search_postings (project_id, lexeme, chunk_id, frequency, length, source_id)
select project_id, 'word' || ((ordinal * 7 + w * w) % 4000), id, 1, {WORDS_A_CHUNK}, source_id
from retrievable_text, generate_series(1, {WORDS_A_CHUNK}) w where project_id = $1
on conflict do nothing
"""

ASKED: dict[str, str] = {
    "20 projects of a list": "select * from projects where owner_id = $1 order by created_at desc limit 20",
    "100 chunks of a source": """select id, text, span_start, span_end from retrievable_text
      where source_id = $1 and version = 1 order by ordinal limit 100""",
    "keyword search": """with posted as materialized (
        select lexeme, chunk_id, frequency, length from search_postings where project_id = $1
          and lexeme = any(array['word7', 'word49', 'word100', 'word256', 'word999', 'word1500']))
      select chunk_id, sum(frequency / (frequency + length)::float) as score from posted
      group by chunk_id order by score desc limit 50""",
    "vector search, exact": """select chunk.id from retrievable_text chunk
        join content_sources source on source.id = chunk.source_id and source.version = chunk.version
      where chunk.owner_id = $2 and chunk.project_id = $1 and chunk.embedding_model = 'm' and chunk.embedding <=> $3 < 1.2
      order by (chunk.embedding <=> $3) + 0, chunk.id limit 50""",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=10_000)
    chunks = parser.parse_args().chunks
    with own_database() as settings:
        table = asyncio.run(measure(plain_url(settings.database_url or ""), chunks))
    record("Row-level security", "python -m benchmarks.row_security", table)


async def measure(url: str, chunks: int) -> str:
    plain, walled = [await asyncpg.connect(url) for _ in range(2)]
    try:
        owner, project, source = await fill(plain, chunks)
        await secure(plain)
        await walled.execute(f"set role {READER}")
        for connection in (plain, walled):
            await register_vector(connection)
        vector = np.array([0.01 * (n % 7) for n in range(DIMENSIONS)], dtype=np.float32)
        given: dict[str, list[Any]] = {
            "20 projects of a list": [owner],
            "100 chunks of a source": [source],
            "keyword search": [project],
            "vector search, exact": [project, owner, vector],
        }
        rows = ["| transaction | without, p50 ms | with, p50 ms | without, p10 ms | with, p10 ms |", "|" + " --- |" * 5]
        for name, sql in ASKED.items():
            took = await timed(plain, walled, sql, given[name], owner)
            (p50, w50), (p10, w10) = [[_at(share, one) for one in took] for share in (50, 10)]
            rows.append(
                f"| {name} | {p50:.2f} | {w50:.2f} ({w50 / p50 - 1:+.0%}) | {p10:.2f} | {w10:.2f} ({w10 / p10 - 1:+.0%}) |"
            )
    finally:
        await plain.close()
        await walled.close()
    return "\n".join(rows)


def _at(percent: int, took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[percent - 1]


async def fill(connection: asyncpg.Connection, chunks: int) -> tuple[UUID, UUID, UUID]:
    """Gives the account that is asked for, its large project, and a source of it."""
    accounts = [uuid7() for _ in range(ACCOUNTS)]
    await connection.execute(FILL, accounts)
    await connection.execute(PROJECTS, accounts)
    for account in accounts:
        share = chunks if account == accounts[0] else chunks // (ACCOUNTS - 1)
        project = await connection.fetchval("select id from projects where owner_id = $1 limit 1", account)
        each = max(1, share // SOURCES)
        await connection.execute(SOURCE_ROWS, account, project, each, SOURCES)
        await connection.execute(CHUNKS, account, project, each)
        await connection.execute(POSTINGS, project)
    await connection.execute("vacuum analyze")
    scope = "select project_id, id from content_sources where owner_id = $1 limit 1"
    large, source = await connection.fetchrow(scope, accounts[0])
    return accounts[0], large, source


async def secure(connection: asyncpg.Connection) -> None:
    """Policies, and a role that they hold for: the tables' owner passes them by."""
    for table in OWNED:
        await connection.execute(POLICY.format(table=table))
    await connection.execute(OF_PROJECT)
    await connection.execute(OF_SOURCE)
    for table in (*OWNED, "search_postings", "source_versions"):
        await connection.execute(f"alter table {table} enable row level security")
    await connection.execute(f"create role {READER}")
    await connection.execute(f"grant usage on schema public to {READER}")
    await connection.execute(f"grant select on all tables in schema public to {READER}")


async def timed(
    plain: asyncpg.Connection, walled: asyncpg.Connection, sql: str, given: list[Any], owner: UUID
) -> tuple[list[float], list[float]]:
    """Milliseconds of whole transactions, as a request makes one, in turns: what else the machine does hits both."""
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM + ROUNDS):
        for connection, times in zip((plain, walled), took, strict=True):
            begun = time.perf_counter()
            async with connection.transaction():
                if connection is walled:
                    await connection.execute("select set_config('strand.owner', $1, true)", str(owner))
                found = await connection.fetch(sql, *given)
            if turn >= WARM:
                times.append((time.perf_counter() - begun) * 1000)
            assert found, sql
    return took


if __name__ == "__main__":
    main()
