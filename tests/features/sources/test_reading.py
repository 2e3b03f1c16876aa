"""What is sent is read by its content, or refused with what to do."""

import pytest

from tests.conftest import SAMPLES, add_file, add_text, finished
from tests.features.sources.readers import samples
from tests.features.sources.texts import TIDES

pytestmark = pytest.mark.usefixtures("worker")


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


async def test_text_behind_a_blank_line_in_a_subrip_cue_is_kept(creator, project):
    body = b"1\n00:00:01,000 --> 00:00:04,000\nfirst part\n\nlongitude here\n\n2\n00:00:05,000 --> 00:00:06,000\nend\n"

    accepted = (await add_file(creator, project, "a.srt", body)).json()
    await finished(creator, accepted["job"])
    read = (await creator.get(f"/sources/{accepted['source']['id']}/text")).json()

    assert read["text"] == "first part longitude here end"


async def test_words_are_marked_where_they_stand_beside_a_monstrous_token(creator, project):
    await add_text(creator, project, "x" * 2100 + " then longitude matters to sailors.")

    (hit,) = (await creator.get(f"/projects/{project}/search", params={"q": "matters", "mode": "keyword"})).json()[
        "items"
    ]

    assert [hit["text"][span["start"] : span["end"]] for span in hit["highlights"]] == ["matters"]
