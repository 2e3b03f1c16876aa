"""What is measured in a queue: a claim beside the naive one, a race, and a burst."""

import asyncio
import json
import statistics
import time
from contextlib import AsyncExitStack

import asyncpg

from app.shared.embedded import Cluster
from app.shared.job_sql import CLAIM, SETTLE
from benchmarks.claims.queues import ADD, FILL, KINDS, MAX_RUNNING, OWNERS, Queue, connect, database, queue_again

LEASE_SECONDS = 30.0
LIMIT_TRIALS = 50
BURST = 4_000
NAIVE = """
with busy as (
  select owner_id, count(*) as running from jobs where status = 'running' group by 1
), chosen as (
  select job.id from jobs job left join busy using (owner_id)
  where job.status = 'queued' and job.kind = any($1) and job.run_at <= now() and coalesce(busy.running, 0) < $2
  order by coalesce(busy.running, 0), job.priority, job.run_at limit 1 for update of job skip locked
)
update jobs set status = 'running', epoch = epoch + 1, worker = 'naive', lease_until = now() + interval '30 s'
from chosen where jobs.id = chosen.id returning jobs.id
"""


async def claim(connection: asyncpg.Connection, wanted: int, kinds: list[str] = KINDS) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(CLAIM, kinds, "benchmark", wanted, MAX_RUNNING, LEASE_SECONDS)
    return rows


async def work(queue: Queue, wanted: int) -> None:
    """Claim, settle what came, and queue as many again, so that the size stays; the clock looks at each apart."""
    connection = queue.connection
    transaction = connection.transaction()
    await transaction.start()
    began = time.perf_counter()
    rows = await claim(connection, wanted)
    queue.note(f"claim {wanted}", began)
    began = time.perf_counter()
    await transaction.commit()
    queue.note("commit", began)
    assert rows, "nothing was claimed from a full queue"
    queue.got[wanted] = len(rows)
    for row in rows:
        began = time.perf_counter()
        settled = await connection.fetchval(
            SETTLE, row["id"], row["epoch"], "succeeded", None, None, None, None, None, None, None
        )
        queue.note("settle", began)
        assert settled == "succeeded"
    for row in rows:
        began = time.perf_counter()
        await connection.execute(ADD, row["owner_id"], row["kind"])
        queue.note("add", began)


async def pages(queue: Queue, wanted: int) -> None:
    """Count the pages that a claim looks at, wherever they are, and undo it: this does not depend on the machine."""
    transaction = queue.connection.transaction()
    await transaction.start()
    plan = await queue.connection.fetchval(
        f"explain (analyze, buffers, timing off, format json) {CLAIM}",
        KINDS,
        "benchmark",
        wanted,
        MAX_RUNNING,
        LEASE_SECONDS,
    )
    await transaction.rollback()
    top = json.loads(plan)[0]["Plan"]
    queue.times.setdefault(f"pages {wanted}", []).append(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


async def naive(queue: Queue) -> None:
    """The claim that sorts the queue, undone."""
    transaction = queue.connection.transaction()
    await transaction.start()
    began = time.perf_counter()
    assert await queue.connection.fetchval(NAIVE, KINDS, MAX_RUNNING)
    queue.note("naive", began)
    await transaction.rollback()


async def race(cluster: Cluster, stack: AsyncExitStack) -> tuple[int, int, int]:
    """Two workers at an owner who runs 2 of 3: the most that ran, how often the second got nothing, and how often a
    job that was added during a claim was not found after it."""
    first = await database(cluster, stack, "race")
    second = await connect(cluster, stack, "race")
    await first.execute(OWNERS, 1)
    most = refused = lost = 0
    for _ in range(LIMIT_TRIALS):
        await queue_again(first, jobs=10)
        assert len(await claim(first, 2)) == 2
        transaction = first.transaction()
        await transaction.start()
        assert await claim(first, 1, KINDS[:1])
        other = asyncio.create_task(claim(second, 1, KINDS[1:2]))
        await asyncio.sleep(0.01)
        await transaction.commit()
        refused += not await asyncio.wait_for(other, 5)
        most = max(most, await first.fetchval("select count(*) from jobs where status = 'running'"))

        await queue_again(first, jobs=1)
        transaction = first.transaction()
        await transaction.start()
        rows = await claim(first, 1)
        adding = asyncio.create_task(second.execute(ADD, rows[0]["owner_id"], KINDS[0]))
        await asyncio.sleep(0.005)
        await transaction.commit()
        await adding
        lost += not await claim(first, 1)
    return most, refused, lost


async def burst(connection: asyncpg.Connection) -> tuple[float, float]:
    """Microseconds a row for the first and the last tenth of a burst, planned with what was known of an empty table."""
    await connection.execute("alter table jobs set (autovacuum_enabled = off)")
    await connection.execute(OWNERS, BURST)
    await connection.execute("vacuum analyze")
    step, times = BURST // 40, []
    for start in range(0, BURST, step):
        began = time.perf_counter()
        await connection.execute(FILL.format(owner="n % $4::int"), start, start + step, KINDS, BURST)
        times.append((time.perf_counter() - began) / step * 1e6)
    return statistics.median(times[:4]), statistics.median(times[-4:])
