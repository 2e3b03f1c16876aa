import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.db.models import (
    ChatMessage,
    IdeaCheck,
    Repurposing,
    ResearchBrief,
    SafetyCheck,
    SafetyFinding,
    Script,
    ScriptVersion,
    Structure,
)
from app.features.memory.preferences import rules_for
from app.features.memory.schemas import TemplateSettings
from app.features.memory.targets import OWNED, WITHIN
from app.features.projects.schemas import ProjectCreate


@pytest.fixture
async def targets(creator, project, resources):
    """One of each artefact that feedback can be about but for the profile, as rows."""
    me, ours = UUID((await creator.get("/users/me")).json()["id"]), UUID(project)
    lists = {"rejected": [], "manifest": {}}
    rows = {
        "research": ResearchBrief(
            owner_id=me, project_id=ours, question="Why?", depth="quick", engine="offline", summary=[], plan=[],
            source_evaluations=[], contradictions=[], gaps=[], entities=[], metrics={}, **lists,
        ),
        "structure": Structure(
            owner_id=me, project_id=ours, job_id=uuid4(), ordinal=0, framework="5e", title="T", engine="offline",
            rationale=[], hooks=[], sections=[], **lists,
        ),
        "idea_check": IdeaCheck(
            owner_id=me, project_id=ours, idea="I", engine="offline", novelty=1, coverage=0, similar=[], gaps=[],
            explanation=[], manifest={},
        ),
        "script": Script(owner_id=me, project_id=ours, title="T", target_minutes=8),
        "chat_message": ChatMessage(
            owner_id=me, project_id=ours, role="assistant", text="So.", citations=[], **lists
        ),
    }  # fmt: skip
    async with resources.db.transaction() as session:
        session.add_all(rows.values())
        await session.flush()
        script = rows["script"].id
        rows["script_version"] = ScriptVersion(
            script_id=script, number=1, origin="generated", word_count=0, words_per_minute=150, pace_measured=False,
            sections=[], lost=[], notes=[], usage={}, manifest={},
        )  # fmt: skip
        rows["repurposing"] = Repurposing(
            owner_id=me, script_id=script, version=1, format="blog", title="T", parts=[], engine="offline", **lists
        )
        rows["safety_check"] = SafetyCheck(
            owner_id=me, script_id=script, version=1, verdict="clear", engine="offline", packs=[], ratings=[],
            claims=[], detectors_run=[], detectors_skipped=[], **lists,
        )  # fmt: skip
        session.add_all(rows.values())
        await session.flush()
        columns = SafetyFinding.__table__.columns
        given = {"level": "full", "severity": "low", "status": "open", "confidence": 0.5, "ordinal": 0}
        filled = {
            column.name: given.get(column.name, {} if "JSON" in str(column.type) else "x")
            for column in columns
            if not column.nullable and column.name not in {"id", "check_id", "created_at", "updated_at", "revision"}
        }
        rows["finding"] = SafetyFinding(check_id=rows["safety_check"].id, **filled)
        session.add(rows["finding"])
        await session.flush()
        return {name: str(row.id) for name, row in rows.items()}


async def correct(creator, target, correction):
    sent = {"target_type": "script", "target_id": target, "verdict": "correction", "correction": correction}
    return await creator.post("/feedback", json=sent)


async def test_feedback_is_kept_on_every_artefact_and_only_on_ones_own(creator, stranger, targets):
    assert targets.keys() == (OWNED | WITHIN).keys() - {"dna_profile"}
    for target_type, target_id in targets.items():
        sent = {"target_type": target_type, "target_id": target_id, "verdict": "up", "note": " Good. "}

        given = await creator.post("/feedback", json=sent)
        theirs = await stranger.post("/feedback", json=sent)

        assert given.status_code == 201, given.text
        assert (given.json()["note"], given.json()["preference"]) == ("Good.", None)
        assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found")
    listed = (await creator.get("/feedback")).json()
    of_one = (await creator.get("/feedback", params={"target_id": targets["finding"]})).json()
    assert listed["total"] == len(targets)
    assert [one["target_type"] for one in of_one["items"]] == ["finding"]
    assert (await stranger.get("/feedback")).json()["total"] == 0


