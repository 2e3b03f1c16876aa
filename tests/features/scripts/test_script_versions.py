"""Versions of a script: edited, restored, of sources that change; nothing of it is lost."""

import asyncio
from uuid import UUID

import pytest

from app.db.models import SourceVersion
from app.features.scripts import anchoring
from tests.features.scripts.writing import check, citations

pytestmark = pytest.mark.usefixtures("worker")


async def test_an_edit_is_a_version_whose_citations_stay_with_their_words(creator, shelf, script):
    sections = script["version"]["sections"]
    sections[1]["narration"] = "A word before. " + sections[1]["narration"].replace("8,750 pounds", "8,751 pounds")

    answer = await creator.post(f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": sections})
    version = answer.json()

    assert answer.status_code == 201, answer.text
    check(version, shelf.texts)
    assert (version["number"], version["parent"], version["origin"], version["engine"]) == (2, 1, "edited", None)
    assert [one["was"] for one in version["lost_citations"]] == [
        "The Board of Longitude paid him 8,750 pounds in 1773."
    ]
    changed = version["sections"][1]
    unsupported = [changed["narration"][span["start"] : span["end"]] for span in changed["unsupported"]]
    assert "The Board of Longitude paid him 8,751 pounds in 1773." in unsupported
    assert [one["id"] for one in version["sections"]] == [one["id"] for one in sections]


async def test_an_edit_that_only_polishes_a_sentence_keeps_its_citation_and_says_so(creator, shelf, script):
    sections = script["version"]["sections"]
    before = "A pendulum does not keep time on a ship that rolls."
    sections[1]["narration"] = sections[1]["narration"].replace(
        before, "A pendulum does not keep good time on a ship that rolls."
    )

    version = (
        await creator.post(f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": sections})
    ).json()

    edited = [(section, one) for section, one in citations(version) if one["edited"]]
    assert version["lost_citations"] == []
    assert len(edited) == 1
    section, one = edited[0]
    assert section["narration"][one["narration_span"]["start"] : one["narration_span"]["end"]].startswith("A pendulum")


async def test_an_edit_of_an_old_version_is_refused_with_both_named_and_nothing_lost(creator, script):
    sections = script["version"]["sections"]
    path = f"/scripts/{script['id']}/versions"
    await creator.post(path, json={"base_version": 1, "sections": sections})

    answer = await creator.post(path, json={"base_version": 1, "sections": sections[:1]})

    error = answer.json()
    assert (answer.status_code, error["code"]) == (409, "version_conflict")
    assert {one["field"]: one["message"] for one in error["extra"]} == {"base_version": "1", "head": "2"}
    assert (await creator.get(f"{path}/1")).json()["sections"] == script["version"]["sections"]


async def test_two_edits_at_once_make_one_version_and_one_conflict(creator, script):
    sent = {"base_version": 1, "sections": script["version"]["sections"]}
    answers = await asyncio.gather(*(creator.post(f"/scripts/{script['id']}/versions", json=sent) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_a_restored_version_is_a_new_one(creator, script):
    await creator.post(
        f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": script["version"]["sections"][:1]}
    )

    answer = await creator.post(f"/scripts/{script['id']}/restore", json={"version": 1})

    version = answer.json()
    assert (answer.status_code, version["number"], version["parent"], version["origin"]) == (201, 3, 2, "restored")
    assert version["sections"] == script["version"]["sections"]
    missing = await creator.post(f"/scripts/{script['id']}/restore", json={"version": 99})
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_version")


async def test_a_deleted_source_leaves_no_words_and_its_sentences_unsupported(creator, shelf, script):
    gone = shelf.sources["Moon"]["id"]
    assert (await creator.delete(f"/sources/{gone}")).status_code == 204

    version = (await creator.get(f"/scripts/{script['id']}")).json()["version"]
    left = [(section, one) for section, one in citations(version) if one["source_id"] == gone]
    assert left
    assert all(one["source_deleted"] and one["quote"] is None for _, one in left)
    for section, one in left:
        assert any(span["start"] <= one["narration_span"]["start"] < span["end"] for span in section["unsupported"]), (
            section["narration"]
        )


async def test_a_source_that_is_read_anew_takes_its_citations_along(creator, shelf, script, resources):
    source = shelf.sources["Moon"]["id"]
    newer = "A foreword.\n\n" + shelf.texts[source].replace("four hours", "five hours")
    async with resources.db.transaction() as session:
        version = SourceVersion(
            source_id=UUID(source), number=2, text=newer, cues=[], headings=[], pages=[], reader="t", sha256="0" * 64
        )
        session.add(version)
        await session.flush()
        await anchoring.follow_source(session, version)

    read = (await creator.get(f"/scripts/{script['id']}")).json()["version"]
    cited = [one for _, one in citations(read) if one["source_id"] == source]
    stale = [one for one in cited if one["stale"]]
    assert [one["quote"] for one in stale] == ["A navigator needed four hours of arithmetic for one position."]
    for one in cited:
        if not one["stale"]:
            assert one["source_version"] == 2
            assert newer[one["source_span"]["start"] : one["source_span"]["end"]] == one["quote"]


@pytest.mark.parametrize("number", [0, 9, 10**6])
async def test_an_edit_of_a_version_that_never_was_is_a_conflict(reader, written, number):
    sections = written["version"]["sections"]

    answer = await reader.post(
        f"/scripts/{written['id']}/versions", json={"base_version": number, "sections": sections}
    )

    assert answer.status_code == (409 if number else 400)


async def test_a_version_beyond_all_numbers_is_not_there(reader, written):
    answers = [
        await reader.get(f"/scripts/{written['id']}/versions/0"),
        await reader.get(f"/scripts/{written['id']}/versions/{10**30}"),
        await reader.get(f"/scripts/{written['id']}/versions/{2**40}"),
        await reader.post(f"/scripts/{written['id']}/restore", json={"version": 2**40}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


async def test_what_becomes_of_a_source_changes_the_scripts_etag(creator, shelf, script):
    before = await creator.get(f"/scripts/{script['id']}")
    await creator.delete(f"/sources/{shelf.sources['Moon']['id']}")

    after = await creator.get(f"/scripts/{script['id']}", headers={"If-None-Match": before.headers["etag"]})

    assert (after.status_code, after.headers["etag"] == before.headers["etag"]) == (200, False)
