import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from app.features.sources.versions import Published, VersionStore
from tests.conftest import SAMPLES, add_file, add_text, finished
from tests.features.sources.readers import samples

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
        ("doc.pdf", b"oops\n", "malformed_file"),
        ("doc.docx", b"PK\x03\x04" + b"\x00" * 200, "malformed_file"),
        ("noise.txt", bytes(range(256)) * 40, "unreadable_file"),
        ("feed.txt", b"<?xml version='1.0'?><rss><channel/></rss>", "unreadable_file"),
    ],
)
async def test_a_file_that_can_not_be_read_is_422_and_leaves_nothing(creator, project, name, data, code):
    answer = await add_file(creator, project, name, data)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code
    assert (await creator.get(f"/projects/{project}/sources")).json()["total"] == 0
    assert (await creator.get("/jobs")).json()["total"] == 0


async def test_a_paged_document_is_read_and_a_scan_or_a_recording_says_what_to_do(creator, project, tmp_path):
    body = samples.paragraph("Of tides", "Kop2") + samples.paragraph(TIDES)
    word = (await add_file(creator, project, "a.docx", samples.docx(tmp_path, body))).json()
    scan = (await add_file(creator, project, "scan.pdf", samples.pdf([[]]))).json()
    talk = (await add_file(creator, project, "a.wav", samples.sound(tmp_path / "a.wav", 1))).json()
    jobs = [await finished(creator, accepted["job"]) for accepted in (word, scan, talk)]

    read = (await creator.get(f"/sources/{word['source']['id']}/text")).json()
    chunks = (await creator.get(f"/sources/{word['source']['id']}/chunks")).json()["items"]

    unread = (await creator.get(f"/sources/{scan['source']['id']}")).json()
    silent = (await creator.get(f"/sources/{talk['source']['id']}")).json()

    assert [job["status"] for job in jobs] == ["succeeded", "failed", "succeeded"]
    assert (unread["status"], unread["error"]["code"]) == ("failed", "no_text")
    assert silent["status"] == silent["error"]["code"] == "needs_transcript"
    assert TIDES in read["text"]
    assert chunks[0]["heading_path"] == ["Of tides"]


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


async def test_text_behind_a_blank_line_in_a_subrip_cue_is_kept(creator, project):
    body = b"1\n00:00:01,000 --> 00:00:04,000\nfirst part\n\nlongitude here\n\n2\n00:00:05,000 --> 00:00:06,000\nend\n"

    accepted = (await add_file(creator, project, "a.srt", body)).json()
    await finished(creator, accepted["job"])
    read = (await creator.get(f"/sources/{accepted['source']['id']}/text")).json()

    assert read["text"] == "first part longitude here end"


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "text/plain"}, b'{"title": "x"}', 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"title=x", 415),
        ({"Content-Type": "application/json"}, b'{"title": "\xff\xfe"}', 400),
        ({"Content-Type": "application/json"}, b'{"title": "\xed\xa0\x80"}', 400),
        ({"Content-Type": "application/json"}, b'{"title": "a", "x": ' + b'{"a": ' * 700 + b"1" + b"}" * 701, 400),
    ],
)
async def test_a_body_that_is_not_what_the_route_takes_is_told_so(creator, headers, content, status):
    answer = await creator.post("/projects", content=content, headers=headers)

    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"status_code", "detail", "code", "extra"}


@pytest.mark.parametrize("charset", ["bogus", "hex", "rot13", "idna", "unicode_escape", "undefined"])
async def test_a_form_in_a_foreign_encoding_is_400(creator, project, charset):
    """Among Python's encodings are some that are none of text, and one that has half surrogate pairs."""
    parts = {
        'name="title"': ("xn--\\ud800", f"text/plain; charset={charset}"),
        'name="role"': ("own", "text/plain"),
        'name="file"; filename="a.txt"': ("Hello there.", "text/plain"),
    }
    body = "".join(
        f"--b\r\nContent-Disposition: form-data; {name}\r\nContent-Type: {kind}\r\n\r\n{said}\r\n"
        for name, (said, kind) in parts.items()
    )
    form = {"Content-Type": "multipart/form-data; boundary=b"}

    answer = await creator.post(f"/projects/{project}/sources/file", content=f"{body}--b--\r\n", headers=form)

    assert answer.status_code == 400, answer.text


async def test_json_for_a_file_is_415(creator, project):
    assert (await creator.post(f"/projects/{project}/sources/file", json={"title": "x"})).status_code == 415


@pytest.mark.parametrize(
    ("files", "role", "status", "said"),
    [
        ([("file", ("a.txt", b"Hi there.")), ("file", ("b.txt", b"Hi there."))], "own", 400, "sent more than once"),
        ([("file", (None, b"Hi there."))], "own", 400, "with a file name"),
        ([("file", ("a.txt", b"Hi there.")), *((f"x{n}", (None, b"")) for n in range(1100))], "own", 413, "parts"),
        ([("file", ("a.txt", b"Hi there."))], "own" * 100_000, 400, "enum value"),
    ],
)
async def test_a_form_that_is_none_of_one_file_says_what_to_send(creator, project, files, role, status, said):
    """And does not give back all that was sent."""
    answer = await creator.post(f"/projects/{project}/sources/file", files=files, data={"role": role})

    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]
    assert len(answer.content) < 2000


async def test_a_stranger_kind_of_last_event_id_is_ignored(creator, project):
    source = await add_text(creator, project, TIDES)
    job = (await creator.get("/jobs")).json()["items"][0]

    for last in ("²", "-1", "x", "999999999"):
        answer = await creator.get(f"/jobs/{job['id']}/events", headers={"Last-Event-ID": last.encode("latin-1")})
        assert answer.status_code == 200
        assert "event: end" in answer.text
    assert source["status"] == "ready"


async def test_words_are_marked_where_they_stand_beside_a_monstrous_token(creator, project):
    await add_text(creator, project, "x" * 2100 + " then longitude matters to sailors.")

    (hit,) = (await creator.get(f"/projects/{project}/search", params={"q": "matters", "mode": "keyword"})).json()[
        "items"
    ]

    assert [hit["text"][span["start"] : span["end"]] for span in hit["highlights"]] == ["matters"]
