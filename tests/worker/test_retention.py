"""What is old goes, what costs money stays; what a dead worker left unsaid is said later."""

import asyncio
from uuid import UUID, uuid4

from sqlalchemy import text

from app.worker.retention import sweep
from tests.conftest import add_text, finished
from tests.worker.rules import ended, enqueue, known, row, working

OLD = "now() - interval '100 days'"


async def quick(context, tag: str) -> None:
    return None


known(quick)


async def change(resources, statement, **given):
    async with resources.db.transaction() as session:
        await session.execute(text(statement), given)


async def count(resources, statement, **given) -> int:
    async with resources.db.transaction() as session:
        return await session.scalar(text(statement), given)


async def test_old_jobs_go_with_their_events_and_what_they_cost_stays(settings, resources, queue, owner):
    async with working(settings, resources):
        old, new = [await enqueue(resources, queue, owner, "quick") for _ in range(2)]
        for job in (old, new):
            await ended(resources, job)
    await change(resources, f"update jobs set finished_at = {OLD} where id = :id", id=old)
    await change(
        resources,
        "insert into model_calls (id, owner_id, job_id, provider, model, purpose, state) "
        "values (:id, :owner, :job, 'openai', 'm', 'generate', 'done')",
        id=uuid4(), owner=owner, job=old,
    )  # fmt: skip

    assert await sweep(resources) >= 1

    assert await count(resources, "select count(*) from jobs where id = :id", id=old) == 0
    assert await count(resources, "select count(*) from job_events where job_id = :id", id=old) == 0
    assert await count(resources, "select count(*) from model_calls where job_id = :id", id=old) == 1
    assert (await row(resources, new))["status"] == "succeeded"
    assert await count(resources, "select count(*) from job_events where job_id = :id", id=new) > 1


async def test_events_go_earlier_than_their_job_but_for_the_last(settings, resources, queue, owner):
    async with working(settings, resources):
        job = await enqueue(resources, queue, owner, "quick")
        await ended(resources, job)
    await change(resources, "update jobs set finished_at = now() - interval '30 days' where id = :id", id=job)

    await sweep(resources)

    query = "select array_agg(type) from job_events where job_id = :id"
    assert await count(resources, query, id=job) == ["end"]


async def test_a_key_is_forgotten_after_a_day(resources, creator, project, worker):
    key = {"Idempotency-Key": "yesterday"}
    source = await add_text(creator, project, "The tide turns twice a day.", **key)
    me = UUID((await creator.get("/users/me")).json()["id"])
    await change(
        resources, "update idempotency_keys set created_at = now() - interval '25 hours' where owner_id = :me", me=me
    )

    await sweep(resources)

    assert await count(resources, "select count(*) from idempotency_keys where owner_id = :me", me=me) == 0
    again = await add_text(creator, project, "The tide turns twice a day.", **key)
    assert again["id"] != source["id"]


async def test_jobs_that_wait_for_a_budget_go_on_once_there_is_none(settings, resources, queue, owner):
    job = await enqueue(resources, queue, owner, "quick")
    far = "update jobs set run_at = now() + interval '20 days', waits_for = 'budget' where id = :id"
    await change(resources, far, id=job)
    await sweep(resources)

    async with working(settings, resources):
        assert (await ended(resources, job))["status"] == "succeeded"


async def test_a_feature_that_was_never_told_of_a_bad_end_is_told_by_a_tick(creator, project, resources, worker):
    source = await add_text(creator, project, "The tide turns twice a day.")
    job = (await creator.post(f"/sources/{source['id']}/ingest")).json()["job"]
    await finished(creator, job)
    await change(resources, "update content_sources set status = 'processing' where id = :id", id=UUID(source["id"]))
    error = '{"code": "gave_up", "message": "It was tried 6 times.", "retryable": true}'
    await change(
        resources,
        "update jobs set status = 'failed', untold = true, error = cast(:error as jsonb), "
        "finished_at = now() - interval '10 seconds' where id = :id",
        id=UUID(job["id"]), error=error,
    )  # fmt: skip

    for _ in range(100):
        told = (await creator.get(f"/sources/{source['id']}")).json()
        if told["error"]:
            break
        await asyncio.sleep(0.1)

    assert told["error"]["code"] == "gave_up"
    assert told["status"] == "ready", "its earlier version goes on serving"
