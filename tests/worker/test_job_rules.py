"""The job engine's rules on a real database, with tasks made for the purpose."""

import asyncio
import time

import pytest
from sqlalchemy import text

from app.shared import jobs as jobs_module
from app.shared.exceptions import Unavailable, Unprocessable
from app.shared.jobs import TASKS, JobContext, Result, Task
from app.shared.pipeline import PipelineRun
from tests.worker.rules import CALLS, ended, enqueue, known, later, note, row, steady, until, working


async def hang(resources, what: str) -> str:
    CALLS.append(what)
    await asyncio.sleep(30)
    return what


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


known(flaky, hopeless, refused, buggy, slow)

TOLD, MAY_HEAR = asyncio.Event(), asyncio.Event()


async def hear(session, given, error) -> None:
    """What a feature does when its job has failed: here it takes its time."""
    CALLS.append(f"{given['tag']}: {error['code']}")
    TOLD.set()
    await MAY_HEAR.wait()


async def deaf(session, given, error) -> None:
    CALLS.append(f"{given['tag']} heard nothing")
    raise KeyError("a bug of the feature's")


async def heard(context: JobContext, tag: str) -> Result | None:
    raise Unprocessable("There is nothing to analyse.", code="nothing_there")


async def unheard(context: JobContext, tag: str) -> Result | None:
    raise Unprocessable("There is nothing to analyse.", code="nothing_there")


known(heard, ended=hear)
known(unheard, ended=deaf)


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


async def test_nobody_sees_a_job_failed_before_its_feature_knows(settings, resources, queue, owner):
    async with working(settings, resources):
        job_id = await enqueue(resources, queue, owner, "heard", "heard")
        await asyncio.wait_for(TOLD.wait(), 20)
        before = await row(resources, job_id)
        MAY_HEAR.set()
        after = await ended(resources, job_id)

    assert (before["status"], after["status"], after["untold"]) == ("running", "failed", False)
    assert CALLS.count("heard: nothing_there") == 1


async def test_a_job_ends_though_its_feature_can_not_be_told_and_is_told_again(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "unheard", "unheard"))

    assert (job["status"], job["error"]["code"], job["untold"]) == ("failed", "nothing_there", True)
    assert CALLS.count("unheard heard nothing") >= 2


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
    async with working(settings, resources):
        job_id = await enqueue(resources, queue, owner, "slow", "cancel-")
        await until(lambda: "cancel-hang" in CALLS)
        await asyncio.sleep(0.3)  # a step that takes longer than a moment is told of
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
    async with working(settings, resources):
        job_id = await enqueue(resources, queue, owner, "slow", "stolen-")
        await until(lambda: "stolen-hang" in CALLS)
        async with resources.db.transaction() as session:
            await session.execute(
                text("update jobs set epoch = epoch + 1, worker = 'another' where id = :id"), {"id": job_id}
            )
        await asyncio.sleep(1.5)  # beats, and the wait for a receipt
        job = await row(resources, job_id)
    async with resources.db.transaction() as session:  # nobody is to take it over
        await session.execute(text("update jobs set status = 'cancelled' where id = :id"), {"id": job_id})

    assert (job["status"], job["worker"]) == ("running", "another")


async def test_a_job_past_its_deadline_ends(settings, resources, queue, owner):
    job_id = await enqueue(resources, queue, owner, "steady", run_at=later(600), deadline_at=later(-1))

    async with working(settings, resources):
        job = await ended(resources, job_id)

    assert (job["status"], job["error"]["code"]) == ("failed", "deadline")


async def test_a_worker_claims_only_kinds_that_it_knows(settings, resources, queue, owner):
    async with resources.db.transaction() as session:
        unknown = Task("rules.from_the_future", steady, 20, 3)
        job = await queue.enqueue(session, unknown, owner, None, None, tag="x")
    async with working(settings, resources):
        await ended(resources, await enqueue(resources, queue, owner, "steady"))
        assert (await row(resources, job.id))["status"] == "queued"


def test_two_tasks_of_one_name_are_refused():
    async def twice(context: JobContext) -> None: ...

    twice.__module__ = "app.features.rules.tasks"
    jobs_module.task()(twice)
    try:
        with pytest.raises(RuntimeError, match=r"rules\.twice"):
            jobs_module.task()(twice)
    finally:
        del TASKS["rules.twice"]
