import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from uuid_utils.compat import uuid7

from app.main import create_app
from tests.conftest import add_text, finished, serving, sign_up

TEXT = "A short note about tides. They come and go twice a day."
RUNNING = """
with job as (
  insert into jobs (id, owner_id, kind, input, status, max_attempts, code_version, event_seq, lease_until)
  values (:id, :owner, 'none.at_all', '{}', 'running', 1, '0', 1, now() + interval '1 hour') returning id
)
insert into job_events (job_id, seq, type, data) select id, 1, 'status', :data from job
"""


@asynccontextmanager
async def running(resources, owner):
    """A job that nobody works on; gives its id."""
    job_id = uuid7()
    async with resources.db.transaction() as session:
        given = {"id": job_id, "owner": owner, "data": {"status": "running"}}
        await session.execute(text(RUNNING).bindparams(bindparam("data", type_=JSONB)), given)
    try:
        yield job_id
    finally:
        async with resources.db.transaction() as session:
            await session.execute(text("delete from jobs where id = :id"), {"id": job_id})


def events_of(stream: str) -> list[dict]:
    """The events of a Server-Sent Events body."""
    found = []
    for block in stream.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append({"id": int(fields["id"]), "event": fields["event"], "data": json.loads(fields["data"])})
    return found


async def start(client, project):
    sent = {"title": "T", "role": "reference", "kind": "text", "text": TEXT}
    answer = await client.post(f"/projects/{project}/sources", json=sent)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/jobs/{answer.json()['job']['id']}"
    return answer.json()["job"]


@pytest.mark.usefixtures("worker")
async def test_a_finished_job_tells_its_steps_result_and_times(creator, project):
    job = await finished(creator, await start(creator, project))

    assert set(job) == {
        "id", "kind", "status", "progress", "stage", "attempts", "project_id", "result", "error", "steps", "usage",
        "created_at", "started_at", "finished_at",
    }  # fmt: skip
    assert (job["status"], job["progress"], job["attempts"], job["project_id"]) == ("succeeded", 1, 1, project)
    assert [step["name"] for step in job["steps"]] == ["read_source", "embed_chunks_1", "publish_source"]
    assert job["result"]["type"] == "source"
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]


@pytest.mark.usefixtures("worker")
async def test_the_events_are_numbered_without_gaps_and_end_once(creator, project):
    job = await start(creator, project)

    events = events_of((await creator.get(f"/jobs/{job['id']}/events")).text)

    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["event"] for event in events].count("end") == 1
    assert events[-1]["event"] == "end"
    assert events[-1]["data"]["status"] == "succeeded"


@pytest.mark.usefixtures("worker")
async def test_a_stream_goes_on_after_the_last_event_that_was_seen(creator, project):
    job = await finished(creator, await start(creator, project))
    everything = events_of((await creator.get(f"/jobs/{job['id']}/events")).text)

    for seen in (0, 3, len(everything) - 1, len(everything)):
        rest = events_of((await creator.get(f"/jobs/{job['id']}/events", headers={"Last-Event-ID": str(seen)})).text)
        assert rest == everything[seen:]


async def test_a_queued_job_is_cancelled_at_once_and_can_be_retried(creator, project, worker):
    worker.stopping = True  # nobody claims
    try:
        job = await start(creator, project)
        cancelled = await creator.post(f"/jobs/{job['id']}/cancel")
        again = await creator.post(f"/jobs/{job['id']}/cancel")
        read = (await creator.get(f"/jobs/{job['id']}")).json()
        source = (await creator.get(f"/projects/{project}/sources")).json()["items"][0]
    finally:
        worker.stopping = False
        worker._background[0].cancel()
        worker._background[0] = asyncio.create_task(worker._claiming())

    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "job_ended")
    assert read["status"] == "cancelled"
    assert (source["status"], source["error"]["code"]) == ("failed", "cancelled")

    retried = await creator.post(f"/jobs/{job['id']}/retry")
    ended = await finished(creator, job)
    assert retried.status_code == 202
    assert ended["status"] == "succeeded"
    events = events_of((await creator.get(f"/jobs/{job['id']}/events")).text)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))


@pytest.mark.usefixtures("worker")
async def test_a_job_that_succeeded_is_neither_cancelled_nor_retried(creator, project):
    job = await finished(creator, await start(creator, project))

    assert (await creator.post(f"/jobs/{job['id']}/cancel")).status_code == 409
    assert (await creator.post(f"/jobs/{job['id']}/retry")).status_code == 409


@pytest.mark.usefixtures("worker")
async def test_the_list_is_filtered_by_status_kind_and_project(creator, project):
    await add_text(creator, project, TEXT)
    other = (await creator.post("/projects", json={"title": "Other"})).json()["id"]

    def total(**params):
        return creator.get("/jobs", params=params)

    assert (await total(project_id=project)).json()["total"] == 1
    assert (await total(project_id=other)).json()["total"] == 0
    assert (await total(status="succeeded", kind="sources.ingest_source")).json()["total"] == 1
    assert (await total(status="failed")).json()["total"] == 0
    assert (await total(status="asleep")).status_code == 400


@pytest.mark.usefixtures("worker")
async def test_nobody_sees_or_stops_a_strangers_job(creator, stranger, project):
    job = await finished(creator, await start(creator, project))

    answers = [
        await stranger.get(f"/jobs/{job['id']}"),
        await stranger.get(f"/jobs/{job['id']}/events"),
        await stranger.post(f"/jobs/{job['id']}/cancel"),
        await stranger.post(f"/jobs/{job['id']}/retry"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert (await stranger.get("/jobs")).json()["total"] == 0


@pytest.mark.usefixtures("worker")
async def test_health_names_every_service(anonymous):
    answer = await anonymous.get("/health")

    assert answer.status_code == 200
    assert answer.json()["status"] == "healthy"
    assert set(answer.json()["services"]) == {"db", "queue", "storage", "workers"}
    assert (await anonymous.get("/health/live")).status_code == 200
    assert (await anonymous.get("/health/ready")).status_code == 200


async def test_a_server_that_leaves_says_so_in_a_comment_which_is_no_event(settings, resources):
    """A job that nobody works on: its stream is open until the server ends it."""
    app = create_app(settings)
    async with serving(app) as address, httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as client:
        account = await sign_up(client)
        client.headers["Authorization"] = f"Bearer {account['access_token']}"
        async with (
            running(resources, account["id"]) as job_id,
            client.stream("GET", f"/jobs/{job_id}/events") as stream,
        ):
            lines = stream.aiter_lines()
            head = [await anext(lines) for _ in range(4)]
            worked_on = app.state.door.inside
            app.state.hub.leave()
            rest = [line async for line in lines if line]

    assert worked_on == 0, "whoever follows takes no room from requests"
    assert head == ["id: 1", "event: status", 'data: {"status": "running"}', "retry: 2000"]
    assert rest == [": the server ends; go on from here at another", "retry: 2000"]
