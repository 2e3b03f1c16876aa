import asyncio
import json
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from app.features.dna.hook_cues import CUES
from app.features.structures.frameworks import blueprints
from app.shared.evidence import Span, stands
from tests.conftest import SAMPLES, add_file, add_text, finished, sign_up
from tests.features.structures.briefs import DISPUTED, PLAN, SAID, a_brief

pytestmark = pytest.mark.usefixtures("worker")
MANIFEST = json.loads((SAMPLES / "manifest.json").read_text())
TYPES = {cue.type for cue in CUES} | {"bold_claim"}


@pytest.fixture(scope="module")
def shelf():
    """What the module's tests share: a creator with the samples, their voice, and a research brief."""
    return {}


@pytest.fixture
async def nell(shelf, server, worker, resources):
    client = httpx.AsyncClient(base_url=f"{server}/api/v1", timeout=60)
    if not shelf:
        account = await sign_up(client)
        shelf["token"] = client.headers["Authorization"] = f"Bearer {account['access_token']}"
        sent = {"title": "How sailors found their longitude", "target_minutes": 12}
        shelf["project"] = (await client.post("/projects", json=sent)).json()["id"]
        accepted = [
            (
                await add_file(client, shelf["project"], one["file"], (SAMPLES / one["file"]).read_bytes(), one["role"])
            ).json()
            for one in MANIFEST["sources"]
        ]
        for answer in accepted:
            assert (await finished(client, answer["job"]))["status"] == "succeeded"
        built = (await client.post(f"/projects/{shelf['project']}/dna-profiles", json={})).json()
        assert (await finished(client, built))["status"] == "succeeded"
        async with resources.db.transaction() as session:
            shelf["research"] = await a_brief(session, account["id"], shelf["project"])
            rows = await session.execute(
                text("select id, text from research_claims where brief_id = :id order by ordinal"),
                {"id": shelf["research"]},
            )
            shelf["claims"] = {str(row.id): row.text for row in rows}
        shelf["sources"] = {
            one["id"]: one
            for one in (await client.get(f"/projects/{shelf['project']}/sources", params={"limit": 100})).json()[
                "items"
            ]
        }
        shelf["options"] = await made(client, shelf["project"])
    client.headers["Authorization"] = shelf["token"]
    yield client
    await client.aclose()


async def made(client, project, **body):
    """The options of one job, in the order in which they are offered."""
    posted = await client.post(f"/projects/{project}/structures", json=body)
    assert posted.status_code == 202, posted.text
    job = await finished(client, posted.json())
    assert job["status"] == "succeeded", job["error"]
    listed = (await client.get(f"/projects/{project}/structures", params={"limit": 100})).json()["items"]
    options = [one for one in listed if one["job_id"] == job["id"]]
    assert job["result"] == {"type": "structures", "id": options[0]["id"]}
    return options


async def test_three_options_differ_in_framework_and_say_why_they_fit(nell, shelf):
    options = shelf["options"]

    assert len({one["framework"] for one in options}) == len(options) == 3
    assert options[0]["framework"] == "history-timeline"  # half of its claims are dated
    for option in options:
        assert option["engine"] == "offline"
        assert option["rationale"] == " ".join(reason["text"] for reason in option["reasons"])
        assert {quote["of"] for reason in option["reasons"] for quote in reason["evidence"]} >= {"claim", "profile"}
        assert (option["research_id"], option["selected"]) == (shelf["research"], False)


async def test_every_quote_of_a_rationale_and_of_a_hook_stands_in_its_source(nell, shelf):
    quotes = [
        quote
        for option in shelf["options"]
        for part in (*option["reasons"], *option["hooks"])
        for quote in part["evidence"]
    ]
    texts = {one: (await nell.get(f"/sources/{one}/text")).json()["text"] for one in {q["source_id"] for q in quotes}}

    assert len(quotes) > 10
    assert all(stands(texts[q["source_id"]], q["quote"], Span(**q["span"])) for q in quotes)


async def test_each_option_has_five_hooks_of_different_types(nell, shelf):
    for option in shelf["options"]:
        kinds = [hook["type"] for hook in option["hooks"]]
        assert len(set(kinds)) == len(kinds) == 5
        assert set(kinds) <= TYPES
    first = {hook["text"] for hook in shelf["options"][0]["hooks"]}
    assert len(first & {hook["text"] for hook in shelf["options"][1]["hooks"]}) <= 2


