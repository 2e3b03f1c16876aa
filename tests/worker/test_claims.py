"""Who goes next: fair among owners, within their limits, whatever happens at once."""

import asyncio
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from sqlalchemy import text

from app.db.models import User
from app.db.session import plain_url
from app.shared.exceptions import TooMany
from app.shared.jobs import JobQueue
from tests.worker.rules import ended, enqueue, later, row, working


async def test_the_queue_limit_of_an_owner_is_429_with_retry_after(settings, resources, queue, owner):
    small = JobQueue(queue.bell, msgspec.structs.replace(settings, owner_max_queued=2))
    for _ in range(2):
        await enqueue(resources, small, owner, "steady", run_at=later(600))

    with pytest.raises(TooMany) as refused:
        await enqueue(resources, small, owner, "steady")

    assert refused.value.status_code == 429
    assert int(refused.value.headers["Retry-After"]) > 0


async def test_a_small_owner_is_not_held_up_by_a_big_one(settings, resources, queue, owner):
    async with resources.db.transaction() as session:
        other = User(email=f"{uuid4().hex}@example.com", password_hash="x", display_name="x")
        session.add(other)
    big = [await enqueue(resources, queue, owner, "steady", f"big{n}-") for n in range(40)]
    small = await enqueue(resources, queue, other.id, "steady", "small-")

    async with working(settings, resources, worker_slots=2, owner_max_running=2):
        for job_id in [small, *big]:
            await ended(resources, job_id)

    done = (await row(resources, small))["finished_at"]
    before = [job_id for job_id in big if (await row(resources, job_id))["finished_at"] < done]
    assert len(before) < 5


async def test_the_limit_of_running_jobs_holds_between_two_claimers_at_once(settings, resources, owner):
    """B claims while A's claim is not committed: a claim that only counted what it sees would let a fourth run."""
    url = plain_url(settings.database_url)
    a, b = await asyncpg.connect(url), await asyncpg.connect(url)
    claim = "select id from job_claim(array['limit.a', 'limit.b'], $1, 1, 3, interval '30 s')"
    try:
        for _ in range(10):
            await a.execute("delete from jobs where owner_id = $1", owner)
            await a.executemany(
                "insert into jobs (id, owner_id, kind, input, status, max_attempts, code_version) values ($1, $2, $3, '{}', 'queued', 6, 'x')",
                [(uuid4(), owner, f"limit.{'ab'[n % 2]}") for n in range(8)],
            )
            for _ in range(2):
                await a.fetch(claim, "a")
            transaction = a.transaction()
            await transaction.start()
            await a.fetch(claim, "a")
            meanwhile = asyncio.create_task(b.fetch(claim, "b"))
            await asyncio.sleep(0.01)
            await transaction.commit()
            await meanwhile
            running = await a.fetchval("select count(*) from jobs where owner_id = $1 and status = 'running'", owner)
            assert running <= 3
    finally:
        await a.execute("delete from jobs where owner_id = $1", owner)
        await a.close()
        await b.close()


async def test_a_job_inserted_while_its_owner_is_emptied_is_not_forgotten(settings, owner):
    url = plain_url(settings.database_url)
    a, b = await asyncpg.connect(url), await asyncpg.connect(url)
    insert = "insert into jobs (id, owner_id, kind, input, status, max_attempts, code_version) values ($1, $2, 'wake.a', '{}', 'queued', 6, 'x')"
    claim = "select id from job_claim(array['wake.a'], 'w', 1, 30, interval '30 s')"
    try:
        for _ in range(10):
            await a.execute(insert, uuid4(), owner)
            transaction = a.transaction()
            await transaction.start()
            assert await a.fetch(claim)
            inserting = asyncio.create_task(b.execute(insert, uuid4(), owner))
            await asyncio.sleep(0.005)
            await transaction.commit()
            await inserting
            assert await a.fetch(claim)
    finally:
        await a.execute("delete from jobs where owner_id = $1", owner)
        await a.close()
        await b.close()


async def test_an_erased_owner_leaves_no_line(settings, resources, queue, owner):
    await enqueue(resources, queue, owner, "steady", run_at=later(600))
    async with resources.db.transaction() as session:
        await session.execute(text("delete from users where id = :id"), {"id": owner})
        left = await session.scalar(text("select count(*) from job_lines where owner_id = :id"), {"id": owner})

    assert left == 0


async def test_the_lines_agree_with_the_jobs_after_all_of_this(settings):
    connection = await asyncpg.connect(plain_url(settings.database_url))
    drift = """
    select count(*) from job_lines line
    where running <> (select count(*) from jobs where owner_id = line.owner_id and status = 'running')
      or (turn_at = 'infinity') <> not exists (
        select 1 from jobs where owner_id = line.owner_id and kind = line.kind and status = 'queued')
    """
    try:
        assert await connection.fetchval(drift) == 0
    finally:
        await connection.close()
