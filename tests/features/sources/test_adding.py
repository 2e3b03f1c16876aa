"""Requests that add a source: fields, limits, keys, bodies."""

import asyncio

import pytest
from sqlalchemy import text

from tests.conftest import add_file, add_text
from tests.features.sources.texts import TIDES

pytestmark = pytest.mark.usefixtures("worker")


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