async def test_feedback_on_nothing_is_404(creator):
    for target_type in OWNED | WITHIN:
        sent = {"target_type": target_type, "target_id": str(uuid4()), "verdict": "down"}
        assert (await creator.post("/feedback", json=sent)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verdict": "correction"}, "correction"),
        ({"verdict": "correction", "correction": "  "}, "correction"),
        ({"verdict": "meh"}, "verdict"),
        ({"target_type": "weather"}, "target_type"),
        ({"target_id": "1"}, "target_id"),
        ({"note": "x" * 5001}, "note"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_feedback_that_can_not_be_used_is_400_and_names_the_field(creator, targets, change, field):
    sent = {"target_type": "script", "target_id": targets["script"], "verdict": "up"} | change

    answer = await creator.post("/feedback", json=sent)

    assert answer.status_code == 400, answer.text
    assert [item["field"] for item in answer.json()["extra"]] == [field]
    assert (await creator.get("/feedback")).json()["total"] == 0


async def test_a_correction_becomes_a_preference_once(creator, targets):
    first = await correct(creator, targets["script"], "Never say 'delve'. Call viewers 'folks'.")
    second = await correct(creator, targets["script"], "never say delve")

    learnt = first.json()["preference"]
    assert (learnt["kind"], learnt["avoid"], learnt["feedback_id"]) == ("avoid", ["delve"], first.json()["id"])
    assert [one["use"] for one in first.json()["preferences"]] == [None, "folks"]
    assert second.json()["preference"]["id"] == learnt["id"]
    assert (await creator.get("/preferences")).json()["total"] == 2


async def test_a_text_that_is_too_long_for_a_rule_teaches_nothing(creator, targets):
    answer = await correct(creator, targets["script"], "It went like this. " * 100)

    assert (answer.status_code, answer.json()["preference"], answer.json()["preferences"]) == (201, None, [])


async def test_what_generation_gets_is_the_owners_rules_and_nobody_elses(creator, stranger, resources):
    await creator.post("/preferences", json={"rule": "Never say 'delve'"})
    await creator.post("/preferences", json={"rule": "Be brief."})
    await stranger.post("/preferences", json={"rule": "Never say 'rope'"})
    me = (await creator.get("/users/me")).json()["id"]

    async with resources.db.transaction() as session:
        rules = await rules_for(session, UUID(me))

    assert [(rule.rule, rule.avoid) for rule in rules] == [("Never say 'delve'", ("delve",)), ("Be brief.", ())]


@pytest.mark.parametrize(
    ("sent", "kind", "avoid", "use"),
    [
        ({"rule": "Call viewers 'folks'"}, "replace", ["viewers"], "folks"),
        ({"rule": "Guys is out", "avoid": ["guys"]}, "avoid", ["guys"], None),
        ({"rule": "Folks it is", "avoid": ["guys"], "use": "folks"}, "replace", ["guys"], "folks"),
        ({"rule": "Never say 'delve'", "kind": "style"}, "style", [], None),
    ],
)
async def test_a_rule_is_read_unless_its_parts_are_given(creator, sent, kind, avoid, use):
    made = await creator.post("/preferences", json=sent)

    assert made.status_code == 201
    assert (made.json()["kind"], made.json()["avoid"], made.json()["use"]) == (kind, avoid, use)
    assert (await creator.get(made.headers["location"].removeprefix("/api/v1"))).json() == made.json()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "rule"),
        ({"rule": " "}, "rule"),
        ({"rule": "x" * 501}, "rule"),
        ({"rule": "Be brief", "kind": "avoid"}, "avoid"),
        ({"rule": "Be brief", "kind": "replace", "avoid": ["long"]}, "use"),
        ({"rule": "Be brief", "avoid": ["?"]}, "avoid[0]"),
        ({"rule": "Be brief", "avoid": ["x"] * 51}, "avoid"),
        ({"rule": "Be brief", "kind": "wish"}, "kind"),
    ],
)
async def test_a_rule_that_can_not_be_checked_as_said_is_400(creator, sent, field):
    answer = await creator.post("/preferences", json=sent)

    assert answer.status_code == 400, answer.text
    assert [item["field"] for item in answer.json()["extra"]] == [field]


async def test_a_changed_rule_is_read_anew_and_parts_can_be_set(creator):
    made = (await creator.post("/preferences", json={"rule": "Never say 'delve'"})).json()
    path = f"/preferences/{made['id']}"

    anew = await creator.patch(path, json={"rule": "Call viewers 'folks'"})
    widened = await creator.patch(path, json={"avoid": ["viewers", "guys"]})
    without = await creator.patch(path, json={"use": None})
    style = await creator.patch(path, json={"kind": "style"})
    lacking = await creator.patch(path, json={"kind": "avoid"})

    assert (anew.json()["kind"], anew.json()["use"]) == ("replace", "folks")
    assert (widened.json()["avoid"], widened.json()["use"]) == (["viewers", "guys"], "folks")
    assert (without.json()["kind"], without.json()["use"]) == ("avoid", None)
    assert (style.json()["avoid"], lacking.status_code) == ([], 400)


