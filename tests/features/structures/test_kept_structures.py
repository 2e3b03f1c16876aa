"""What becomes of structures that are made: chosen, read, deleted, of sources that change."""

import asyncio

import pytest
from sqlalchemy import text

from app.shared.evidence import Span, stands
from tests.conftest import SAMPLES, finished
from tests.features.structures.briefs import SAID
from tests.features.structures.making import made

pytestmark = pytest.mark.usefixtures("worker")


async def test_one_structure_is_chosen_at_a_time_with_one_of_its_hooks(reader, shelf):
    first, second = shelf["options"][:2]
    hook = first["hooks"][2]["id"]

    chosen = await reader.post(f"/structures/{first['id']}/select", json={"hook_id": hook})
    other = await reader.post(f"/structures/{second['id']}/select", json={})
    unknown = await reader.post(f"/structures/{second['id']}/select", json={"hook_id": hook})
    await asyncio.gather(*(reader.post(f"/structures/{one['id']}/select", json={}) for one in shelf["options"] * 2))

    assert (chosen.status_code, chosen.json()["selected"], chosen.json()["hook_id"]) == (200, True, hook)
    assert (other.json()["selected"], other.json()["hook_id"]) == (True, None)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    listed = (await reader.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})).json()["items"]
    assert [one["selected"] for one in listed].count(True) == 1


async def test_a_structure_has_an_etag_and_a_choice_changes_it(reader, shelf):
    path = f"/structures/{shelf['options'][2]['id']}"
    read = await reader.get(path)

    same = await reader.get(path, headers={"If-None-Match": read.headers["etag"]})
    await reader.post(f"{path}/select", json={})
    after = await reader.get(path, headers={"If-None-Match": read.headers["etag"]})

    assert (same.status_code, after.status_code) == (304, 200)


async def test_another_projects_research_and_a_strangers_are_unknown(reader, shelf, creator, project):
    elsewhere = (await reader.post("/projects", json={"title": "Other"})).json()["id"]

    own = await reader.post(f"/projects/{elsewhere}/structures", json={"research_id": shelf["research"]})
    theirs = await creator.post(f"/projects/{project}/structures", json={"research_id": shelf["research"]})

    assert (own.status_code, theirs.status_code) == (404, 404)


async def test_nobody_reads_chooses_or_deletes_a_strangers_structures(reader, shelf, stranger):
    path = f"/structures/{shelf['options'][0]['id']}"
    answers = [
        await stranger.get(path),
        await stranger.post(f"{path}/select", json={}),
        await stranger.delete(path),
        await stranger.get(f"/projects/{shelf['project']}/structures"),
        await stranger.post(f"/projects/{shelf['project']}/structures", json={}),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_a_deleted_structure_is_gone(reader, shelf):
    gone = (await made(reader, shelf["project"]))[1]["id"]

    assert (await reader.delete(f"/structures/{gone}")).status_code == 204
    assert (await reader.get(f"/structures/{gone}")).status_code == 404


async def test_a_source_that_is_read_anew_moves_its_quotes(reader, shelf, resources):
    quoted = {q["source_id"] for one in shelf["options"] for reason in one["reasons"] for q in reason["evidence"]}
    source = next(one for one in shelf["sources"].values() if one["id"] in quoted and one["role"] == "reference")
    async with resources.db.transaction() as session:
        key = await session.scalar(text("select storage_key from content_sources where id = :id"), {"id": source["id"]})
    await resources.storage.put(
        key, b"A line before all others.\n\n" + (SAMPLES / "reference" / source["filename"]).read_bytes()
    )

    await finished(reader, (await reader.post(f"/sources/{source['id']}/ingest")).json()["job"])

    now = (await reader.get(f"/sources/{source['id']}/text")).json()["text"]
    options = (await reader.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})).json()["items"]
    quotes = [q for one in options for part in (*one["reasons"], *one["hooks"]) for q in part["evidence"]]
    moved = [q for q in quotes if q["source_id"] == source["id"]]
    assert moved
    assert all(stands(now, q["quote"], Span(**q["span"])) and not q["stale"] for q in moved)


async def test_of_a_deleted_source_no_word_is_left(reader, shelf):
    """Last but one of the module: it takes a source away."""
    source = next(one for one in shelf["sources"].values() if one["filename"] == "harrison-h4.md")
    words = (await reader.get(f"/sources/{source['id']}/text")).json()["text"]
    only = {said for said in shelf["claims"].values() if said in words}
    chosen = next(
        (one, hook) for one in shelf["options"] for hook in one["hooks"]
        if any(shelf["claims"][claim] in only for claim in hook["claim_ids"])
    )  # fmt: skip
    await reader.post(f"/structures/{chosen[0]['id']}/select", json={"hook_id": chosen[1]["id"]})

    assert (await reader.delete(f"/sources/{source['id']}")).status_code == 204

    listed = await reader.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})
    assert source["id"] not in listed.text
    assert not [said for said in only if said in listed.text]
    left = {
        claim
        for one in listed.json()["items"]
        for part in (*one["sections"], *one["hooks"])
        for claim in part["claim_ids"]
    }
    assert left
    assert not {shelf["claims"][claim] for claim in left} & only
    again = (await reader.get(f"/structures/{chosen[0]['id']}")).json()
    assert (again["selected"], again["hook_id"]) == (True, None)


async def test_without_its_brief_a_structure_claims_nothing_any_more(reader, shelf, resources):
    """Last of the module: it takes the brief away."""
    async with resources.db.transaction() as session:
        await session.execute(text("delete from research_briefs where id = :id"), {"id": shelf["research"]})

    listed = (await reader.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})).json()["items"]

    assert listed
    assert not any(part["claim_ids"] for one in listed for part in (*one["sections"], *one["hooks"]))
    assert not any(said in hook["text"] for one in listed for hook in one["hooks"] for said, _ in SAID)
