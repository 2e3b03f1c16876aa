from uuid import uuid4

import pytest

from app.features.dna.hook_cues import CUES
from app.features.structures.frameworks import blueprints
from app.shared.evidence import Span, stands
from tests.conftest import add_text
from tests.features.structures.briefs import DISPUTED, PLAN, a_brief
from tests.features.structures.making import made

pytestmark = pytest.mark.usefixtures("worker")
TYPES = {cue.type for cue in CUES} | {"bold_claim"}


async def test_three_options_differ_in_framework_and_say_why_they_fit(reader, shelf):
    options = shelf["options"]

    assert len({one["framework"] for one in options}) == len(options) == 3
    assert options[0]["framework"] == "history-timeline"  # half of its claims are dated
    for option in options:
        assert option["engine"] == "offline"
        assert option["rationale"] == " ".join(reason["text"] for reason in option["reasons"])
        assert {quote["of"] for reason in option["reasons"] for quote in reason["evidence"]} >= {"claim", "profile"}
        assert (option["research_id"], option["selected"]) == (shelf["research"], False)


async def test_every_quote_of_a_rationale_and_of_a_hook_stands_in_its_source(reader, shelf):
    quotes = [
        quote
        for option in shelf["options"]
        for part in (*option["reasons"], *option["hooks"])
        for quote in part["evidence"]
    ]
    texts = {one: (await reader.get(f"/sources/{one}/text")).json()["text"] for one in {q["source_id"] for q in quotes}}

    assert len(quotes) > 10
    assert all(stands(texts[q["source_id"]], q["quote"], Span(**q["span"])) for q in quotes)


async def test_each_option_has_five_hooks_of_different_types(reader, shelf):
    for option in shelf["options"]:
        kinds = [hook["type"] for hook in option["hooks"]]
        assert len(set(kinds)) == len(kinds) == 5
        assert set(kinds) <= TYPES
    first = {hook["text"] for hook in shelf["options"][0]["hooks"]}
    assert len(first & {hook["text"] for hook in shelf["options"][1]["hooks"]}) <= 2


async def test_a_hook_states_only_what_its_claims_say_in_their_words(reader, shelf):
    """What is left of a hook without its claims is a form: it asks, promises, or is the creator's own."""
    story = next(one for one in shelf["sources"].values() if one["role"] == "story")
    anecdote = (await reader.get(f"/sources/{story['id']}/text")).json()["text"]
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


async def test_sections_fill_the_projects_minutes_and_place_each_claim_once(reader, shelf):
    for option in shelf["options"]:
        beats = blueprints()[option["framework"]].beats
        assert sum(one["target_seconds"] for one in option["sections"]) == pytest.approx(720)
        assert [one["type"] for one in option["sections"]] == [beat.type for beat in beats]
        placed = [claim for one in option["sections"] for claim in one["claim_ids"]]
        assert len(placed) == len(set(placed)) > 8
        assert set(placed) <= shelf["claims"].keys()


async def test_what_the_sources_dispute_stands_only_where_it_is_discussed_and_both_sides_together(reader, shelf):
    ids = list(shelf["claims"])
    disputed = {ids[one] for one in DISPUTED}
    for option in shelf["options"]:
        beats = blueprints()[option["framework"]].beats
        found = [set(one["claim_ids"]) & disputed for one in option["sections"]]
        assert disputed in found
        assert all("contradiction" in beat.takes for beat, here in zip(beats, found, strict=True) if here)


async def test_a_timeline_is_in_the_order_of_time(reader, shelf):
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


async def test_a_framework_that_is_asked_for_comes_first_and_the_others_differ(reader, shelf):
    options = await made(reader, shelf["project"], framework="question-ladder", research_id=shelf["research"])

    assert options[0]["framework"] == "question-ladder"
    assert "You asked for this form" in options[0]["rationale"]
    assert len({one["framework"] for one in options}) == 3
    assert {one["title"] for one in options[0]["sections"]} >= set(PLAN)


async def test_the_list_is_flat_and_the_newest_job_is_first(reader, shelf):
    newest = await made(reader, shelf["project"])

    listed = (await reader.get(f"/projects/{shelf['project']}/structures", params={"limit": 3})).json()

    assert [one["id"] for one in listed["items"]] == [one["id"] for one in newest]
    assert listed["total"] >= 6


async def test_rules_of_the_creator_are_kept_in_hooks(reader, shelf):
    rules = [
        (await reader.post("/preferences", json={"rule": rule})).json()["id"]
        for rule in ("say 'ocean' instead of 'sea'", "never say 'reward'", "Never say 'find'")
    ]

    options = await made(reader, shelf["project"])

    for rule in rules:
        await reader.delete(f"/preferences/{rule}")
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


async def test_what_it_would_take_can_be_asked_before(reader, shelf):
    for kind, body in (("structures", {}), ("idea_check", {"idea": "A sundial"})):
        answer = await reader.post(f"/projects/{shelf['project']}/estimates", json={"kind": kind, **body})
        assert (answer.status_code, answer.json()["tokens"]) == (200, {"low": 0, "high": 0}), answer.text
