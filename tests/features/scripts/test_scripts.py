"""Writing scripts through the API, offline."""

import pytest

from tests.conftest import finished
from tests.features.scripts.writing import check, citations, write

pytestmark = pytest.mark.usefixtures("worker")


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
async def test_every_format_is_a_file_with_a_name(reader, written, kind):
    answer = await reader.get(f"/scripts/{written['id']}/export", params={"format": kind})

    assert answer.status_code == 200, answer.text
    assert 'filename="' in answer.headers["content-disposition"]
    assert len(answer.content) > 200


async def test_an_unknown_format_or_version_is_refused(reader, written):
    unknown = await reader.get(f"/scripts/{written['id']}/export", params={"format": "pdf"})
    missing = await reader.get(f"/scripts/{written['id']}/export", params={"format": "md", "version": 9})

    assert (unknown.status_code, missing.status_code) == (400, 404)
