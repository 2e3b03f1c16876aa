"""Scripts through the API, offline: writing, editing, revising, comparing, taking changes back."""

import asyncio
import re
from copy import deepcopy
from uuid import UUID, uuid4

import pytest

from app.db.models import SourceVersion
from app.features.scripts import anchoring
from app.features.scripts.revising import Target
from app.features.scripts.revision import Order, revise_section, save_revision
from tests.conftest import finished
from tests.features.scripts.shelves import stock

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
async def shelf(resources, creator, project):
    return await stock(resources, creator, project)


async def write(client, shelf, **body):
    sent = {"structure_id": str(shelf.structure), "target_minutes": 3, **body}
    answer = await client.post(f"/projects/{shelf.project}/scripts", json=sent)
    assert answer.status_code == 202, answer.text
    job = await finished(client, answer.json())
    assert job["status"] == "succeeded", job
    return (await client.get(f"/scripts/{job['result']['id']}")).json()


@pytest.fixture
async def script(creator, shelf):
    return await write(creator, shelf)


def citations(version):
    return [(section, one) for section in version["sections"] for one in section["citations"]]


def check(version, texts):
    """What must hold of every version that is ever read."""
    for section, one in citations(version):
        span = one["narration_span"]
        assert 0 <= span["start"] < span["end"] <= len(section["narration"])
        if one["quote"] is not None:
            source = one["source_span"]
            assert texts[one["source_id"]][source["start"] : source["end"]] == one["quote"]
    for section in version["sections"]:
        for span in section["unsupported"]:
            assert section["narration"][span["start"] : span["end"]].strip()


async def revise(client, script, **body):
    answer = await client.post(f"/scripts/{script['id']}/revisions", json=body)
    assert answer.status_code == 202, answer.text
    return await finished(client, answer.json())


async def test_an_offline_script_keeps_its_length_cites_what_it_says_and_says_what_it_is(creator, shelf, script):
    version = script["version"]
    said = " ".join(section["narration"] for section in version["sections"])

    check(version, shelf.texts)
    assert (script["head"], version["number"], version["origin"], version["engine"]) == (1, 1, "generated", "offline")
    assert abs(version["word_count"] - 450) <= 45
    assert (version["words_per_minute"], version["pace_measured"]) == (150.0, False)
    assert abs(version["estimated_seconds"] - 180) <= 18
    assert {one["claim_id"] for _, one in citations(version)} >= {str(claim) for claim in shelf.claims}
    assert said.startswith("On the voyage to Jamaica in 1761 the watch lost five seconds in 81 days.")
    assert "[your words: " in said
    assert version["sections"][0]["unsupported"] == []


async def test_a_story_is_told_where_it_fits_in_the_creators_own_words(creator, shelf, script):
    told = [one for _, one in citations(script["version"]) if one["source_id"] == shelf.sources["Ferry"]["id"]]

    assert len(told) == 1
    assert told[0]["claim_id"] is None
    assert told[0]["quote"] in shelf.texts[shelf.sources["Ferry"]["id"]]


async def test_sections_stream_as_they_are_drafted(creator, shelf):
    sent = {"structure_id": str(shelf.structure), "target_minutes": 3}
    job = (await creator.post(f"/projects/{shelf.project}/scripts", json=sent)).json()
    told = []
    async with creator.stream("GET", f"/jobs/{job['id']}/events", timeout=60) as stream:
        async for line in stream.aiter_lines():
            told.append(line)
            if line == "event: end":
                break

    assert "event: delta" in told
    assert any('"section_id":"s2"' in line for line in told)


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


async def test_shortening_a_selection_leaves_every_other_byte(creator, shelf, script):
    section = script["version"]["sections"][1]
    start = section["narration"].index("John Harrison")
    end = section["narration"].index("A pendulum")
    selection = {"section_id": section["id"], "span": {"start": start, "end": end}}

    job = await revise(creator, script, instruction="Make this shorter.", selection=selection)

    assert job["status"] == "succeeded", job
    read = (await creator.get(f"/scripts/{script['id']}")).json()["version"]
    after = read["sections"][1]["narration"]
    check(read, shelf.texts)
    assert read["origin"] == "revised"
    assert after.startswith(section["narration"][:start])
    assert after.endswith(section["narration"][end:])
    assert len(after) < len(section["narration"])
    for was, now in zip(script["version"]["sections"], read["sections"], strict=True):
        if was["id"] != section["id"]:
            assert {**was, "voice_match": None} == {**now, "voice_match": None}


