"""Repurposing through the API, offline."""

from uuid import UUID, uuid4

import pytest

from app.db.models import SourceVersion
from app.features.repurposing import anchoring
from app.features.repurposing.pipelines import plan_piece, save_piece, write_piece
from app.features.scripts.citing import settled
from tests.conftest import finished
from tests.features.safety.scripts import cited, section, write_script, write_version
from tests.features.scripts.shelves import stock

pytestmark = pytest.mark.usefixtures("worker")
FORMS = ["shorts", "blog", "newsletter", "thread"]
WATCH = "John Harrison finished the watch called H4 in 1759."
LOST = "The Board of Longitude paid him 8,750 pounds in 1773."
MOON = "A navigator needed four hours of arithmetic for one position."


@pytest.fixture
async def shelf(resources, creator, project):
    return await stock(resources, creator, project)


@pytest.fixture
async def script(resources, creator, project, shelf):
    return await write_script(resources, creator, project, *map(settled, sections_from(shelf)), title="Where are we?")


def sections_from(shelf):
    watch = f"{WATCH} {LOST} It made the Spanish king jealous in 1801."
    moon = f"{MOON} [your words: what you make of it | 40 words]"
    return (
        section("How do you know where you are at sea? Nobody could say.", type="hook"),
        section(
            watch, "s2", title="The watch", citations=[quote(shelf, watch, "Clocks", one) for one in (WATCH, LOST)]
        ),
        section(moon, "s3", title="The moon", citations=[quote(shelf, moon, "Moon", MOON)]),
        section("Which would you have trusted?", "s4", type="outro"),
    )


def quote(shelf, narration, name, said):
    source = shelf.sources[name]
    return cited(narration, said, source, shelf.texts[source["id"]], said)


async def repurpose(client, script, form, **more):
    answer = await client.post(f"/scripts/{script}/repurposings", json={"format": form, **more})
    assert answer.status_code == 202, answer.text
    job = await finished(client, answer.json())
    assert job["status"] == "succeeded", job
    assert job["result"]["type"] == "repurposing"
    return (await client.get(f"/repurposings/{job['result']['id']}")).json()


def stands(piece, shelf):
    """Every citation's words stand in its part and its quote in its source."""
    found = [(part, one) for part in piece["parts"] for one in part["citations"]]
    for part, one in found:
        assert 0 <= one["span"]["start"] < one["span"]["end"] <= len(part["text"])
        if one["quote"] is not None:
            text = shelf.texts[one["source_id"]]
            assert text[one["source_span"]["start"] : one["source_span"]["end"]] == one["quote"]
    return found


@pytest.mark.parametrize("form", FORMS)
async def test_each_form_carries_the_evidence_and_says_what_it_is(creator, shelf, script, form):
    piece = await repurpose(creator, script, form)

    assert stands(piece, shelf)
    assert (piece["script_id"], piece["version"], piece["format"], piece["engine"]) == (script, 1, form, "offline")
    assert WATCH in piece["text"]
    assert "[your words" not in piece["text"]
    assert {one["title"] for one in piece["sources"]} == {"Clocks", "Moon"}
    assert {one["statement"] for one in piece["rejected"]} == {"what you make of it"}
    assert (piece["estimated_seconds"] is not None) == (form == "shorts")
    unsupported = [part["text"][one["start"] : one["end"]] for part in piece["parts"] for one in part["unsupported"]]
    assert unsupported == (["It made the Spanish king jealous in 1801."] if form == "blog" else [])


async def test_the_list_has_the_newest_first_and_each_in_full(creator, script):
    made = [await repurpose(creator, script, form) for form in FORMS]
    listed = (await creator.get(f"/scripts/{script}/repurposings", params={"limit": 3})).json()

    assert (listed["total"], listed["limit"]) == (4, 3)
    assert listed["items"] == made[::-1][:3]


async def test_a_piece_is_read_once_and_deleted(creator, script):
    piece = await repurpose(creator, script, "thread")
    path = f"/repurposings/{piece['id']}"
    tag = (await creator.get(path)).headers["ETag"]

    assert (await creator.get(path, headers={"If-None-Match": tag})).status_code == 304
    assert (await creator.delete(path)).status_code == 204
    assert (await creator.get(path)).status_code == 404
    assert (await creator.get(f"/scripts/{script}")).status_code == 200


async def test_an_earlier_version_can_be_taken(creator, resources, script):
    await write_version(resources, script, section("A new beginning. Nothing of the old stands here any more."))

    assert WATCH in (await repurpose(creator, script, "blog", version=1))["text"]
    assert WATCH not in (await repurpose(creator, script, "blog"))["text"]


