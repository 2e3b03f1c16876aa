"""Webhooks as their owners handle them."""

import asyncio
from contextlib import suppress
from uuid import UUID, uuid4

from sqlalchemy import text

from app.features.webhooks import upkeep
from app.shared.outbox import publish

URL = "https://hooks.example.com/strand"


async def test_a_webhook_shows_its_secret_once_and_changes_under_its_etag(creator, stranger, resources):
    made = await creator.post("/webhooks", json={"url": URL, "events": ["job.failed"], "description": "For the board"})
    webhook, path = made.json(), f"/webhooks/{made.json()['id']}"
    first = await creator.get(path)
    changed = await creator.patch(
        path, json={"events": None, "active": False}, headers={"If-Match": first.headers["etag"]}
    )
    stale = await creator.patch(path, json={"active": True}, headers={"If-Match": first.headers["etag"]})
    stale_secret = await creator.post(f"{path}/secret", headers={"If-Match": first.headers["etag"]})
    unchanged = await creator.get(path, headers={"If-None-Match": changed.headers["etag"]})
    listed = (await creator.get("/webhooks")).json()
    async with resources.db.transaction() as session:
        stored = await session.scalar(text("select webhooks::text from webhooks where id = :id"), {"id": webhook["id"]})

    assert made.status_code == 201
    assert made.headers["location"] == f"/api/v1{path}"
    assert webhook["secret"].startswith("whsec_")
    assert first.json() == {name: value for name, value in webhook.items() if name != "secret"}
    assert webhook["secret"].removeprefix("whsec_") not in stored
    assert (changed.json()["events"], changed.json()["active"]) == ([], False)
    assert changed.json()["description"] == "For the board"
    assert (stale.status_code, stale_secret.status_code, unchanged.status_code) == (412, 412, 304)
    assert (listed["total"], listed["items"]) == (1, [changed.json()])
    for method, way in (("GET", path), ("DELETE", path), ("POST", f"{path}/test"), ("GET", f"{path}/deliveries")):
        assert (await stranger.request(method, way)).status_code == 404
    assert (await creator.delete(path)).status_code == 204
    assert (await creator.get(path)).status_code == 404


async def test_an_address_that_nothing_can_be_sent_to_is_refused(creator):
    urls = [
        "ftp://hooks.example.com/",
        "https://me:secret@hooks.example.com/",
        "https:///",
        "http://127.0.0.1:0x50/",
        "x",
    ]
    for url in urls:
        refused = await creator.post("/webhooks", json={"url": url})

        assert (refused.status_code, refused.json()["code"]) == (422, "url_not_allowed"), url
        assert refused.json()["extra"][0]["field"] == "url"


async def test_unknown_events_are_refused_and_there_are_at_most_twenty_webhooks(creator):
    unknown = await creator.post("/webhooks", json={"url": URL, "events": ["job.exploded"]})
    many = await asyncio.gather(*(creator.post("/webhooks", json={"url": URL}) for _ in range(22)))

    assert unknown.status_code == 400
    assert sorted(one.status_code for one in many) == [201] * 20 + [422] * 2


async def test_an_event_is_published_with_its_transaction_once_and_to_those_who_want_it(creator, resources):
    user = UUID((await creator.get("/users/me")).json()["id"])
    wanting, off, other = [
        (await creator.post("/webhooks", json={"url": URL, "events": [event]})).json()["id"]
        for event in ("safety_check.completed", "safety_check.completed", "job.failed")
    ]
    await creator.patch(f"/webhooks/{off}", json={"active": False})
    happened = f"check {uuid4()}"

    with suppress(ZeroDivisionError):
        async with resources.db.transaction() as session:
            await publish(session, user, "safety_check.completed", f"check {uuid4()}", {})
            raise ZeroDivisionError
    for _ in range(2):
        async with resources.db.transaction() as session:
            await publish(session, user, "safety_check.completed", happened, {"findings": 3})
    counts = [(await creator.get(f"/webhooks/{one}/deliveries")).json()["total"] for one in (wanting, off, other)]
    async with resources.db.transaction() as session:
        old = "update webhook_deliveries set status = 'failed', created_at = now() - interval '31 days' where webhook_id = :id"
        await session.execute(text(old), {"id": wanting})
    await upkeep.keep_up(resources)
    kept = (await creator.get(f"/webhooks/{wanting}/deliveries")).json()["total"]

    assert counts == [1, 0, 0]
    assert kept == 0


async def test_an_erased_account_leaves_no_webhook_and_no_delivery(creator, webhook, resources):
    user = (await creator.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        await publish(session, UUID(user), "job.failed", f"job {uuid4()}", {})

    erased = await creator.request("DELETE", "/users/me", json={"password": "correct horse battery"})

    assert erased.status_code == 204
    async with resources.db.transaction() as session:
        for table, column in (("webhooks", "id"), ("webhook_deliveries", "webhook_id")):
            left = text(f"select count(*) from {table} where {column} = :id")
            assert await session.scalar(left, {"id": webhook["id"]}) == 0
