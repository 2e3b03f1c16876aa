"""Audio and video: their pictures, their own subtitles, and subtitles that are attached to them."""

import pytest
from sqlalchemy import text

from tests.conftest import add_file, finished
from tests.features.sources.readers import samples

pytestmark = pytest.mark.usefixtures("worker")
SUBTITLES = b"""1
00:00:00,500 --> 00:00:01,500
The harbour clock was wrong.

2
00:00:01,800 --> 00:00:03,500
Nobody had noticed for a year.
"""


async def added(creator, project, name, data):
    accepted = await add_file(creator, project, name, data, "own")
    assert accepted.status_code == 202, accepted.text
    job = await finished(creator, accepted.json()["job"])
    return job, (await creator.get(f"/sources/{accepted.json()['source']['id']}")).json()


async def attach(creator, source, data=SUBTITLES, name="clock.srt", **headers):
    files = {"file": (name, data)}
    return await creator.post(f"/sources/{source['id']}/subtitles", files=files, headers=headers)


@pytest.fixture
async def silent(creator, project, tmp_path):
    """A video without subtitles of its own."""
    job, source = await added(creator, project, "talk.mp4", samples.video(tmp_path / "talk.mp4"))
    assert job["status"] == "succeeded", job["error"]
    return source


async def test_a_video_with_subtitles_of_its_own_is_read_with_its_times(creator, project, tmp_path):
    data = samples.video(tmp_path / "talk.mkv", subtitles=SUBTITLES.decode())

    job, source = await added(creator, project, "talk.mkv", data)
    read = (await creator.get(f"/sources/{source['id']}/text")).json()

    assert (job["status"], source["status"]) == ("succeeded", "ready"), job["error"]
    assert read["text"] == "The harbour clock was wrong. Nobody had noticed for a year."
    assert [cue["start_seconds"] for cue in read["cues"]] == [0.5, 1.8]
    assert source["duration_seconds"] == pytest.approx(4, abs=0.3)


async def test_a_video_without_words_waits_for_them_and_says_how_to_send_them(creator, silent):
    assert (silent["status"], silent["error"]["code"], silent["version"]) == ("needs_transcript", "needs_transcript", 0)
    assert silent["error"]["next_action"]
    assert silent["next_steps"][0] == {
        "action": "attach_subtitles", "method": "POST", "path": f"/api/v1/sources/{silent['id']}/subtitles",
    }  # fmt: skip
    assert (await creator.get(f"/sources/{silent['id']}/text")).json()["code"] == "no_text_yet"


async def test_a_recording_has_a_poster_and_a_waveform_and_a_text_has_none(creator, stranger, project, silent):
    poster = await creator.get(f"/sources/{silent['id']}/poster")
    waveform = await creator.get(f"/sources/{silent['id']}/waveform")
    again = await creator.get(f"/sources/{silent['id']}/poster", headers={"If-None-Match": poster.headers["etag"]})
    _, text = await added(creator, project, "notes.txt", b"Only words, and not many of them.")

    assert (poster.headers["content-type"], poster.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert (waveform.headers["content-type"], waveform.content[:4]) == ("image/png", b"\x89PNG")
    assert (silent["has_poster"], silent["has_waveform"], text["has_poster"]) == (True, True, False)
    assert again.status_code == 304
    assert (await creator.get(f"/sources/{text['id']}/poster")).status_code == 404
    assert (await stranger.get(f"/sources/{silent['id']}/poster")).status_code == 404


async def test_attached_subtitles_become_its_words_and_stay_when_it_is_read_again(creator, silent):
    accepted = await attach(creator, silent)
    job = await finished(creator, accepted.json()["job"])
    source = (await creator.get(f"/sources/{silent['id']}")).json()
    again = await finished(creator, (await creator.post(f"/sources/{silent['id']}/ingest")).json()["job"])
    read = (await creator.get(f"/sources/{silent['id']}/text")).json()

    assert accepted.status_code == 202
    assert (job["status"], again["status"]) == ("succeeded", "succeeded")
    assert (source["status"], source["error"], source["subtitles_name"]) == ("ready", None, "clock.srt")
    assert source["next_steps"] == []
    assert source["media_type"].startswith("video/")
    assert source["duration_seconds"] == pytest.approx(4, abs=0.3)
    assert read["text"].startswith("The harbour clock was wrong.")
    assert len(read["cues"]) == 2


async def test_subtitles_are_attached_to_recordings_only_and_must_have_times(creator, stranger, project, silent):
    _, text = await added(creator, project, "notes.txt", b"Only words, and not many of them.")

    assert (await attach(creator, text)).json()["code"] == "no_media"
    assert (await attach(creator, silent, b"No times at all.", "notes.txt")).json()["code"] == "no_cue_times"
    assert (await attach(stranger, silent)).status_code == 404
    assert (await creator.get(f"/sources/{silent['id']}")).json()["status"] == "needs_transcript"


async def test_the_same_key_attaches_subtitles_once(creator, silent):
    first = await attach(creator, silent, **{"Idempotency-Key": f"subtitles-{silent['id']}"})
    second = await attach(creator, silent, **{"Idempotency-Key": f"subtitles-{silent['id']}"})

    assert first.json()["job"]["id"] == second.json()["job"]["id"]
    await finished(creator, first.json()["job"])


async def test_a_deleted_recording_takes_its_pictures_along(creator, resources, silent):

    async with resources.db.transaction() as session:
        key = await session.scalar(text("select storage_key from content_sources where id = :id"), {"id": silent["id"]})
    folder = key.removesuffix("original")
    assert await resources.storage.size(f"{folder}poster")

    await creator.delete(f"/sources/{silent['id']}")
    for _ in range(100):
        if await resources.storage.size(key) is None:
            break

    assert [
        await resources.storage.size(f"{folder}{name}") for name in ("original", "poster", "waveform", "audio-1")
    ] == [None] * 4