async def test_a_hook_states_only_what_its_claims_say_in_their_words(nell, shelf):
    """What is left of a hook without its claims is a form: it asks, promises, or is the creator's own."""
    story = next(one for one in shelf["sources"].values() if one["role"] == "story")
    anecdote = (await nell.get(f"/sources/{story['id']}/text")).json()["text"]
    forms = {
        "", "Let's put a number on it.", "Here's the trouble.", "Hold that thought.", "Have you been told otherwise?",
        "My sources say both, and they can't both be right.",
    }  # fmt: skip
    for option in shelf["options"]:
        for hook in option["hooks"]:
            left = hook["text"]
            for claim in hook["claim_ids"]:
                said = shelf["claims"][claim]
                moved = said.removeprefix("In October 1707 a ")
                left = left.replace("October 1707. A ", "") if moved != said else left
                for form in (said, moved, said.removeprefix("In 1714 the ")):
                    left = left.replace(form, "")
            left = left.replace("1714. The ", "").strip(" “”")
            assert left in forms or left.endswith("?") or left.startswith("By the end of this video") or (
                left in anecdote
            ) or left.rstrip(".").replace("Write this down: ", "") in " ".join(shelf["claims"].values()) or left in {
                f"{question} Hold that thought." for question in (*PLAN, "Why could sailors not find their longitude?")
            }, hook  # fmt: skip


async def test_sections_fill_the_projects_minutes_and_place_each_claim_once(nell, shelf):
    for option in shelf["options"]:
        beats = blueprints()[option["framework"]].beats
        assert sum(one["target_seconds"] for one in option["sections"]) == pytest.approx(720)
        assert [one["type"] for one in option["sections"]] == [beat.type for beat in beats]
        placed = [claim for one in option["sections"] for claim in one["claim_ids"]]
        assert len(placed) == len(set(placed)) > 8
        assert set(placed) <= shelf["claims"].keys()


async def test_what_the_sources_dispute_stands_only_where_it_is_discussed_and_both_sides_together(nell, shelf):
    ids = list(shelf["claims"])
    disputed = {ids[one] for one in DISPUTED}
    for option in shelf["options"]:
        beats = blueprints()[option["framework"]].beats
        found = [set(one["claim_ids"]) & disputed for one in option["sections"]]
        assert disputed in found
        assert all("contradiction" in beat.takes for beat, here in zip(beats, found, strict=True) if here)


async def test_a_timeline_is_in_the_order_of_time(nell, shelf):
    sections = next(one for one in shelf["options"] if one["framework"] == "history-timeline")["sections"]
    line = [shelf["claims"][claim] for one in sections[1:4] for claim in one["claim_ids"]]
    years = [
        int(word.strip("."))
        for said in line
        for word in said.split()
        if word.strip(".").isdigit() and len(word.strip(".")) == 4
    ]

    assert years == sorted(years)
    assert len(years) >= 5
    assert ": 17" in sections[2]["title"]


async def test_a_framework_that_is_asked_for_comes_first_and_the_others_differ(nell, shelf):
    options = await made(nell, shelf["project"], framework="question-ladder", research_id=shelf["research"])

    assert options[0]["framework"] == "question-ladder"
    assert "You asked for this form" in options[0]["rationale"]
    assert len({one["framework"] for one in options}) == 3
    assert {one["title"] for one in options[0]["sections"]} >= set(PLAN)


async def test_the_list_is_flat_and_the_newest_job_is_first(nell, shelf):
    newest = await made(nell, shelf["project"])

    listed = (await nell.get(f"/projects/{shelf['project']}/structures", params={"limit": 3})).json()

    assert [one["id"] for one in listed["items"]] == [one["id"] for one in newest]
    assert listed["total"] >= 6


