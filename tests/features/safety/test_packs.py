"""Policy packs: those that come with Strand, and the brands' own."""

import asyncio
from uuid import uuid4

import pytest

from tests.features.safety.scripts import check, report_of, section, write_script

pytestmark = pytest.mark.usefixtures("worker")
BANNED = {"id": "no-cheap", "kind": "banned_words", "text": "Never call the file cheap.", "words": ["cheap", "budget"]}
REQUIRED = {"id": "warranty", "kind": "required_claim", "text": "Say the warranty.", "words": ["ten-year warranty"]}
BRAND = {"name": "Brasswork", "clauses": [BANNED, REQUIRED]}


async def make(creator, **change):
    made = await creator.post("/policy-packs", json={**BRAND, **change})
    assert made.status_code == 201, made.text
    return made.json()


def of_brand(report):
    return [finding for finding in report["findings"] if finding["detector"].startswith("brand")]


async def test_the_packs_that_come_with_strand_are_dated_and_name_their_page(creator):
    listed = (await creator.get("/policy-packs", params={"limit": 100})).json()
    shipped = {pack["id"]: pack for pack in listed["items"]}
    one = (await creator.get("/policy-packs/youtube-advertiser")).json()
    tag = (await creator.get("/policy-packs/youtube-advertiser")).headers["etag"]

    assert shipped.keys() >= {"youtube-advertiser", "disclosure", "personal-data", "regulated-advice", "evidence"}
    assert all(pack["source"] and pack["retrieved"] and pack["clauses"] for pack in shipped.values())
    assert one == shipped["youtube-advertiser"]
    assert all(clause["levels"].keys() == {"full", "limited", "none"} for clause in one["clauses"])
    again = await creator.get("/policy-packs/youtube-advertiser", headers={"If-None-Match": tag})
    assert again.status_code == 304
    changed = await creator.patch("/policy-packs/youtube-advertiser", json={"name": "Mine"})
    assert (changed.status_code, changed.json()["code"]) == (409, "shipped_pack")


async def test_a_brands_rules_are_held_against_a_script(creator, project, resources):
    pack = await make(creator)
    script = await write_script(resources, creator, project, section("This file is cheap, and good.", "a"))
    report = await check(creator, script, policy_packs=[pack["id"], "disclosure"])

    banned, required = sorted(of_brand(report), key=lambda one: one["quote"] is None)
    assert (banned["quote"], banned["section_id"], banned["policy"]["clause_id"]) == ("cheap", "a", "no-cheap")
    assert (required["span"], required["quote"], required["field"]) == (None, None, None)
    assert required["policy"] == {
        "pack": pack["id"],
        "version": 1,
        "clause_id": "warranty",
        "text": "Say the warranty.",
    }
    assert "brand" in {rating["category"] for rating in report["ratings"]}


async def test_a_changed_pack_checks_the_scripts_again_that_it_was_held_against(creator, project, resources):
    pack = await make(creator)
    affected = await write_script(resources, creator, project, section("This file is dull."))
    other = await write_script(resources, creator, project, section("This file is dull too."))
    before = await check(creator, affected, policy_packs=[pack["id"], "disclosure"])
    await check(creator, other, policy_packs=["disclosure"])
    renamed = (await creator.patch(f"/policy-packs/{pack['id']}", json={"name": "Brasswork Ltd"})).json()
    new = {**BANNED, "words": ["dull"]}
    changed = (await creator.patch(f"/policy-packs/{pack['id']}", json={"clauses": [new]})).json()
    old = (await creator.get(f"/safety-checks/{before['id']}")).json()
    report = await report_of(creator, {"id": changed["rechecks"][0]})

    assert (renamed["rechecks"], renamed["version"]) == ([], 1)
    assert (len(changed["rechecks"]), changed["version"]) == (1, 2)
    assert {one["id"]: one["current"] for one in old["packs"]} == {
        pack["id"]: False, "disclosure": True, "evidence": True,
    }  # fmt: skip
    assert (report["script_id"], [one["quote"] for one in of_brand(report)]) == (affected, ["dull"])
    assert [one["id"] for one in report["packs"]] == [pack["id"], "disclosure", "evidence"]


async def test_a_deleted_pack_is_no_longer_held_against_anything(creator, project, resources):
    pack = await make(creator)
    script = await write_script(resources, creator, project, section("This file is cheap."))
    report = await check(creator, script, policy_packs=[pack["id"]])
    deleted = await creator.delete(f"/policy-packs/{pack['id']}")
    kept = (await creator.get(f"/safety-checks/{report['id']}")).json()
    refused = await creator.post(f"/scripts/{script}/safety-checks", json={"policy_packs": [pack["id"]]})

    assert deleted.status_code == 204
    assert of_brand(kept)[0]["policy"]["text"]
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_pack")


async def test_a_pack_is_its_owners_alone(creator, stranger, project, resources):
    pack = await make(creator)
    at = f"/policy-packs/{pack['id']}"
    script = await write_script(resources, creator, project, section("This file is cheap."))
    theirs = (await stranger.post("/policy-packs", json=BRAND)).json()
    answers = await asyncio.gather(
        stranger.get(at), stranger.patch(at, json={"name": "x"}), stranger.put(at, json=BRAND), stranger.delete(at),
        creator.get(f"/policy-packs/{uuid4()}"), creator.get("/policy-packs/nothing-of-the-kind"),
    )  # fmt: skip
    used = await creator.post(f"/scripts/{script}/safety-checks", json={"policy_packs": [theirs["id"]]})
    listed = (await stranger.get("/policy-packs", params={"limit": 100})).json()

    assert {answer.status_code for answer in answers} == {404}
    assert (used.status_code, used.json()["code"]) == (422, "unknown_pack")
    assert pack["id"] not in {one["id"] for one in listed["items"]}


@pytest.mark.parametrize(
    "change",
    [
        {"clauses": []},
        {"clauses": [{**BANNED, "words": []}]},
        {"clauses": [{**BANNED, "words": [" "]}]},
        {"clauses": [{**BANNED, "kind": "policy"}]},
        {"clauses": [{**BANNED, "id": "Not an id"}]},
        {"name": ""},
        {"colour": "blue"},
    ],
)
async def test_a_pack_that_is_none_is_malformed(creator, change):
    answer = await creator.post("/policy-packs", json={**BRAND, **change})

    assert answer.status_code == 400


async def test_a_pack_with_two_clauses_of_one_id_is_refused_with_a_sentence(creator):
    answer = await creator.post("/policy-packs", json={**BRAND, "clauses": [BANNED, BANNED]})

    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_pack")
    assert "no-cheap" in answer.json()["detail"]


async def test_a_pack_that_was_changed_meanwhile_is_not_overwritten(creator):
    pack = await make(creator)
    at = f"/policy-packs/{pack['id']}"
    tag = (await creator.get(at)).headers["etag"]
    first = await creator.put(at, json={**BRAND, "name": "One"}, headers={"If-Match": tag})
    second = await creator.put(at, json={**BRAND, "name": "Two"}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert (await creator.get(at)).json()["name"] == "One"