async def test_the_same_key_makes_one_piece(creator, script):
    path, body = f"/scripts/{script}/repurposings", {"format": "blog"}
    first, second = [await creator.post(path, json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    other = await creator.post(path, json={"format": "thread"}, headers={"Idempotency-Key": "k1"})
    await finished(creator, first.json())

    assert first.json()["id"] == second.json()["id"]
    assert first.headers["Location"] == f"/api/v1/jobs/{first.json()['id']}"
    assert other.status_code == 422
    assert (await creator.get(path)).json()["total"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"format": "podcast"}, 400),
        ({"format": "blog", "version": 0}, 400),
        ({"format": "blog", "tone": "warm"}, 400),
        ({"format": "blog", "version": 99}, 404),
    ],
)
async def test_what_cannot_be_made_is_refused(creator, script, body, status):
    answer = await creator.post(f"/scripts/{script}/repurposings", json=body)

    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_a_script_without_words_is_refused_before_there_is_a_job(creator, resources, project, shelf):
    empty = await write_script(resources, creator, project, section("[your words: all of it | 90 words]"))
    unwritten = await write_script(resources, creator, project)

    answers = [
        await creator.post(f"/scripts/{one}/repurposings", json={"format": "blog"}) for one in (empty, unwritten)
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (422, "nothing_to_repurpose"),
        (409, "not_written_yet"),
    ]


async def test_anothers_script_and_piece_are_not_found(creator, stranger, script):
    piece = await repurpose(creator, script, "blog")

    for method, path in (
        ("POST", f"/scripts/{script}/repurposings"),
        ("GET", f"/scripts/{script}/repurposings"),
        ("GET", f"/repurposings/{piece['id']}"),
        ("DELETE", f"/repurposings/{piece['id']}"),
        ("GET", f"/repurposings/{uuid4()}"),
    ):
        answer = await stranger.request(method, path, json={"format": "blog"} if method == "POST" else None)
        assert answer.status_code == 404, path
    assert (await creator.get(f"/repurposings/{piece['id']}")).status_code == 200


async def test_a_preference_holds_and_what_is_against_one_is_noted(creator, script):
    await creator.post("/preferences", json={"rule": "Say 'timekeeper' instead of 'watch'."})
    await creator.post("/preferences", json={"rule": "Never say 'arithmetic'."})
    piece = await repurpose(creator, script, "blog")

    notes = [
        part["text"][note["span"]["start"] : note["span"]["end"]] for part in piece["parts"] for note in part["notes"]
    ]
    assert "the timekeeper called H4" in piece["text"]
    assert notes == ["arithmetic"]


async def test_a_deleted_source_leaves_no_quote_and_its_sentences_are_unsupported(creator, shelf, script):
    pieces = [await repurpose(creator, script, form) for form in FORMS]
    await creator.delete(f"/sources/{shelf.sources['Clocks']['id']}")

    for before in pieces:
        piece = (await creator.get(f"/repurposings/{before['id']}")).json()
        found = stands(piece, shelf)
        gone = [(part, one) for part, one in found if one["source_id"] == shelf.sources["Clocks"]["id"]]
        assert gone
        assert all(one["quote"] is None and one["source_deleted"] for _, one in gone)
        assert all(one["span"] in part["unsupported"] for part, one in gone)
        assert {one["title"] for one in piece["sources"]} == {"Moon"}


async def test_a_source_deleted_while_the_piece_is_made_is_not_quoted(creator, resources, shelf, script):
    plan = await plan_piece(resources, UUID(script), 1, "blog")
    drafted = await write_piece(resources, plan, None)
    await creator.delete(f"/sources/{shelf.sources['Clocks']['id']}")
    made = await save_piece(resources, uuid4(), plan, drafted.written)

    assert await save_piece(resources, uuid4(), plan, drafted.written) == made
    piece = (await creator.get(f"/repurposings/{made}")).json()
    quotes = {one["source_id"]: one["quote"] for part in piece["parts"] for one in part["citations"]}
    assert quotes == {shelf.sources["Clocks"]["id"]: None, shelf.sources["Moon"]["id"]: MOON}
    assert (await creator.get(f"/scripts/{script}/repurposings")).json()["total"] == 1


async def test_citations_follow_a_source_that_is_read_anew_or_say_that_they_are_stale(
    creator, resources, shelf, script
):
    piece = await repurpose(creator, script, "blog")
    source = shelf.sources["Clocks"]["id"]
    newer = f"A preface.\n\n{shelf.texts[source].replace('8,750', '8,751')}"
    async with resources.db.transaction() as session:
        version = SourceVersion(
            source_id=UUID(source), number=2, text=newer, cues=[], headings=[], pages=[], reader="t", sha256="0" * 64
        )
        session.add(version)
        await session.flush()
        await anchoring.follow_source(session, version)
    after = (await creator.get(f"/repurposings/{piece['id']}")).json()

    clocks = [one for part in after["parts"] for one in part["citations"] if one["source_id"] == source]
    moved, stale = sorted(clocks, key=lambda one: one["stale"])
    assert (moved["source_version"], moved["stale"]) == (2, False)
    assert newer[moved["source_span"]["start"] : moved["source_span"]["end"]] == moved["quote"] == WATCH
    assert (stale["source_version"], stale["stale"], stale["quote"]) == (1, True, LOST)


async def test_the_estimate_offline_costs_nothing(creator, project):
    answer = await creator.post(f"/projects/{project}/estimates", json={"kind": "repurposing", "format": "blog"})
    wrong = await creator.post(f"/projects/{project}/estimates", json={"kind": "repurposing", "format": "poster"})

    assert answer.status_code == 200, answer.text
    assert wrong.status_code == 400


async def test_a_deleted_script_takes_its_pieces_along(creator, resources, script):
    piece = await repurpose(creator, script, "blog")
    await creator.delete(f"/scripts/{script}")

    assert (await creator.get(f"/repurposings/{piece['id']}")).status_code == 404