async def test_one_structure_is_chosen_at_a_time_with_one_of_its_hooks(nell, shelf):
    first, second = shelf["options"][:2]
    hook = first["hooks"][2]["id"]

    chosen = await nell.post(f"/structures/{first['id']}/select", json={"hook_id": hook})
    other = await nell.post(f"/structures/{second['id']}/select", json={})
    unknown = await nell.post(f"/structures/{second['id']}/select", json={"hook_id": hook})
    await asyncio.gather(*(nell.post(f"/structures/{one['id']}/select", json={}) for one in shelf["options"] * 2))

    assert (chosen.status_code, chosen.json()["selected"], chosen.json()["hook_id"]) == (200, True, hook)
    assert (other.json()["selected"], other.json()["hook_id"]) == (True, None)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    listed = (await nell.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})).json()["items"]
    assert [one["selected"] for one in listed].count(True) == 1


async def test_a_structure_has_an_etag_and_a_choice_changes_it(nell, shelf):
    path = f"/structures/{shelf['options'][2]['id']}"
    read = await nell.get(path)

    same = await nell.get(path, headers={"If-None-Match": read.headers["etag"]})
    await nell.post(f"{path}/select", json={})
    after = await nell.get(path, headers={"If-None-Match": read.headers["etag"]})

    assert (same.status_code, after.status_code) == (304, 200)


async def test_rules_of_the_creator_are_kept_in_hooks(nell, shelf):
    rules = [
        (await nell.post("/preferences", json={"rule": rule})).json()["id"]
        for rule in ("say 'ocean' instead of 'sea'", "never say 'reward'", "Never say 'find'")
    ]

    options = await made(nell, shelf["project"])

    for rule in rules:
        await nell.delete(f"/preferences/{rule}")
    said = " ".join(hook["text"] for one in options for hook in one["hooks"] if "“" not in hook["text"])
    assert not {"reward", "find", "finding", "sea"} & {word.strip(".?,").lower() for word in said.split()}


async def test_without_research_there_are_structures_without_claims_and_they_say_so(creator, project):
    options = await made(creator, project)

    assert len({one["framework"] for one in options}) == 3
    for option in options:
        assert "no research brief" in option["rationale"]
        assert option["research_id"] is None
        assert not any(one["claim_ids"] for one in (*option["sections"], *option["hooks"]))
        assert len({hook["type"] for hook in option["hooks"]}) == 5
        assert sum(one["target_seconds"] for one in option["sections"]) == pytest.approx(480)


async def test_a_shelf_of_questions_in_another_language_is_used_as_it_is(creator, resources):
    sent = {"title": "Warum fanden Seeleute ihre Länge nicht?", "language": "de"}
    project = (await creator.post("/projects", json=sent)).json()["id"]
    said = (
        "Die Uhr ging auf der Reise nach Jamaika nur 5 Sekunden nach. Niemand hatte das bis 1762 für möglich gehalten."
    )
    await add_text(creator, project, said)
    me = (await creator.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        await a_brief(session, me, project, [(said.split(". ", maxsplit=1)[0] + ".", 0)], ())

    option = (await made(creator, project))[0]

    assert "known for English" in option["rationale"]
    texts = {hook["type"]: hook["text"] for hook in option["hooks"]}
    assert texts["statistic"] == said.split(". ", maxsplit=1)[0] + "."
    assert texts["quote"] == f"“{texts['statistic']}”"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"framework": "seven-sins"}, 422),
        ({"framework": ""}, 400),
        ({"research_id": str(uuid4())}, 404),
        ({"research_id": "one"}, 400),
        ({"colour": "red"}, 400),
    ],
)
async def test_what_can_not_be_made_is_refused_and_makes_no_job(creator, project, body, status):
    answer = await creator.post(f"/projects/{project}/structures", json=body)

    assert answer.status_code == status, answer.text
    if status == 422:
        assert all(one in answer.json()["detail"] for one in blueprints())
    assert (await creator.get("/jobs")).json()["total"] == 0


async def test_another_projects_research_and_a_strangers_are_unknown(nell, shelf, creator, project):
    elsewhere = (await nell.post("/projects", json={"title": "Other"})).json()["id"]

    own = await nell.post(f"/projects/{elsewhere}/structures", json={"research_id": shelf["research"]})
    theirs = await creator.post(f"/projects/{project}/structures", json={"research_id": shelf["research"]})

    assert (own.status_code, theirs.status_code) == (404, 404)


