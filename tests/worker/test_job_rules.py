"""The job engine's rules on a real database, with tasks made for the purpose."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from sqlalchemy import text

from app.db.models import User
from app.db.session import after_commit, after_rollback, plain_url
from app.shared import jobs as jobs_module
from app.shared.bell import Bell, build_bell
from app.shared.exceptions import TooMany, Unavailable, Unprocessable
from app.shared.job_store import JobStore
from app.shared.jobs import TASKS, JobContext, JobQueue, Result, Task
from app.shared.pipeline import PipelineRun
from app.worker.runtime import Runtime, worker_name

CALLS: list[str] = []


async def note(resources, what: str) -> str:
    CALLS.append(what)
    return what


async def hang(resources, what: str) -> str:
    CALLS.append(what)
    await asyncio.sleep(30)
    return what


async def steady(context: JobContext, tag: str) -> Result | None:
    run = PipelineRun(context)
    for number in range(3):
        await run.branch(f"note_{number}", note, f"{tag}{number}")
    return None


async def flaky(context: JobContext, tag: str) -> Result | None:
    run = PipelineRun(context)
    await run.branch("first", note, f"{tag}first")
    if CALLS.count(f"{tag}try") < 2:
        CALLS.append(f"{tag}try")
        raise Unavailable("Busy.", retry_after_seconds=0.05)
    await run.branch("second", note, f"{tag}second")
    return None


async def hopeless(context: JobContext, tag: str) -> Result | None:
    CALLS.append(tag)
    raise Unavailable("Still busy.", retry_after_seconds=0.01)


async def refused(context: JobContext, tag: str) -> Result | None:
    CALLS.append(tag)
    raise Unprocessable("There is nothing to analyse.", code="nothing_there")


async def buggy(context: JobContext, tag: str) -> Result | None:
    CALLS.append(tag)
    raise KeyError("a secret of ours")


async def slow(context: JobContext, tag: str) -> Result | None:
    run = PipelineRun(context)
    await run.branch("before", note, f"{tag}before")
    await run.branch("hang", hang, f"{tag}hang")
    return None


KINDS = {
    f"rules.{function.__name__}": Task(f"rules.{function.__name__}", function, 20, 3)
    for function in (steady, flaky, hopeless, refused, buggy, slow)
}
"""Known to the workers of these tests only."""


@pytest.fixture
async def owner(resources):
    async with resources.db.transaction() as session:
        user = User(email=f"{uuid4().hex}@example.com", password_hash="x", display_name="x")
        session.add(user)
    return user.id


@pytest.fixture
async def queue(settings):
    bell = Bell(build_bell(settings.database_url))
    yield JobQueue(bell, settings)
    await bell.close()


async def enqueue(resources, queue, owner, kind, tag=None, **settings) -> UUID:
    async with resources.db.transaction() as session:
        job = await queue.enqueue(session, KINDS[f"rules.{kind}"], owner, None, None, tag=tag or uuid4().hex)
        for name, value in settings.items():
            setattr(job, name, value)
    return job.id


@asynccontextmanager
async def working(settings, resources, **change):
    """A worker that claims the test's tasks."""
    chosen = msgspec.structs.replace(settings, job_max_attempts=3, job_backoff_seconds=0.02, **change)
    async with JobStore(settings.database_url, chosen, worker_name()) as store:
        bell = Bell(build_bell(settings.database_url))
        runtime = Runtime(chosen, resources, store, bell, KINDS)
        await runtime.start()
        try:
            yield runtime
        finally:
            await runtime.stop()
            await bell.close()


async def row(resources, job_id):
    async with resources.db.transaction() as session:
        return (await session.execute(text("select * from jobs where id = :id"), {"id": job_id})).mappings().one()


async def ended(resources, job_id, seconds=15):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        found = await row(resources, job_id)
        if found["status"] not in {"queued", "running"}:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"the job did not end: {dict(found)}")


async def until(condition, seconds=10):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


async def test_a_transient_failure_is_tried_again_from_the_last_finished_step(settings, resources, queue, owner):
    async with working(settings, resources):
        job_id = await enqueue(resources, queue, owner, "flaky", "flaky-")
        job = await ended(resources, job_id)

    assert (job["status"], job["attempts"], job["attempt"]) == ("succeeded", 3, 0)
    assert CALLS.count("flaky-first") == 1


async def test_a_job_that_used_up_its_attempts_gives_up_and_says_it_can_be_retried(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "hopeless", "hopeless", max_attempts=3))

    assert (job["status"], job["error"]["code"], job["error"]["retryable"]) == ("failed", "gave_up", True)
    assert CALLS.count("hopeless") == 3


async def test_a_permanent_failure_fails_at_once_with_its_code(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "refused", "refused"))

    assert (job["status"], job["error"]["code"]) == ("failed", "nothing_there")
    assert CALLS.count("refused") == 1


async def test_a_bug_of_ours_is_retried_and_never_shows_its_inside(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "buggy", "buggy", max_attempts=2))

    assert job["error"]["code"] == "gave_up"
    assert "secret" not in str(job["error"])
    assert CALLS.count("buggy") == 2


async def test_a_running_job_is_cancelled_within_five_seconds_and_keeps_its_finished_steps(
    settings, resources, queue, owner
):
    async with working(settings, resources, job_receipt_seconds=0.2):
        job_id = await enqueue(resources, queue, owner, "slow", "cancel-")
        await until(lambda: "cancel-hang" in CALLS)
        asked = time.monotonic()
        async with resources.db.transaction() as session:
            await session.execute(text("update jobs set cancel_requested_at = now() where id = :id"), {"id": job_id})
        job = await ended(resources, job_id)

        assert job["status"] == "cancelled"
        assert time.monotonic() - asked < 5
    async with resources.db.transaction() as session:
        steps = (
            await session.execute(
                text("select name, status from job_steps where job_id = :id order by ordinal"), {"id": job_id}
            )
        ).all()
    assert [tuple(step) for step in steps] == [("before", "done"), ("hang", "running")]


