"""Recordings whose speech a model hears."""

import pytest
from sqlalchemy import text

from app.features.sources.tasks import ingest_source
from tests.conftest import add_file, finished
from tests.features.sources.readers import samples
from tests.provider.engines import engine_worker, enqueue, task

INGEST = task("engines.ingest_source", ingest_source)


@pytest.fixture
async def recording(creator, project, worker, tmp_path):
    """A recording that waits for its words, as the worker of the run has nobody to ask."""
    accepted = await add_file(creator, project, "talk.wav", samples.sound(tmp_path / "talk.wav", 6), "own")
    await finished(creator, accepted.json()["job"])
    source = (await creator.get(f"/sources/{accepted.json()['source']['id']}")).json()
    assert source["status"] == "needs_transcript"
    return source["id"]


async def test_speech_is_transcribed_with_its_times_and_paid_for_once(settings, remote, creator, project, recording):
    async with engine_worker(settings, "openai", remote.url, {INGEST.name: INGEST}) as resources:
        job = await finished(creator, await enqueue(resources, creator, INGEST, project, source_id=recording))
        async with resources.db.transaction() as session:
            calls = (await session.execute(text("select purpose, state from model_calls where job_id = :id"), {"id": job["id"]})).all()  # fmt: skip
            key = await session.scalar(
                text("select storage_key from content_sources where id = :id"), {"id": recording}
            )
    source = (await creator.get(f"/sources/{recording}")).json()
    read = (await creator.get(f"/sources/{recording}/text")).json()

    assert (job["status"], source["status"]) == ("succeeded", "ready"), job["error"]
    assert [tuple(call) for call in calls if call.purpose == "transcribe"] == [("transcribe", "done")]
    assert source["error"] is None
    assert len(read["cues"]) == 3
    assert all(read["text"][cue["start"] : cue["end"]].strip() for cue in read["cues"])
    assert read["cues"][1]["start_seconds"] > read["cues"][0]["start_seconds"]
    assert [await resources.storage.size(key.replace("original", name)) for name in ("audio-1.ogg", "audio-1.mp3")] == [
        None,
        None,
    ]


async def test_a_recording_in_which_nobody_is_heard_waits_for_its_words_and_is_paid_for_once(
    settings, remote, creator, project, recording
):
    remote.script({"times": None, "action": {"do": "silence"}})
    async with engine_worker(settings, "openai", remote.url, {INGEST.name: INGEST}) as resources:
        job = await finished(creator, await enqueue(resources, creator, INGEST, project, source_id=recording))
        async with resources.db.transaction() as session:
            calls = (await session.execute(text("select purpose, state, cost_usd from model_calls where job_id = :id"), {"id": job["id"]})).all()  # fmt: skip
    source = (await creator.get(f"/sources/{recording}")).json()

    assert (job["status"], source["status"]) == ("succeeded", "needs_transcript"), job["error"]
    assert (source["error"]["code"], source["version"]) == ("needs_transcript", 0)
    assert source["next_steps"][0]["action"] == "attach_subtitles"
    assert [(call.purpose, call.state, call.cost_usd > 0) for call in calls] == [("transcribe", "done", True)]
    assert (await creator.get(f"/sources/{recording}/text")).json()["code"] == "no_text_yet"


async def test_a_project_that_keeps_its_text_to_itself_has_nothing_transcribed(
    settings, remote, creator, project, recording
):
    await creator.patch(f"/projects/{project}", json={"allow_external_models": False})
    async with engine_worker(settings, "openai", remote.url, {INGEST.name: INGEST}) as resources:
        job = await finished(creator, await enqueue(resources, creator, INGEST, project, source_id=recording))

    assert job["status"] == "succeeded"
    assert (await creator.get(f"/sources/{recording}")).json()["status"] == "needs_transcript"
    assert [record for record in remote.log() if "transcriptions" in record["path"]] == []
