import asyncio

import pytest
from sqlalchemy import text

from tests.conftest import SAMPLES, add_file, add_text, finished

pytestmark = pytest.mark.usefixtures("worker")
TIDES = (
    "The sea comes in and goes out twice a day. Nobody told it to. The moon pulls the water nearest to it a little harder "
    "than the rest of the Earth, and the far side a little less. So there are two bulges, and we turn beneath them."
)


async def test_pasted_text_becomes_searchable_chunks_whose_spans_hold(creator, project):
    source = await add_text(creator, project, f"  {TIDES}\r\n\r\nA second paragraph\u0301 follows.  ", title=" Tides ")

    read = (await creator.get(f"/sources/{source['id']}/text")).json()
    chunks = (await creator.get(f"/sources/{source['id']}/chunks")).json()["items"]

    assert (source["status"], source["title"], source["version"], source["language"]) == ("ready", "Tides", 1, "en")
    assert "\r" not in read["text"]
    assert all(read["text"][c["span"]["start"] : c["span"]["end"]] == c["text"] for c in chunks)
    assert source["chunk_count"] == len(chunks) == 1


@pytest.mark.parametrize(
    ("name", "media_type", "cues"),
    [("own/01-sextant.srt", "application/x-subrip", 109), ("own/05-slide-rule.vtt", "text/vtt", 124), ("own/07-compass.md", "text/markdown", 0)],
)  # fmt: skip
async def test_a_sample_file_is_read_by_its_content_with_its_cues(creator, project, name, media_type, cues):
    accepted = await add_file(creator, project, name.replace("/", "-"), (SAMPLES / name).read_bytes(), "own")
    assert accepted.status_code == 202, accepted.text
    assert (await finished(creator, accepted.json()["job"]))["status"] == "succeeded"

    source = (await creator.get(f"/sources/{accepted.json()['source']['id']}")).json()
    read = (await creator.get(f"/sources/{source['id']}/text")).json()

    assert (source["status"], source["media_type"], len(read["cues"])) == ("ready", media_type, cues)
    assert source["word_count"] > 1000
    assert "-->" not in read["text"]
    assert "**" not in read["text"]
    assert all(a["start_seconds"] <= b["start_seconds"] for a, b in zip(read["cues"], read["cues"][1:], strict=False))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
async def test_text_in_any_usual_encoding_comes_out_whole(creator, project, encoding):
    said = (
        "Ça coûte très cher à l’été, señor; naïve façade, Größe und Übermut."
        if encoding == "cp1252"
        else "Ça coûte très cher, señor; naïve façade, Größe und Übermut."
    )

    accepted = await add_file(creator, project, "notes.txt", f"{said} ".encode(encoding) * 20)
    await finished(creator, accepted.json()["job"])
    read = (await creator.get(f"/sources/{accepted.json()['source']['id']}/text")).json()

    assert said in read["text"]
    assert "\ufeff" not in read["text"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("clip.srt", b"\x89PNG\r\n\x1a\n" + b"\x00\x01" * 500, "unreadable_file"),
        ("talk.srt", b"Hello, this is a transcript without any times at all.", "no_cue_times"),
        ("empty.txt", b"", "empty_file"),
        ("blank.md", b" \n\t \n", "empty_file"),
        ("doc.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "unreadable_file"),
        ("noise.txt", bytes(range(256)) * 40, "unreadable_file"),
        ("page.txt", b"<!DOCTYPE html><html><body>Hi</body></html>", "unreadable_file"),
    ],
)
async def test_a_file_that_can_not_be_read_is_422_and_leaves_nothing(creator, project, name, data, code):
    answer = await add_file(creator, project, name, data)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code
    assert (await creator.get(f"/projects/{project}/sources")).json()["total"] == 0
    assert (await creator.get("/jobs")).json()["total"] == 0


async def test_text_without_words_fails_with_a_next_action(creator, project):
    added = await creator.post(
        f"/projects/{project}/sources",
        json={"title": "Dots", "role": "reference", "kind": "text", "text": "... --- ..."},
    )
    job = await finished(creator, added.json()["job"])
    source = (await creator.get(f"/sources/{added.json()['source']['id']}")).json()

    assert (job["status"], job["error"]["code"]) == ("failed", "no_text")
    assert (source["status"], source["error"]["code"]) == ("failed", "no_text")
    assert source["error"]["next_action"]


