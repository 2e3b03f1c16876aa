import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from app.features.memory.preferences import rules_for
from app.features.memory.schemas import TemplateSettings
from app.features.projects.schemas import ProjectCreate


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
