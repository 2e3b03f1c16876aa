"""Who did what to what, when and from where: kept, readable by operators, and changed by nobody."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.models import Role
from app.shared.audit import forget_person, record, sweep
from app.shared.http import Principal
from tests.conftest import PASSWORD, sign_up

NEW = "another horse, another battery"


async def told(operator, **wanted) -> list[dict]:
    answer = await operator.get("/admin/audit", params={"limit": 100, "sort_order": "asc", **wanted})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_what_people_and_operators_do_to_accounts_is_told_with_who_and_from_where(anonymous, operator):
    account = await sign_up(anonymous)
    mine = {"Authorization": f"Bearer {account['access_token']}"}

    async def post(path: str, headers=mine, **body) -> dict:
        answer = await anonymous.post(path, json=body, headers=headers)
        return answer.json() if answer.content else {}

    await post("/auth/login", email=account["email"], password="not the password")
    nobody = f"{uuid4().hex}@example.com"
    await post("/auth/login", email=nobody, password="not the password")
    key = await post("/users/me/api-keys", name="Import", scopes=["read"])
    await anonymous.delete(f"/users/me/api-keys/{key['id']}", headers=mine)
    await post("/users/me/password", current_password=PASSWORD, new_password=NEW)
    other = await post("/auth/login", email=account["email"], password=NEW)
    await post("/auth/refresh", refresh_token=account["refresh_token"])
    await post("/auth/refresh", refresh_token=account["refresh_token"])
    changed = await operator.patch(f"/users/{account['id']}", json={"monthly_budget_usd": "2.50", "role": "operator"})
    await post("/auth/logout", refresh_token=other["refresh_token"])
    assert changed.status_code == 200
    me = (await operator.get("/users/me")).json()["id"]

    of_it = await told(operator, target_id=account["id"])
    by_it = await told(operator, actor_id=account["id"])
    assert [(one["action"], one["actor_id"]) for one in of_it] == [
        ("user.registered", None), ("sign_in.made", account["id"]), ("sign_in.failed", None),
        ("password.changed", account["id"]), ("sign_in.made", account["id"]), ("sign_in.token_reused", None),
        ("user.changed", me),
    ]  # fmt: skip
    assert [one["action"] for one in by_it] == [
        "sign_in.made", "api_key.made", "api_key.revoked", "password.changed", "sign_in.made",
    ]  # fmt: skip
    assert {one["address"] for one in of_it + by_it} == {"127.0.0.1"}
    assert all(one["session_id"] for one in by_it)
    assert of_it[2]["details"] == {"reason": "wrong_credentials"}
    assert of_it[-1]["details"] == {
        "role": {"from": "creator", "to": "operator"}, "monthly_budget_usd": {"from": None, "to": "2.50"},
    }  # fmt: skip
    failed = await told(operator, action="sign_in.failed", sort_order="desc")
    assert failed[0]["target_id"] is None, "an e-mail that nobody has leaves no trace of itself"
    said = str([await told(operator), key["prefix"]])
    assert not any(secret in said for secret in (PASSWORD, NEW, key["key"], other["refresh_token"], nobody))


async def test_what_lets_data_out_is_told_and_addresses_by_their_host_alone(creator, operator):
    """A webhook's address may hold a secret."""
    me = (await creator.get("/users/me")).json()["id"]
    made = await creator.post("/webhooks", json={"url": "https://receiver.example.com/hook?token=hush"})
    path = f"/webhooks/{made.json()['id']}"
    await creator.patch(path, json={"active": False})
    await creator.post(f"{path}/secret")
    await creator.delete(path)
    await creator.delete(path)
    await creator.post("/users/me/exports")

    events = await told(operator, actor_id=me)

    assert [event["action"] for event in events if event["action"].startswith(("webhook.", "account."))] == [
        "webhook.created", "webhook.changed", "webhook.secret_rotated", "webhook.deleted", "account.exported",
    ]  # fmt: skip
    assert "receiver.example.com" in str(events)
    assert "hush" not in str(events)


async def test_the_log_is_read_by_time_and_by_operators_alone(operator, creator, anonymous):
    account = await sign_up(anonymous)
    first, second = await told(operator, target_id=account["id"])
    wanted = {"target_id": account["id"], "from": second["created_at"]}

    assert [one["id"] for one in await told(operator, **wanted)] == [second["id"]]
    assert [one["id"] for one in await told(operator, target_id=account["id"], to=second["created_at"])] == [
        first["id"]
    ]
    assert await told(operator, target_id=account["id"], to="2020-01-01T00:00:00") == []
    far = await operator.get("/admin/audit", params={"from": "0001-01-01T00:00:00+14:00"})
    assert (far.status_code, (await creator.get("/admin/audit")).status_code) == (400, 403)