async def test_nobody_reads_chooses_or_deletes_a_strangers_structures(nell, shelf, stranger):
    path = f"/structures/{shelf['options'][0]['id']}"
    answers = [
        await stranger.get(path),
        await stranger.post(f"{path}/select", json={}),
        await stranger.delete(path),
        await stranger.get(f"/projects/{shelf['project']}/structures"),
        await stranger.post(f"/projects/{shelf['project']}/structures", json={}),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_the_same_key_makes_the_same_job(creator, project):
    answers = [
        await creator.post(f"/projects/{project}/structures", json={}, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert (await creator.get("/jobs")).json()["total"] == 1


async def test_the_frameworks_are_offered_to_those_who_are_signed_in(creator, anonymous):
    listed = (await creator.get("/frameworks")).json()["items"]

    assert (await anonymous.get("/frameworks")).status_code == 401
    assert len(listed) >= 10
    assert all(sum(beat["share"] for beat in one["beats"]) == pytest.approx(1) for one in listed)
    assert all(one["origin"] and one["fits"] for one in listed)


async def test_what_it_would_take_can_be_asked_before(nell, shelf):
    for kind, body in (("structures", {}), ("idea_check", {"idea": "A sundial"})):
        answer = await nell.post(f"/projects/{shelf['project']}/estimates", json={"kind": kind, **body})
        assert (answer.status_code, answer.json()["tokens"]) == (200, {"low": 0, "high": 0}), answer.text


async def test_a_deleted_structure_is_gone(nell, shelf):
    gone = (await made(nell, shelf["project"]))[1]["id"]

    assert (await nell.delete(f"/structures/{gone}")).status_code == 204
    assert (await nell.get(f"/structures/{gone}")).status_code == 404


async def test_a_source_that_is_read_anew_moves_its_quotes(nell, shelf, resources):
    quoted = {q["source_id"] for one in shelf["options"] for reason in one["reasons"] for q in reason["evidence"]}
    source = next(one for one in shelf["sources"].values() if one["id"] in quoted and one["role"] == "reference")
    async with resources.db.transaction() as session:
        key = await session.scalar(text("select storage_key from content_sources where id = :id"), {"id": source["id"]})
    await resources.storage.put(
        key, b"A line before all others.\n\n" + (SAMPLES / "reference" / source["filename"]).read_bytes()
    )

    await finished(nell, (await nell.post(f"/sources/{source['id']}/ingest")).json()["job"])

    now = (await nell.get(f"/sources/{source['id']}/text")).json()["text"]
    options = (await nell.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})).json()["items"]
    quotes = [q for one in options for part in (*one["reasons"], *one["hooks"]) for q in part["evidence"]]
    moved = [q for q in quotes if q["source_id"] == source["id"]]
    assert moved
    assert all(stands(now, q["quote"], Span(**q["span"])) and not q["stale"] for q in moved)


async def test_of_a_deleted_source_no_word_is_left(nell, shelf):
    """Last but one of the module: it takes a source away."""
    source = next(one for one in shelf["sources"].values() if one["filename"] == "harrison-h4.md")
    words = (await nell.get(f"/sources/{source['id']}/text")).json()["text"]
    only = {said for said in shelf["claims"].values() if said in words}
    chosen = next(
        (one, hook) for one in shelf["options"] for hook in one["hooks"]
        if any(shelf["claims"][claim] in only for claim in hook["claim_ids"])
    )  # fmt: skip
    await nell.post(f"/structures/{chosen[0]['id']}/select", json={"hook_id": chosen[1]["id"]})

    assert (await nell.delete(f"/sources/{source['id']}")).status_code == 204

    listed = await nell.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})
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
    again = (await nell.get(f"/structures/{chosen[0]['id']}")).json()
    assert (again["selected"], again["hook_id"]) == (True, None)


async def test_without_its_brief_a_structure_claims_nothing_any_more(nell, shelf, resources):
    """Last of the module: it takes the brief away."""
    async with resources.db.transaction() as session:
        await session.execute(text("delete from research_briefs where id = :id"), {"id": shelf["research"]})

    listed = (await nell.get(f"/projects/{shelf['project']}/structures", params={"limit": 100})).json()["items"]

    assert listed
    assert not any(part["claim_ids"] for one in listed for part in (*one["sections"], *one["hooks"]))
    assert not any(said in hook["text"] for one in listed for hook in one["hooks"] for said, _ in SAID)