async def test_a_locked_section_is_never_revised(creator, script):
    sections = script["version"]["sections"]
    sections[1]["locked"] = True
    await creator.post(f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": sections})

    refused = await creator.post(
        f"/scripts/{script['id']}/revisions", json={"instruction": "Shorten it", "section_ids": [sections[1]["id"]]}
    )
    job = await revise(
        creator, script, instruction="Shorten the whole.", section_ids=[one["id"] for one in sections[1:3]]
    )

    read = (await creator.get(f"/scripts/{script['id']}")).json()["version"]
    assert (refused.status_code, refused.json()["code"]) == (422, "locked")
    assert job["status"] == "succeeded"
    assert read["sections"][1]["narration"] == sections[1]["narration"]
    assert read["sections"][2]["narration"] != sections[2]["narration"]


async def test_another_hook_comes_from_the_structure(creator, script):
    job = await revise(creator, script, instruction="Give me another hook")

    read = (await creator.get(f"/scripts/{script['id']}")).json()["version"]
    assert job["status"] == "succeeded", job
    assert read["sections"][0]["narration"].startswith("How do you tell where you are")


async def test_sections_are_moved_by_their_titles(creator, script):
    job = await revise(creator, script, instruction="Move 'The moon' before 'The watch'.")

    read = (await creator.get(f"/scripts/{script['id']}")).json()["version"]
    assert job["status"] == "succeeded", job
    assert [one["title"] for one in read["sections"]] == ["The fog", "The moon", "The watch", "Farewell"]


async def test_what_takes_a_model_says_so_offline(creator, script):
    answer = await creator.post(f"/scripts/{script['id']}/revisions", json={"instruction": "Add a joke about gulls."})

    assert (answer.status_code, answer.json()["code"]) == (422, "needs_model")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"instruction": "x" * 100_000}, 400, "invalid_request"),
        ({"instruction": "Shorten", "selection": {"section_id": "s2", "span": {"start": 5, "end": 100_000}}}, 422, "selection_outside"),
        ({"instruction": "Shorten", "selection": {"section_id": "s2", "span": {"start": -5, "end": 10}}}, 422, "selection_outside"),
        ({"instruction": "Shorten", "selection": {"section_id": "nope", "span": {"start": 0, "end": 10}}}, 422, "unknown_section"),
        ({"instruction": "Shorten", "section_ids": ["nope"]}, 422, "unknown_section"),
        ({"instruction": "Shorten", "section_ids": []}, 400, "invalid_request"),
        ({"instruction": ""}, 400, "invalid_request"),
        ({"instruction": "Move 'Nobody' before 'The watch'."}, 422, "unknown_section"),
        ({"instruction": "Please reorder."}, 422, "unclear_order"),
    ],
)  # fmt: skip
async def test_a_revision_that_can_not_be_is_refused_with_a_reason(creator, script, body, status, code):
    answer = await creator.post(f"/scripts/{script['id']}/revisions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await creator.get(f"/scripts/{script['id']}")).json()["head"] == 1


async def test_a_revision_of_what_was_edited_meanwhile_stands_beside_the_head(creator, shelf, script, resources):
    order = Order(UUID(script["id"]), 1, "Shorten", "shorten", True, Target(["s2"]))
    revised = await revise_section(resources, order, "s2")
    await creator.post(
        f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": script["version"]["sections"]}
    )

    await save_revision(resources, uuid4(), order, [revised])

    read = (await creator.get(f"/scripts/{script['id']}")).json()
    branch = (await creator.get(f"/scripts/{script['id']}/versions/3")).json()
    assert (read["head"], read["version"]["origin"]) == (2, "edited")
    assert (branch["parent"], branch["origin"], branch["notes"][-1]["kind"]) == (1, "revised", "branch")


async def test_changes_are_accepted_or_rejected_one_by_one(creator, shelf, script):
    sections = deepcopy(script["version"]["sections"])
    section = sections[1]
    section["narration"] = (
        section["narration"].replace("8,750 pounds", "9,000 pounds").replace("John Harrison", "Mr Harrison")
    )
    await creator.post(f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": sections})
    diff = (await creator.get(f"/scripts/{script['id']}/diff", params={"from": 1, "to": 2})).json()
    operations = next(one["operations"] for one in diff["sections"] if one["section_id"] == "s2")
    money = {one["change_id"] for one in operations if one["change_id"] and re.search("750|000|^[89]$", one["text"])}
    name = {one["change_id"] for one in operations if one["change_id"] and one["text"] in {"John", "Mr"}}

    answer = await creator.post(
        f"/scripts/{script['id']}/changes", json={"version": 2, "accept": sorted(name), "reject": sorted(money)}
    )

    version = answer.json()
    assert answer.status_code == 201, answer.text
    assert "8,750 pounds" in version["sections"][1]["narration"]
    assert "Mr Harrison" in version["sections"][1]["narration"]
    assert {one["quote"] for _, one in citations(version)} >= {"The Board of Longitude paid him 8,750 pounds in 1773."}
    check(version, shelf.texts)
    assert (
        "".join(one["text"] for one in operations if one["op"] != "insert")
        == script["version"]["sections"][1]["narration"]
    )
    assert "".join(one["text"] for one in operations if one["op"] != "delete") == section["narration"]
    unknown = await creator.post(f"/scripts/{script['id']}/changes", json={"version": 3, "accept": ["nope"]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_change")


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


async def test_another_creators_script_is_not_there(creator, stranger, shelf, script):
    path = f"/scripts/{script['id']}"
    answers = [
        await stranger.get(path),
        await stranger.get(f"{path}/versions"),
        await stranger.get(f"{path}/versions/1"),
        await stranger.get(f"{path}/diff", params={"from": 1, "to": 1}),
        await stranger.get(f"{path}/export", params={"format": "md"}),
        await stranger.patch(path, json={"title": "Mine"}),
        await stranger.post(f"{path}/revisions", json={"instruction": "Shorten"}),
        await stranger.post(f"{path}/restore", json={"version": 1}),
        await stranger.post(f"{path}/versions", json={"base_version": 1, "sections": [{"narration": "x"}]}),
        await stranger.delete(path),
    ]
    mine = (await stranger.post("/projects", json={"title": "Mine"})).json()["id"]
    for name, value in (("structure_id", shelf.structure), ("research_id", shelf.research)):
        answers.append(await stranger.post(f"/projects/{mine}/scripts", json={name: str(value)}))

    assert [answer.status_code for answer in answers] == [404] * len(answers)


async def test_a_project_with_nothing_to_write_from_says_what_to_do(creator, project):
    answer = await creator.post(f"/projects/{project}/scripts", json={})

    assert (answer.status_code, answer.json()["code"]) == (422, "no_ready_sources")


async def test_a_script_without_a_structure_is_made_from_the_brief(creator, shelf):
    answer = await creator.post(
        f"/projects/{shelf.project}/scripts", json={"research_id": str(shelf.research), "target_minutes": 4}
    )
    job = await finished(creator, answer.json())
    version = (await creator.get(f"/scripts/{job['result']['id']}")).json()["version"]

    check(version, shelf.texts)
    assert abs(version["word_count"] - 600) <= 60
    assert len(version["sections"]) >= 3


async def test_a_preference_replaces_words_and_flags_others(creator, shelf):
    await creator.post("/preferences", json={"rule": "never say 'pendulum'"})
    script = await write(creator, shelf)

    notes = [note for note in script["version"]["notes"] if note["kind"] == "preference"]
    assert len(notes) == 1
    section = next(one for one in script["version"]["sections"] if one["id"] == notes[0]["section_id"])
    assert section["narration"][notes[0]["span"]["start"] : notes[0]["span"]["end"]].lower() == "pendulum"


@pytest.mark.parametrize(
    "kind", ["md", "txt", "docx", "fountain", "srt", "vtt", "json", "teleprompter", "otio", "youtube"]
)
async def test_every_format_is_a_file_with_a_name(creator, script, kind):
    answer = await creator.get(f"/scripts/{script['id']}/export", params={"format": kind})

    assert answer.status_code == 200, answer.text
    assert 'filename="' in answer.headers["content-disposition"]
    assert len(answer.content) > 200


async def test_an_unknown_format_or_version_is_refused(creator, script):
    unknown = await creator.get(f"/scripts/{script['id']}/export", params={"format": "pdf"})
    missing = await creator.get(f"/scripts/{script['id']}/export", params={"format": "md", "version": 9})

    assert (unknown.status_code, missing.status_code) == (400, 404)


@pytest.mark.parametrize("number", [0, 9, 10**6])
async def test_an_edit_of_a_version_that_never_was_is_a_conflict(creator, script, number):
    sections = script["version"]["sections"]

    answer = await creator.post(
        f"/scripts/{script['id']}/versions", json={"base_version": number, "sections": sections}
    )

    assert answer.status_code == (409 if number else 400)


async def test_a_version_beyond_all_numbers_is_not_there(creator, script):
    answers = [
        await creator.get(f"/scripts/{script['id']}/versions/0"),
        await creator.get(f"/scripts/{script['id']}/versions/{10**30}"),
        await creator.get(f"/scripts/{script['id']}/versions/{2**40}"),
        await creator.post(f"/scripts/{script['id']}/restore", json={"version": 2**40}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


async def test_what_becomes_of_a_source_changes_the_scripts_etag(creator, shelf, script):
    before = await creator.get(f"/scripts/{script['id']}")
    await creator.delete(f"/sources/{shelf.sources['Moon']['id']}")

    after = await creator.get(f"/scripts/{script['id']}", headers={"If-None-Match": before.headers["etag"]})

    assert (after.status_code, after.headers["etag"] == before.headers["etag"]) == (200, False)
