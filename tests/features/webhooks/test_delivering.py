"""What a receiver gets: signed, at least once, for days; and when it gets no more."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from app.features.webhooks import upkeep
from app.shared.jobs import TASKS
from app.shared.outbox import publish
from tests.conftest import add_text, finished
from tests.features.safety.scripts import check, section, write_script
from tests.features.webhooks.receiver import answer

WORDS = "A secret sentence about quillfeathers that nobody else may read, long enough to be a source of its own."


async def test(creator, webhook) -> dict:
    sent = await creator.post(f"/webhooks/{webhook['id']}/test")
    assert sent.status_code == 202, sent.text
    return sent.json()


test.__test__ = False


async def deliveries(creator, webhook, **params) -> list[dict]:
    listed = await creator.get(f"/webhooks/{webhook['id']}/deliveries", params=params)
    assert listed.status_code == 200, listed.text
    return listed.json()["items"]


async def settled(creator, webhook) -> dict:
    """The newest delivery, once it has arrived or failed."""
    for _ in range(500):
        newest = (await deliveries(creator, webhook, limit=1))[0]
        if newest["status"] != "pending":
            return newest
        await asyncio.sleep(0.02)
    raise AssertionError(newest)


async def test_the_end_of_a_job_is_told_once_signed_as_the_standard_says_and_without_anybodys_words(
    creator, project, webhook, receiver, worker
):
    source = await add_text(creator, project, WORDS, "Quillfeathers")
    (got,) = await receiver.gets(1)
    (delivery,) = [await settled(creator, webhook)]
    (job,) = (await creator.get("/jobs")).json()["items"]

    told = Verifier(webhook["secret"]).verify(got.body, got.headers)
    assert set(told) == {"type", "timestamp", "data"}
    assert told["type"] == "job.succeeded"
    assert told["data"] == {
        "id": job["id"], "kind": "sources.ingest_source", "status": "succeeded", "project_id": project,
        "result": {"type": "source", "id": source["id"]}, "error": None,
        "created_at": told["data"]["created_at"], "finished_at": told["data"]["finished_at"],
    }  # fmt: skip
    assert b"uillfeather" not in got.body
    assert got.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook["secret"]).verify(got.body + b" ", got.headers)
    assert delivery == {
        **delivery, "event_id": got.headers["webhook-id"], "event_type": "job.succeeded", "status": "delivered",
        "attempts": 1, "response_status": 200, "error": None, "next_attempt_at": None,
    }  # fmt: skip
    assert UUID(delivery["id"]).version == 7
    assert job["kind"] == "sources.ingest_source", "a delivery tells of no delivery, and is in no list of jobs"
    of_deliveries = (await creator.get("/jobs", params={"kind": "webhooks.deliver"})).json()["items"]
    assert [one["result"] for one in of_deliveries] == [{"type": "webhook_delivery", "id": delivery["id"]}]


async def test_failed_and_cancelled_jobs_are_told_and_what_nobody_asked_for_is_not(
    creator, project, receiver, resources, worker
):
    wanted = ["job.failed", "job.cancelled"]
    await creator.post("/webhooks", json={"url": receiver.url, "events": wanted})
    user = (await creator.get("/users/me")).json()["id"]
    insert = """insert into jobs (id, owner_id, kind, input, status, run_at, max_attempts, deadline_at, code_version)
      values (gen_random_uuid(), :owner, 'safety.check_script', '{}', 'queued', now() + interval '1 day', 6, :deadline, 'x')
      returning id"""
    async with resources.db.transaction() as session:
        late = await session.scalar(text(insert), {"owner": user, "deadline": datetime.now(UTC)})
        unwanted = await session.scalar(text(insert), {"owner": user, "deadline": None})
    await add_text(creator, project, WORDS)
    cancelled = await creator.post(f"/jobs/{unwanted}/cancel")
    assert cancelled.status_code == 202

    got = {one.event["type"]: one.event["data"] for one in await receiver.gets(2)}

    assert set(got) == set(wanted)
    assert (got["job.cancelled"]["id"], got["job.failed"]["id"]) == (str(unwanted), str(late))
    assert got["job.failed"]["error"] == {"code": "deadline", "retryable": True}
    assert len(receiver.got) == 2


async def test_a_finished_safety_check_and_an_answered_finding_are_told_in_counts_and_states(
    creator, project, receiver, resources, worker
):
    wanted = ["safety_check.completed", "safety_finding.updated"]
    await creator.post("/webhooks", json={"url": receiver.url, "events": wanted})
    script = await write_script(resources, creator, project, section("Use my code NELL for 20% off at Brasswork."))
    report = await check(creator, script)
    (completed,) = [one.event for one in await receiver.gets(1)]
    path = f"/safety-checks/{report['id']}/findings/{report['findings'][0]['id']}"
    for _ in range(2):  # an answer that changes nothing is nothing new
        answered = await creator.patch(path, json={"status": "dismissed", "note": WORDS})
        assert answered.status_code == 200, answered.text
    updated = (await receiver.gets(2))[1].event

    found = len(report["findings"])
    assert completed["type"] == "safety_check.completed"
    assert completed["data"] == {
        "id": report["id"], "script_id": script, "version": 1, "verdict": report["verdict"], "findings": found,
        "open_findings": found,
    }  # fmt: skip
    assert updated["type"] == "safety_finding.updated"
    assert (updated["data"]["id"], updated["data"]["status"]) == (report["findings"][0]["id"], "dismissed")
    assert b"NELL" not in receiver.got[0].body + receiver.got[1].body
    assert len(receiver.got) == 2


async def test_what_fails_is_tried_again_under_the_same_id_with_a_new_signature_and_then_given_up(
    creator, webhook, receiver, worker
):
    receiver.answers = [answer(500), answer(429, "Retry-After: 0"), answer(200, body=b"x" * 5000)]
    await test(creator, webhook)
    got = list(await receiver.gets(3))
    delivered = await settled(creator, webhook)

    assert len({one.headers["webhook-id"] for one in got}) == 1
    assert len({one.body for one in got}) == 1
    for one in got:
        assert Verifier(webhook["secret"]).verify(one.body, one.headers)["type"] == "webhook.test"
    assert (delivered["status"], delivered["attempts"]) == ("delivered", 3)
    assert (await creator.get(f"/webhooks/{webhook['id']}")).json()["failing_since"] is None

    receiver.answers = [answer(503)] * 3
    job = await finished(creator, await test(creator, webhook))
    failed = await settled(creator, webhook)
    again = await creator.get(f"/webhooks/{webhook['id']}")

    assert (job["status"], job["error"]["code"]) == ("failed", "delivery_failed")
    assert (failed["status"], failed["attempts"], failed["response_status"]) == ("failed", 3, 503)
    assert failed["error"] == "The answer was 503."
    assert again.json()["failing_since"] is not None
    assert again.json()["active"] is True
    assert [one["id"] for one in await deliveries(creator, webhook, status="failed")] == [failed["id"]]


async def test_a_replay_sends_the_same_event_once_for_each_key_and_not_while_it_is_on_its_way(
    creator, webhook, receiver, worker
):
    await test(creator, webhook)
    first = await settled(creator, webhook)
    path = f"/webhooks/{webhook['id']}/deliveries/{first['id']}/replay"
    receiver.hold = asyncio.Event()

    replayed = await creator.post(path, headers={"Idempotency-Key": "again"})
    await receiver.gets(2)
    on_its_way = await creator.post(path)
    same = await creator.post(path, headers={"Idempotency-Key": "again"})
    receiver.hold.set()
    job = await finished(creator, replayed.json())

    assert replayed.status_code == 202
    assert replayed.headers["location"] == f"/api/v1/jobs/{replayed.json()['id']}"
    assert (on_its_way.status_code, on_its_way.json()["code"]) == (409, "delivery_pending")
    assert same.json()["id"] == replayed.json()["id"]
    assert job["result"] == {"type": "webhook_delivery", "id": first["id"]}
    assert len({(one.headers["webhook-id"], one.body) for one in receiver.got}) == 1
    assert len(receiver.got) == 2


async def test_a_rotated_secret_signs_beside_the_one_before_it_for_a_day(creator, webhook, receiver, resources, worker):
    rotated = (await creator.post(f"/webhooks/{webhook['id']}/secret")).json()
    await test(creator, webhook)
    (both,) = await receiver.gets(1)
    async with resources.db.transaction() as session:
        over = "update webhooks set previous_until = now() - interval '1 second' where id = :id"
        await session.execute(text(over), {"id": webhook["id"]})
    await settled(creator, webhook)
    await test(creator, webhook)
    new = (await receiver.gets(2))[1]
    await upkeep.keep_up(resources)
    async with resources.db.transaction() as session:
        kept = "select sealed_secret, previous_sealed_secret from webhooks where id = :id"
        sealed, previous = (await session.execute(text(kept), {"id": webhook["id"]})).one()

    until_when = datetime.fromisoformat(rotated["previous_secret_until"])
    assert timedelta(hours=23) < until_when - datetime.now(UTC) < timedelta(hours=25)
    assert rotated["secret"] != webhook["secret"]
    assert len(both.headers["webhook-signature"].split()) == 2
    for secret in (webhook["secret"], rotated["secret"]):
        Verifier(secret).verify(both.body, both.headers)
    Verifier(rotated["secret"]).verify(new.body, new.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook["secret"]).verify(new.body, new.headers)
    assert previous is None
    assert rotated["secret"] not in sealed


async def test_a_receiver_that_is_gone_or_fails_for_days_is_switched_off_and_its_owner_sees_why(
    creator, webhook, receiver, resources, worker
):
    receiver.answers = [answer(410)]
    await test(creator, webhook)
    gone = await settled(creator, webhook)
    off = (await creator.get(f"/webhooks/{webhook['id']}")).json()
    refused = await creator.post(f"/webhooks/{webhook['id']}/test")
    on = await creator.patch(f"/webhooks/{webhook['id']}", json={"active": True})

    assert (gone["status"], gone["attempts"], gone["response_status"]) == ("failed", 1, 410)
    assert (off["active"], off["disabled_reason"]) == (False, "The receiver answered 410: it wants no more.")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_off")
    assert (on.json()["active"], on.json()["disabled_reason"], on.json()["failing_since"]) == (True, None, None)

    async with resources.db.transaction() as session:
        long = "update webhooks set failing_since = now() - interval '5 days 1 minute' where id = :id"
        await session.execute(text(long), {"id": webhook["id"]})
    receiver.answers = [answer(500)]
    await test(creator, webhook)
    assert (await settled(creator, webhook))["status"] == "failed"
    off = (await creator.get(f"/webhooks/{webhook['id']}")).json()
    assert (off["active"], off["disabled_reason"]) == (
        False,
        "Every delivery has failed for 5 days; the last: The answer was 500.",
    )


async def test_slow_receivers_hold_up_none_of_their_owners_jobs(creator, project, webhook, receiver, resources, worker):
    receiver.hold, most = asyncio.Event(), resources.settings.owner_max_running
    for _ in range(most + 1):
        await test(creator, webhook)
    await receiver.gets(most)
    source = await add_text(creator, project, WORDS)
    running = await creator.get("/jobs", params={"kind": "webhooks.deliver", "status": "running"})
    receiver.hold.set()
    await receiver.gets(most + 2)

    assert source["status"] == "ready"
    assert running.json()["total"] == most, "they have a limit of their own"


async def test_a_receiver_that_gives_no_answer_is_left_alone_for_a_while_but_for_tests(
    creator, webhook, receiver, resources, worker
):
    async with resources.db.transaction() as session:
        rest = "update webhooks set resting_until = now() + interval '1 minute' where id = :id"
        await session.execute(text(rest), {"id": webhook["id"]})
        owner = await session.scalar(text("select owner_id from webhooks where id = :id"), {"id": webhook["id"]})
        await publish(session, owner, "job.failed", f"job {webhook['id']}", {})
    await test(creator, webhook)
    (got,) = await receiver.gets(1)
    waiting = (await creator.get("/jobs", params={"kind": "webhooks.deliver", "status": "queued"})).json()["items"]

    assert got.event["type"] == "webhook.test"
    assert "doesn't answer just now" in waiting[0]["stage"]
    assert (await creator.get(f"/webhooks/{webhook['id']}")).json()["active"] is True


async def test_a_delivery_whose_run_was_lost_on_the_way_is_sent_again_under_the_same_id(
    creator, webhook, receiver, resources, worker
):
    """As the reaper puts it back when its worker is dead: what the receiver answered the first run is never known."""
    receiver.hold = asyncio.Event()
    job = await test(creator, webhook)
    await receiver.gets(1)
    async with resources.db.transaction() as session:
        lost = "update jobs set status = 'queued', crashes = 1, lease_until = null, worker = null where id = :id"
        await session.execute(text(lost), {"id": job["id"]})
    await receiver.gets(2)
    receiver.hold.set()
    done = await finished(creator, job)

    assert done["status"] == "succeeded"
    assert len({(one.headers["webhook-id"], one.body) for one in receiver.got}) == 1
    assert (await settled(creator, webhook))["status"] == "delivered"


async def test_the_database_and_the_tasks_agree_on_what_runs_aside(resources):
    async with resources.db.transaction() as session:
        for name, task in TASKS.items():
            assert await session.scalar(text("select job_aside(:kind)"), {"kind": name}) is task.aside, name
