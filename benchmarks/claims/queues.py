"""Databases with a queue each, of any size and shape."""

import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from app.shared.embedded import Cluster

KINDS = ["dna.build_profile", "search.answer_question", "sources.read_source"]
WANTED = (1, 10)
MAX_RUNNING = 3
ROWS_AT_ONCE = 5_000
"""A statement holds a lock for each owner that it touches, and the lock table has its limits."""
OWNERS = """
insert into users (id, email, password_hash, display_name, role, created_at, updated_at)
select md5('owner ' || n)::uuid, n || '@example.com', '', 'Nell', 'creator', now(), now()
from generate_series(0, $1::int - 1) n
"""
INSERT = """
insert into jobs (id, owner_id, kind, input, status, stage, run_at, max_attempts, deadline_at, code_version, event_seq)
"""
FILL = f"""{INSERT}
select uuidv7(), md5('owner ' || {{owner}})::uuid, ($3::text[])[1 + n / $4::int % 3], '{{{{}}}}', 'queued',
  'waiting for a worker', now() - random() * interval '1 hour', 6, now() + interval '1 day', 'benchmark', 1
from generate_series($1::int, $2::int - 1) n
"""
ADD = f"""{INSERT}
values (uuidv7(), $1, $2, '{{}}', 'queued', 'waiting for a worker', now(), 6, now() + interval '1 day', 'benchmark', 1)
"""


@dataclass(frozen=True)
class Shape:
    """How the jobs of a queue are spread over owners."""

    name: str
    owners: Callable[[int], int]
    owner: str = "n % $4::int"
    """The owner's number for the nth job, in SQL."""
    held: bool = False
    """Whether the first owner runs as many as may before anything is measured."""


SHAPES = (
    Shape("1,000 jobs an owner (100 at the smallest size)", lambda size: max(10, size // 1000)),
    Shape("one owner has all", lambda _: 1),
    Shape("10 jobs an owner", lambda size: size // 10),
    Shape(
        "one owner at his limit has 90 %, others 10 each",
        lambda size: 1 + size // 100,
        "case when n % 10 > 0 then 0 else 1 + n / 10 % ($4::int - 1) end",
        held=True,
    ),
)


@dataclass
class Queue:
    """A database with its queue, and the milliseconds (and pages) that were measured in it."""

    shape: Shape
    size: int
    connection: asyncpg.Connection
    fill_seconds: float = 0
    times: dict[str, list[float]] = field(default_factory=dict)
    got: dict[int, int] = field(default_factory=dict)

    def note(self, what: str, began: float) -> None:
        self.times.setdefault(what, []).append((time.perf_counter() - began) * 1000)

    def p50(self, what: str) -> float:
        return statistics.median(self.times[what])

    def p95(self, what: str) -> float:
        return statistics.quantiles(self.times[what], n=20)[18]


async def database(cluster: Cluster, stack: AsyncExitStack, name: str) -> asyncpg.Connection:
    """A connection to a new database with the schema."""
    parts = urlsplit(cluster.url)
    admin = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        await admin.execute(f"create database {name} template {parts.path[1:]}")
    finally:
        await admin.close()
    return await connect(cluster, stack, name)


async def connect(cluster: Cluster, stack: AsyncExitStack, name: str) -> asyncpg.Connection:
    connection: asyncpg.Connection = await asyncpg.connect(urlunsplit(urlsplit(cluster.url)._replace(path=f"/{name}")))
    stack.push_async_callback(connection.close)
    return connection


async def fill(shape: Shape, size: int, connection: asyncpg.Connection) -> Queue:
    """Queue *size* jobs in bulk, through the triggers."""
    queue, owners = Queue(shape, size, connection), shape.owners(size)
    await connection.execute(OWNERS, owners)
    statement, began = FILL.format(owner=shape.owner), time.perf_counter()
    for start in range(0, size, ROWS_AT_ONCE):
        await connection.execute(statement, start, min(start + ROWS_AT_ONCE, size), KINDS, owners)
        if start == 0:
            await connection.execute("analyze jobs, job_lines")  # as autovacuum does within a minute
    queue.fill_seconds = time.perf_counter() - began
    if shape.held:
        await connection.execute(
            "update jobs set status = 'running', lease_until = now() + interval '1 day' where id in"
            " (select id from jobs where owner_id = md5('owner 0')::uuid limit $1)",
            MAX_RUNNING,
        )
    await connection.execute("vacuum analyze")
    await connection.execute("checkpoint")
    print(f"{shape.name}: {size:,} jobs in {queue.fill_seconds:.1f} s", flush=True)
    return queue


async def queue_again(connection: asyncpg.Connection, jobs: int) -> None:
    """Nothing but so many queued jobs of the one owner."""
    await connection.execute("truncate jobs, job_lines cascade")
    await connection.execute(FILL.format(owner="0"), 0, jobs, KINDS, 1)
