"""A source after it was added: read again, cancelled, late, deleted, and nobody else's."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from app.features.sources.versions import Published, VersionStore
from tests.conftest import add_text, finished
from tests.features.sources.texts import TIDES

pytestmark = pytest.mark.usefixtures("worker")


async def test_reading_again_makes_a_new_version_and_reuses_the_vectors(creator, project, resources):
    source = await add_text(creator, project, TIDES)
    again = await creator.post(f"/sources/{source['id']}/ingest")
    job = await finished(creator, again.json()["job"])

    fresh = (await creator.get(f"/sources/{source['id']}")).json()
    chunks = (await creator.get(f"/sources/{source['id']}/chunks")).json()

    assert again.status_code == 202
    assert (fresh["version"], fresh["chunk_count"], chunks["total"]) == (2, 1, 1)
    assert [step["name"] for step in job["steps"]] == ["read_source", "publish_source"]


async def test_a_deleted_source_takes_its_file_chunks_and_words_with_it(creator, project, resources):
    source = await add_text(creator, project, TIDES)
    async with resources.db.transaction() as session:
        key = await session.scalar(text("select storage_key from content_sources where id = :id"), {"id": source["id"]})
    assert (await creator.get(f"/sources/{source['id']}/original")).content == TIDES.encode()

    assert (await creator.delete(f"/sources/{source['id']}")).status_code == 204
    await asyncio.sleep(0.2)

    assert (await creator.get(f"/sources/{source['id']}")).status_code == 404
    assert (await creator.get(f"/projects/{project}/search", params={"q": "moon"})).json()["items"] == []
    assert await resources.storage.size(key) is None


async def test_nobody_reads_a_strangers_source(creator, stranger, project):
    source = await add_text(creator, project, TIDES)
    paths = ["", "/text", "/chunks", "/original"]

    answers = [await stranger.get(f"/sources/{source['id']}{path}") for path in paths]
    answers.append(await stranger.post(f"/sources/{source['id']}/ingest"))
    answers.append(await stranger.delete(f"/sources/{source['id']}"))
    answers.append(await stranger.patch(f"/sources/{source['id']}", json={"title": "mine"}))

    assert {answer.status_code for answer in answers} == {404}


async def test_an_old_reading_that_ends_late_does_not_take_the_source_back(creator, project, resources):
    source = await add_text(creator, project, TIDES)
    await finished(creator, (await creator.post(f"/sources/{source['id']}/ingest")).json()["job"])

    async with resources.db.transaction() as session:
        await VersionStore(session).publish(UUID(source["id"]), 1, Published(1, 1, None))
    after = (await creator.get(f"/sources/{source['id']}")).json()

    assert (after["version"], after["status"]) == (2, "ready")
    assert (await creator.get(f"/sources/{source['id']}/chunks")).json()["total"] == after["chunk_count"]


async def test_a_source_whose_job_missed_its_deadline_says_so_and_can_be_read_again(
    creator, project, resources, worker
):
    worker.stopping = True
    try:
        sent = {"title": "T", "role": "reference", "kind": "text", "text": TIDES}
        added = (await creator.post(f"/projects/{project}/sources", json=sent)).json()
        async with resources.db.transaction() as session:
            late = text("update jobs set deadline_at = now() - interval '1 s' where id = :id and status = 'queued'")
            await session.execute(late, {"id": added["job"]["id"]})
        job = await finished(creator, added["job"])
        await asyncio.sleep(0.3)
        source = (await creator.get(f"/sources/{added['source']['id']}")).json()
    finally:
        worker.stopping = False
        worker._background[0].cancel()
        worker._background[0] = asyncio.create_task(worker._claiming())

    assert (job["status"], job["error"]["code"]) == ("failed", "deadline")
    assert (source["status"], source["error"]["code"]) == ("failed", "deadline")
    again = await creator.post(f"/sources/{source['id']}/ingest")
    assert again.status_code == 202
    assert (await finished(creator, again.json()["job"]))["status"] == "succeeded"


async def test_a_cancelled_second_reading_leaves_the_first_serving(creator, project, resources):
    source = await add_text(creator, project, TIDES)

    async with resources.db.transaction() as session:
        service = VersionStore(session)
        await service.begin_reading(UUID(source["id"]))
        await service.mark_failed(UUID(source["id"]), "cancelled", "Reading was cancelled.")
    after = (await creator.get(f"/sources/{source['id']}")).json()

    assert after["status"] == "ready"
    assert (await creator.get(f"/projects/{project}/search", params={"q": "moon"})).json()["items"]


async def test_a_stranger_kind_of_last_event_id_is_ignored(creator, project):
    source = await add_text(creator, project, TIDES)
    job = (await creator.get("/jobs")).json()["items"][0]

    for last in ("²", "-1", "x", "999999999"):
        answer = await creator.get(f"/jobs/{job['id']}/events", headers={"Last-Event-ID": last.encode("latin-1")})
        assert answer.status_code == 200
        assert "event: end" in answer.text
    assert source["status"] == "ready"