@pytest.mark.parametrize(
    "body", ["a" * 9_000_000, "word " * 1_800_000], ids=["one run of letters", "one word again and again"]
)
@pytest.mark.slow
async def test_ten_megabytes_of_one_word_are_read_or_refused_and_hold_nobody_up(creator, project, body):
    added = await creator.post(
        f"/projects/{project}/sources", json={"title": "Big", "role": "reference", "kind": "text", "text": body}
    )
    assert added.status_code == 202, added.text
    small = await add_text(creator, project, TIDES)

    job = await finished(creator, added.json()["job"], seconds=120)

    assert small["status"] == "ready"
    assert job["status"] == "succeeded" if " " in body else job["error"]["code"] == "no_text"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "   "}, "text"),
        ({"title": ""}, "title"),
        ({"role": "other"}, "role"),
        ({"kind": "carrier pigeon"}, "kind"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_a_bad_source_names_its_field(creator, project, change, field):
    sent = {"title": "T", "role": "own", "kind": "text", "text": "Hello there."} | change

    answer = await creator.post(f"/projects/{project}/sources", json=sent)

    assert answer.status_code == 400
    assert [item["field"] for item in answer.json()["extra"]] == [field]


async def test_a_file_over_the_limit_is_413(creator, project, settings):
    answer = await add_file(creator, project, "big.txt", b"a" * (settings.file_limit_bytes + 100_000))

    assert answer.status_code == 413


async def test_the_same_key_with_the_same_request_answers_the_same_job(creator, project):
    sent = {"title": "Tides", "role": "reference", "kind": "text", "text": TIDES}
    key = {"Idempotency-Key": "one"}

    answers = await asyncio.gather(
        *(creator.post(f"/projects/{project}/sources", json=sent, headers=key) for _ in range(5))
    )
    other = await creator.post(f"/projects/{project}/sources", json=sent | {"title": "Other"}, headers=key)

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["job"]["id"] for answer in answers}) == 1
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await creator.get(f"/projects/{project}/sources")).json()["total"] == 1


async def test_a_key_covers_the_bytes_of_a_file(creator, project):
    async def send(data):
        return await creator.post(
            f"/projects/{project}/sources/file", files={"file": ("a.txt", data)}, data={"role": "own"},
            headers={"Idempotency-Key": "file"},
        )  # fmt: skip

    first, again, other = await send(b"Hello there."), await send(b"Hello there."), await send(b"Hello here.")

    assert first.json()["job"]["id"] == again.json()["job"]["id"]
    assert other.status_code == 422


async def test_keys_belong_to_their_owner(creator, stranger, project):
    theirs = (await stranger.post("/projects", json={"title": "Theirs"})).json()["id"]
    sent = {"title": "Tides", "role": "reference", "kind": "text", "text": TIDES}

    mine = await creator.post(f"/projects/{project}/sources", json=sent, headers={"Idempotency-Key": "k"})
    other = await stranger.post(f"/projects/{theirs}/sources", json=sent, headers={"Idempotency-Key": "k"})

    assert (mine.status_code, other.status_code) == (202, 202)
    assert mine.json()["job"]["id"] != other.json()["job"]["id"]


async def test_the_same_text_without_a_key_makes_two_sources(creator, project):
    await add_text(creator, project, TIDES)
    await add_text(creator, project, TIDES)

    assert (await creator.get(f"/projects/{project}/sources")).json()["total"] == 2


async def test_reading_again_makes_a_new_version_and_reuses_the_vectors(creator, project, resources):
    source = await add_text(creator, project, TIDES)
    again = await creator.post(f"/sources/{source['id']}/ingest")
    job = await finished(creator, again.json()["job"])

    fresh = (await creator.get(f"/sources/{source['id']}")).json()
    chunks = (await creator.get(f"/sources/{source['id']}/chunks")).json()

    assert again.status_code == 202
    assert (fresh["version"], fresh["chunk_count"], chunks["total"]) == (2, 1, 1)
    assert [step["name"] for step in job["steps"]] == ["read_source", "publish_source"]


async def test_owning_a_source_is_affirmed_with_time_and_address(creator, project, resources):
    source = await add_text(creator, project, TIDES, role="own")

    async with resources.db.transaction() as session:
        row = (
            await session.execute(
                text("select affirmed_at, affirmed_from from content_sources where id = :id"), {"id": source["id"]}
            )
        ).one()

    assert row.affirmed_at is not None
    assert row.affirmed_from == "127.0.0.1"


async def test_a_deleted_source_takes_its_file_chunks_and_words_with_it(creator, project, resources):
    source = await add_text(creator, project, TIDES)
    assert (await creator.get(f"/sources/{source['id']}/original")).content == TIDES.encode()

    assert (await creator.delete(f"/sources/{source['id']}")).status_code == 204
    await asyncio.sleep(0.2)

    assert (await creator.get(f"/sources/{source['id']}")).status_code == 404
    assert (await creator.get(f"/projects/{project}/search", params={"q": "moon"})).json()["items"] == []
    assert [key async for key in resources.storage.keys("sources/")] == [
        key async for key in resources.storage.keys("sources/") if source["id"] not in key
    ]


async def test_nobody_reads_a_strangers_source(creator, stranger, project):
    source = await add_text(creator, project, TIDES)
    paths = ["", "/text", "/chunks", "/original"]

    answers = [await stranger.get(f"/sources/{source['id']}{path}") for path in paths]
    answers.append(await stranger.post(f"/sources/{source['id']}/ingest"))
    answers.append(await stranger.delete(f"/sources/{source['id']}"))
    answers.append(await stranger.patch(f"/sources/{source['id']}", json={"title": "mine"}))

    assert {answer.status_code for answer in answers} == {404}