async def test_an_operators_deed_on_a_job_is_told(operator, creator, project):
    added = await creator.post(
        f"/projects/{project}/sources",
        json={"title": "Tides", "role": "own", "kind": "text", "text": "The moon pulls."},
    )
    job = added.json()["job"]["id"]
    await operator.post(f"/admin/jobs/{job}/cancel")
    again = await operator.post(f"/admin/jobs/{job}/replay")
    await operator.post("/admin/drain", json={"kind": "nothing.of_this_kind", "off": True})
    me = (await operator.get("/users/me")).json()["id"]

    done = await told(operator, target_id=job)

    assert "job.replayed" in [one["action"] for one in done]
    assert {one["actor_id"] for one in done} == {me}
    assert done[-1]["details"]["made"] == again.json()["id"]
    assert "queue.drained" in [one["action"] for one in await told(operator, actor_id=me)]


async def test_what_is_rolled_back_is_not_told(creator, operator):
    me = (await creator.get("/users/me")).json()["id"]
    refused = await creator.post("/users/me/password", json={"current_password": "a guess at it", "new_password": NEW})

    assert refused.status_code == 403
    assert [one["action"] for one in await told(operator, actor_id=me)] == ["sign_in.made"]


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_events set action = 'nothing' where target_id = :id",
        "update audit_events set address = null, details = '{}' where target_id = :id",
        "delete from audit_events where target_id = :id",
        "truncate audit_events",
    ],
)
@pytest.mark.parametrize("purpose", ["", "erase", "sweep"])
async def test_the_database_itself_lets_nobody_change_an_event(resources, statement, purpose):
    who = uuid4()
    async with resources.db.transaction() as session:
        record(session, None, "test.done", ("user", who), address="192.0.2.7", note="kept")
    may_blank = purpose == "erase" and "address" in statement

    async def attempt() -> None:
        async with resources.db.transaction() as session:
            await session.execute(text("select set_config('strand.audit', :purpose, true)"), {"purpose": purpose})
            await session.execute(text(statement), {"id": who} if ":id" in statement else {})

    if may_blank:
        await attempt()
    else:
        with pytest.raises(DBAPIError, match="append-only"):
            await attempt()
    async with resources.db.transaction() as session:
        row = (await session.execute(text("select action, address from audit_events where target_id = :id"), {"id": who})).one()  # fmt: skip
    assert row == ("test.done", None if may_blank else "192.0.2.7")


async def test_old_events_go_when_their_time_has_come_and_no_others(resources):
    who = uuid4()
    async with resources.db.transaction() as session:
        for days in (0, 399, 401, 402):
            aged = "insert into audit_events (id, created_at, action, target_id) values (:id, now() - make_interval(days => :days), 'test.aged', :who)"
            await session.execute(text(aged), {"id": uuid4(), "days": days, "who": who})
    async with resources.db.transaction() as session:
        gone = [await sweep(session, 400, 1), await sweep(session, 400, 1), await sweep(session, 400, 1)]
        left = await session.scalar(text("select count(*) from audit_events where target_id = :who"), {"who": who})

    assert (gone, left) == ([1, 1, 0], 2)


async def test_an_erased_account_leaves_its_events_without_its_personal_data(creator, operator, resources):
    me = (await creator.get("/users/me")).json()["id"]
    await creator.post("/users/me/api-keys", json={"name": "Import", "scopes": ["read"]})
    budget = await operator.patch(f"/users/{me}", json={"monthly_budget_usd": "3"})
    erased = await creator.request("DELETE", "/users/me", json={"password": PASSWORD})
    assert (budget.status_code, erased.status_code) == (200, 204)

    of_it, by_it = await told(operator, target_id=me), await told(operator, actor_id=me)

    assert by_it[-1]["action"] == "user.erased"
    assert {(one["address"], str(one["details"])) for one in by_it} == {(None, "{}")}
    assert [one["action"] for one in of_it if one["address"]] == ["user.changed"], "the operator's own deed"
    stranger = Principal(uuid4(), Role.CREATOR, None, address="192.0.2.9")
    async with resources.db.transaction() as session:
        record(session, stranger, "test.done", ("user", stranger.id))
        await forget_person(session, UUID(me))
    assert (await told(operator, actor_id=str(stranger.id)))[0]["address"] == "192.0.2.9"


async def test_events_of_sign_ins_that_happen_together_are_all_kept(anonymous, operator):
    account = await sign_up(anonymous)
    login = {"email": account["email"], "password": PASSWORD}
    answers = await asyncio.gather(*(anonymous.post("/auth/login", json=login) for _ in range(6)))

    assert {one.status_code for one in answers} == {200}
    made = await told(operator, actor_id=account["id"], action="sign_in.made")
    assert len({one["session_id"] for one in made}) == 7
