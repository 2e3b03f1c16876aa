"""Revisions through the API, offline: what is selected changes, all else stays byte for byte."""

import re
from copy import deepcopy
from uuid import UUID, uuid4

import pytest

from app.features.scripts.revising import Target
from app.features.scripts.revision import Order, revise_section, save_revision
from tests.features.scripts.writing import check, citations, revise

pytestmark = pytest.mark.usefixtures("worker")


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


async def test_what_takes_a_model_says_so_offline(reader, written):
    answer = await reader.post(f"/scripts/{written['id']}/revisions", json={"instruction": "Add a joke about gulls."})

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
async def test_a_revision_that_can_not_be_is_refused_with_a_reason(reader, written, body, status, code):
    answer = await reader.post(f"/scripts/{written['id']}/revisions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await reader.get(f"/scripts/{written['id']}")).json()["head"] == 1


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