async def test_there_is_room_for_two_hundred_rules_also_for_those_who_come_at_once(creator, resources):
    me = (await creator.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        await session.execute(
            text(
                "insert into preferences (id, owner_id, rule, kind, avoid, created_at, updated_at)"
                " select gen_random_uuid(), :me, 'Rule ' || n, 'style', '[]', now(), now() from generate_series(1, 198) n"
            ),
            {"me": me},
        )

    answers = await asyncio.gather(*(creator.post("/preferences", json={"rule": f"More {n}"}) for n in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422, 422]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"limit_reached"}
    assert (await creator.get("/preferences")).json()["total"] == 200


KEPT = {
    "preferences": ({"rule": "Be brief."}, {"rule": "Be very brief."}),
    "audiences": (
        {"name": "Adults", "description": "Curious", "knows": "Latitude", "age_from": 16},
        {"age_from": None},
    ),
    "materials": ({"kind": "story", "title": "The ferry", "text": "It was fog."}, {"kind": "example"}),
    "templates": (
        {"name": "Shorts", "settings": {"platform": "shorts", "target_minutes": 1, "audience": None}},
        {"settings": {"language": "en"}},
    ),
}


@pytest.mark.parametrize("what", KEPT)
async def test_what_is_kept_is_made_read_listed_changed_and_deleted(creator, what):
    sent, change = KEPT[what]
    made = await creator.post(f"/{what}", json=sent)
    assert made.status_code == 201, made.text
    path = f"/{what}/{made.json()['id']}"
    assert made.headers["location"] == f"/api/v1{path}"
    assert made.json() | sent == made.json()

    read = await creator.get(path)
    tag = read.headers["etag"]
    unchanged = await creator.get(path, headers={"If-None-Match": tag})
    changed = await creator.patch(path, json=change, headers={"If-Match": tag})
    stale = await creator.patch(path, json=change, headers={"If-Match": tag})

    assert (read.json(), unchanged.status_code) == (made.json(), 304)
    assert changed.json() | change == changed.json()
    assert (changed.status_code, stale.status_code) == (200, 412)
    listed = (await creator.get(f"/{what}")).json()
    assert (listed["total"], listed["items"]) == (1, [changed.json()])
    assert (await creator.delete(path)).status_code == 204
    assert (await creator.get(path)).status_code == 404


@pytest.mark.parametrize("what", KEPT)
async def test_nobody_sees_or_touches_what_a_stranger_keeps(creator, stranger, what):
    sent, change = KEPT[what]
    path = f"/{what}/{(await creator.post(f'/{what}', json=sent)).json()['id']}"

    answers = [await stranger.get(path), await stranger.patch(path, json=change), await stranger.delete(path)]

    assert {answer.status_code for answer in answers} == {404}
    assert (await stranger.get(f"/{what}")).json()["total"] == 0
    assert (await creator.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("what", "sent", "field"),
    [
        ("audiences", {"name": ""}, "name"),
        ("audiences", {"name": "A", "age_from": -1}, "age_from"),
        ("materials", {"kind": "rumour", "title": "T", "text": "x"}, "kind"),
        ("materials", {"kind": "story", "title": "T", "text": ""}, "text"),
        ("templates", {"name": "T", "settings": {"colour": "red"}}, "settings.colour"),
        ("templates", {"name": "T", "settings": {"target_minutes": 0}}, "settings.target_minutes"),
    ],
)
async def test_what_can_not_be_kept_is_400(creator, what, sent, field):
    answer = await creator.post(f"/{what}", json=sent)

    assert answer.status_code == 400, answer.text
    assert [item["field"] for item in answer.json()["extra"]] == [field]


def test_a_template_takes_every_field_of_a_new_project():
    assert set(TemplateSettings.__struct_fields__) == set(ProjectCreate.__struct_fields__)


async def test_a_projects_audience_is_one_of_its_owners(creator, stranger):
    mine = (await creator.post("/audiences", json={"name": "Adults"})).json()["id"]
    theirs = (await stranger.post("/audiences", json={"name": "Spies"})).json()["id"]
    made = await creator.post("/projects", json={"title": "T", "audience_id": mine})
    path = f"/projects/{made.json()['id']}"

    refused = [
        await creator.post("/projects", json={"title": "T", "audience_id": theirs}),
        await creator.patch(path, json={"audience_id": theirs}),
        await creator.post("/templates", json={"name": "T", "settings": {"audience_id": theirs}}),
    ]

    assert (made.status_code, made.json()["audience_id"]) == (201, mine)
    assert {answer.status_code for answer in refused} == {404}
    assert (await creator.patch(path, json={"audience_id": None})).json()["audience_id"] is None
    await creator.patch(path, json={"audience_id": mine})
    assert (await creator.delete(f"/audiences/{mine}")).status_code == 204
    assert (await creator.get(path)).json()["audience_id"] is None
