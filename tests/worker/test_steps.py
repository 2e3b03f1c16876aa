"""What a pipeline's steps are held to."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from app.db.session import after_commit, after_rollback
from app.shared.exceptions import Unavailable, Unprocessable
from app.shared.hints import Hub, open_wire
from app.shared.jobs import JobContext, Result
from app.shared.pipeline import PipelineRun, StepTooSlow, step, streamed
from tests.worker.rules import CALLS, ended, enqueue, known, note, until, working


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


async def told_late(context: JobContext, tag: str) -> Result | None:
    await PipelineRun(context).branch("held", hold, context.job.id)
    return None


async def hold(resources, job_id: UUID) -> str:
    """Keeps everybody from writing to its job for a while; says until when."""
    async with resources.db.transaction() as session:
        await session.execute(text("select 1 from jobs where id = :id for update"), {"id": job_id})
        await asyncio.sleep(0.5)
        return str((await session.execute(text("select clock_timestamp()::text"))).scalar())


known(branching, busy_when_cancelled, shaped, told_late)


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


async def sleepy(resources, seconds: float) -> None:
    await asyncio.sleep(seconds)


@step(timeout_seconds=0.1)
async def impatient(resources, what: str) -> None:
    CALLS.append(what)
    await asyncio.sleep(5)


async def too_slow(context: JobContext, tag: str) -> Result | None:
    await PipelineRun(context).step(impatient, f"{tag}slow")
    return None


@step(version=2)
async def worded_anew(resources, what: str) -> str:
    return what


async def versioned(context: JobContext, tag: str) -> Result | None:
    await PipelineRun(context).step(worded_anew, tag)
    return None


async def counted(context: JobContext, tag: str) -> Result | None:
    run = PipelineRun(context)
    run.expect(4)
    for number in range(4):
        await run.branch(f"part_{number}", note, f"{tag}{number}")
    return None


async def _words():
    for word in ("The ", "tide ", "turns."):
        yield word


async def say(resources, what: str) -> str:
    return await streamed(_words(), section=what)


async def told(context: JobContext, tag: str) -> Result | None:
    assert await PipelineRun(context).step(say, tag) == "The tide turns."
    return None


async def fail(resources) -> None:
    raise Unavailable("Not now.", retry_after_seconds=0.01)


async def failing_at_once(context: JobContext, tag: str) -> Result | None:
    await PipelineRun(context).step(fail)
    return None


known(failing_at_once, too_slow, versioned, counted, told)


async def test_a_step_that_takes_too_long_is_stopped_and_given_up_after_three_tries(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "too_slow", "impatient-", max_attempts=6))

    assert (job["status"], job["error"]["code"], job["error"]["retryable"]) == ("failed", "step_too_slow", True)
    assert CALLS.count("impatient-slow") == StepTooSlow.most_tries == 3


async def test_a_steps_name_carries_its_version(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "versioned"))
    async with resources.db.transaction() as session:
        names = list(await session.scalars(text("select name from job_steps where job_id = :id"), {"id": job["id"]}))

    assert names == ["worded_anew.v2"]


async def test_progress_is_what_the_step_table_says_of_what_is_expected(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "counted", "counted-"))
    query = "select data->>'progress' from job_events where job_id = :id and type = 'progress' order by seq"
    async with resources.db.transaction() as session:
        progress = [float(value) for value in await session.scalars(text(query), {"id": job["id"]})]

    assert progress == [0.25, 0.5, 0.75, 1.0]


async def test_streamed_words_are_told_as_deltas_with_where_they_belong(settings, resources, queue, owner):
    hub = Hub(open_wire(settings))
    hub.start()
    job_id = await enqueue(resources, queue, owner, "told", "s1")
    heard = []
    try:
        await until(lambda: hub.connected)
        with hub.follow(job_id) as follower:
            async with working(settings, resources):
                await ended(resources, job_id)
                while len(heard) < 3:
                    heard += (await follower.wait(1))[1]
    finally:
        await hub.close()

    assert [data["text"] for data in heard] == ["The ", "tide ", "turns."]
    assert {(data["section"], data["step"]) for data in heard} == {("s1", "say")}


async def test_a_step_that_ends_at_once_is_told_of_whole_and_in_order(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "steady"))
    async with resources.db.transaction() as session:
        steps = (await session.execute(text("select status, attempts, epoch, started_at <= finished_at as in_order from job_steps where job_id = :id"), {"id": job["id"]})).all()  # fmt: skip
        told = (await session.execute(text("select seq, type, data->>'name' as name, data->>'status' as status from job_events where job_id = :id order by seq"), {"id": job["id"]})).all()  # fmt: skip

    assert [tuple(one) for one in steps] == [("done", 1, 1, True)] * 3
    assert [one.seq for one in told] == list(range(told[0].seq, told[0].seq + len(told)))
    of_steps = [(one.name, one.status) for one in told if one.type == "step"]
    assert of_steps == [(f"note_{n}", status) for n in range(3) for status in ("running", "done")]


async def test_a_step_that_fails_at_once_is_seen_with_each_of_its_attempts(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "failing_at_once", max_attempts=3))
    async with resources.db.transaction() as session:
        steps = (await session.execute(text("select name, status, attempts from job_steps where job_id = :id"), {"id": job["id"]})).all()  # fmt: skip

    assert job["error"]["code"] == "gave_up"
    assert [tuple(one) for one in steps] == [("fail", "running", 3)]


async def test_a_step_has_started_when_it_began_and_not_when_that_could_be_told(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await ended(resources, await enqueue(resources, queue, owner, "told_late"))
    assert job["status"] == "succeeded"
    query = "select started_at + interval '0.3 s' < (output #>> '{}')::timestamptz from job_steps where job_id = :id"
    async with resources.db.transaction() as session:
        assert await session.scalar(text(query), {"id": job["id"]})