async def test_a_superseded_run_writes_nothing(settings, resources, queue, owner):
    async with working(settings, resources, job_receipt_seconds=0.2):
        job_id = await enqueue(resources, queue, owner, "slow", "stolen-")
        await until(lambda: "stolen-hang" in CALLS)
        async with resources.db.transaction() as session:
            await session.execute(
                text("update jobs set epoch = epoch + 1, worker = 'another' where id = :id"), {"id": job_id}
            )
        await asyncio.sleep(2)
        job = await row(resources, job_id)

    assert (job["status"], job["worker"]) == ("running", "another")


async def test_a_job_past_its_deadline_ends(settings, resources, queue, owner):
    job_id = await enqueue(resources, queue, owner, "steady", run_at=_in(600), deadline_at=_in(-1))

    async with working(settings, resources, job_tick_seconds=0.2):
        job = await ended(resources, job_id)

    assert (job["status"], job["error"]["code"]) == ("failed", "deadline")


async def test_a_worker_claims_only_kinds_that_it_knows(settings, resources, queue, owner):
    async with resources.db.transaction() as session:
        unknown = Task("rules.from_the_future", steady, 20, 3)
        job = await queue.enqueue(session, unknown, owner, None, None, tag="x")
    async with working(settings, resources):
        await ended(resources, await enqueue(resources, queue, owner, "steady"))
        assert (await row(resources, job.id))["status"] == "queued"


async def test_the_queue_limit_of_an_owner_is_429_with_retry_after(settings, resources, queue, owner):
    small = JobQueue(queue.bell, msgspec.structs.replace(settings, owner_max_queued=2))
    for _ in range(2):
        await enqueue(resources, small, owner, "steady", run_at=_in(600))

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
        await ended(resources, small)
        waiting = [job_id for job_id in big if (await row(resources, job_id))["status"] == "queued"]
        for job_id in big:
            await ended(resources, job_id)

    assert len(waiting) > 20


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
    await enqueue(resources, queue, owner, "steady", run_at=_in(600))
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


def _in(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_two_tasks_of_one_name_are_refused():
    async def twice(context: JobContext) -> None: ...

    twice.__module__ = "app.features.rules.tasks"
    jobs_module.task()(twice)
    try:
        with pytest.raises(RuntimeError, match=r"rules\.twice"):
            jobs_module.task()(twice)
    finally:
        del TASKS["rules.twice"]


async def branching(context: JobContext, tag: str) -> Result | None:
    run = PipelineRun(context)

    async def refuse(resources, what: str) -> str:
        CALLS.append(what)
        raise Unprocessable("Not this one.", code="branch_refused")

    async with asyncio.TaskGroup() as group:
        group.create_task(run.branch("good", note, f"{tag}good"))
        group.create_task(run.branch("bad", refuse, f"{tag}bad"))
    return None


async def busy_when_cancelled(context: JobContext, tag: str) -> Result | None:
    CALLS.append(tag)
    await asyncio.sleep(0.2)
    async with context.resources.db.transaction() as session:
        await session.execute(
            text("update jobs set cancel_requested_at = now() where id = :id"), {"id": context.job.id}
        )
    raise Unavailable("Busy.", retry_after_seconds=200)


async def shaped(context: JobContext, tag: str) -> Result | None:
    run = PipelineRun(context)
    values = await run.branch("values", odd_values, tag)
    CALLS.append(f"{tag}{values!r}")
    if CALLS.count(f"{tag}again") < 1:
        CALLS.append(f"{tag}again")
        raise Unavailable("Once more.", retry_after_seconds=0.01)
    await run.branch("uses", use_values, values)
    return None


async def odd_values(resources, tag: str) -> dict[int, list[float]]:
    return {1: [-0.0, 1e20, 0.1]}


async def use_values(resources, values: dict[int, list[float]]) -> None:
    return None


for function in (branching, busy_when_cancelled, shaped):
    KINDS[f"rules.{function.__name__}"] = Task(f"rules.{function.__name__}", function, 20, 3)


async def test_a_refusal_in_one_of_several_branches_fails_the_job_at_once(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "branching", "branching-"))

    assert (job["status"], job["error"]["code"]) == ("failed", "branch_refused")
    assert CALLS.count("branching-bad") == 1


async def test_a_cancel_wins_over_another_try(settings, resources, queue, owner):
    async with working(settings, resources, job_beat_seconds=5):
        job = await ended(resources, await enqueue(resources, queue, owner, "busy_when_cancelled", "wins-"))

    assert job["status"] == "cancelled"


async def test_a_resumed_job_sees_the_same_values_to_the_letter(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "shaped", "shaped-"))

    assert job["status"] == "succeeded"
    assert CALLS.count("shaped-{1: [-0.0, 1e+20, 0.1]}") == 2


async def test_work_waits_for_the_commit_or_for_the_rollback(resources):
    told: list[str] = []

    async def tell(what):
        told.append(what)

    async with resources.db.transaction() as session:
        after_commit(session, lambda: tell("committed"))
        after_rollback(session, lambda: tell("never"))

    async def fail():
        async with resources.db.transaction() as session:
            after_commit(session, lambda: tell("never"))
            after_rollback(session, lambda: tell("rolled back"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fail()
    await asyncio.sleep(0.05)

    assert told == ["committed", "rolled back"]
