"""What operators see and do; what nobody else may."""

import asyncio
from types import SimpleNamespace
from uuid import uuid4

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from app import cli
from app.pages import may_read_metrics
from tests.conftest import finished
from tests.features.jobs.test_jobs import running, start

ADMIN = [
    ("GET", "/admin/jobs"), ("GET", "/admin/jobs/{id}"), ("POST", "/admin/jobs/{id}/cancel"),
    ("POST", "/admin/jobs/{id}/retry"), ("POST", "/admin/jobs/{id}/replay"), ("GET", "/admin/workers"),
    ("GET", "/admin/audit"), ("GET", "/admin/lanes"), ("DELETE", "/admin/lanes/openai"), ("POST", "/admin/drain"), ("GET", "/users"),
    ("PATCH", "/users/{id}"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ADMIN)
async def test_creators_may_do_nothing_of_an_operators(creator, method, path):
    answer = await creator.request(method, path.format(id=uuid4()), json={} if method in {"POST", "PATCH"} else None)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.usefixtures("worker")
async def test_an_operator_sees_everybodys_jobs_and_why_they_are_where_they_are(operator, creator, project):
    job = await finished(creator, await start(creator, project))
    me = (await creator.get("/users/me")).json()["id"]

    listed = (await operator.get("/admin/jobs", params={"owner_id": me})).json()
    story = (await operator.get(f"/admin/jobs/{job['id']}")).json()

    assert [one["id"] for one in listed["items"]] == [job["id"]]
    assert listed["items"][0]["owner_id"] == me
    assert story["because"] == "It has succeeded after 1 starts and 0 crashes"
    assert story["events"][0]["what"] == "status"
    assert story["events"][-1]["what"] == "end"


async def test_a_paused_kind_is_not_begun_until_it_is_let_go(operator, creator, project, worker):
    assert (await operator.post("/admin/drain", json={"kind": "sources.ingest_source"})).json()["paused"] == [
        "sources.ingest_source"
    ]
    try:
        job = await start(creator, project)
        await asyncio.sleep(1.5)
        waiting = (await operator.get(f"/admin/jobs/{job['id']}")).json()
    finally:
        off = await operator.post("/admin/drain", json={"kind": "sources.ingest_source", "off": True})

    assert waiting["job"]["status"] == "queued"
    assert "paused" in waiting["because"]
    assert off.json()["paused"] == []
    assert (await finished(creator, job))["status"] == "succeeded"


@pytest.mark.usefixtures("worker")
async def test_a_replay_runs_the_same_input_again_as_a_new_job_of_the_same_owner(operator, creator, project):
    job = await finished(creator, await start(creator, project))

    again = await operator.post(f"/admin/jobs/{job['id']}/replay")

    assert again.status_code == 202
    assert again.json()["id"] != job["id"]
    assert (await finished(creator, again.json()))["result"] == job["result"]


async def test_an_operator_cancels_and_retries_a_creators_job(operator, creator, project, worker):
    await operator.post("/admin/drain", json={})
    try:
        job = await start(creator, project)
        cancelled = await operator.post(f"/admin/jobs/{job['id']}/cancel")
        twice = await operator.post(f"/admin/jobs/{job['id']}/cancel")
    finally:
        await operator.post("/admin/drain", json={"off": True})
    retried = await operator.post(f"/admin/jobs/{job['id']}/retry")

    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    assert twice.status_code == 409
    assert retried.status_code == 202
    assert (await finished(creator, job))["status"] == "succeeded"


async def test_workers_are_listed_with_what_they_know(operator, worker):
    await asyncio.sleep(0.1)
    workers = (await operator.get("/admin/workers")).json()["items"]

    mine = next(one for one in workers if one["name"] == worker.store.worker)
    assert mine["alive"] is True
    assert "sources.ingest_source" in mine["kinds"]


async def test_a_paused_lane_is_shown_and_can_be_opened(operator, resources):
    async with resources.db.transaction() as session:
        await session.execute(
            text(
                "insert into provider_lanes (provider, model, paused_until, code, reason)"
                " values ('acme', '', now() + interval '1 h', 'provider_key_refused', 'The key is refused.')"
            )
        )
    lanes = (await operator.get("/admin/lanes")).json()["items"]

    assert [(lane["provider"], lane["code"]) for lane in lanes] == [("acme", "provider_key_refused")]
    assert (await operator.delete("/admin/lanes/acme")).status_code == 204
    assert (await operator.delete("/admin/lanes/acme")).status_code == 404


@pytest.mark.usefixtures("worker")
async def test_metrics_tell_of_the_queue_durations_and_ends(creator, project, server, worker):
    await finished(creator, await start(creator, project))
    await worker.resources.metrics.write(worker.resources.db)

    answer = await creator.get(f"{server}/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert families["strand_workers"].samples[0].value >= 1
    ended = {(s.labels["kind"], s.labels["status"]): s.value for s in families["strand_jobs_ended"].samples}
    assert ended["sources.ingest_source", "succeeded"] >= 1
    seconds = [s for s in families["strand_job_seconds"].samples if s.labels.get("kind") == "sources.ingest_source"]
    assert next(s.value for s in seconds if s.labels.get("le") == "+Inf") >= 1
    assert next(s.value for s in seconds if s.name.endswith("_sum")) > 0


@pytest.mark.parametrize(
    ("token", "production", "sent", "host", "may"),
    [
        (None, False, "", "127.0.0.1", True),
        (None, False, "", "10.0.0.7", False),
        (None, True, "", "127.0.0.1", False),
        ("secret", True, "Bearer secret", "10.0.0.7", True),
        ("secret", True, "Bearer other", "127.0.0.1", False),
        ("secret", True, "Bearer s\u00e9cret", "127.0.0.1", False),
        ("secret", False, "", "127.0.0.1", False),
    ],
)
def test_metrics_are_for_those_with_the_token_or_on_this_machine(settings, token, production, sent, host, may):
    request = SimpleNamespace(headers={"authorization": sent}, client=SimpleNamespace(host=host))

    given = msgspec.structs.replace(
        settings, metrics_token=token, app_env="production" if production else "development"
    )

    assert may_read_metrics(request, given) is may


async def test_health_says_how_many_workers_live_and_how_old_the_oldest_job_is(anonymous, creator, operator, project, worker):  # fmt: skip
    await operator.post("/admin/drain", json={})
    try:
        job = await start(creator, project)
        await asyncio.sleep(0.3)
        health = (await anonymous.get("/health")).json()
    finally:
        await operator.post("/admin/drain", json={"off": True})

    assert health["services"]["workers"] == "healthy"
    assert health["queue"]["workers_alive"] >= 1
    assert health["queue"]["queued"] >= 1
    assert health["queue"]["oldest_queued_seconds"] >= 0.2
    await finished(creator, job)


async def test_an_operator_changes_a_budget_and_cannot_lock_itself_out(operator, creator):
    me = (await operator.get("/users/me")).json()["id"]
    other = (await creator.get("/users/me")).json()["id"]

    changed = await operator.patch(f"/users/{other}", json={"monthly_budget_usd": "12.50"})
    refused = await operator.patch(f"/users/{me}", json={"role": "creator"})
    absurd = await operator.patch(f"/users/{other}", json={"monthly_budget_usd": "-1"})

    assert (changed.status_code, changed.json()["monthly_budget_usd"]) == (200, "12.50")
    assert (await creator.get(f"/users/{other}")).json()["monthly_budget_usd"] == "12.50"
    assert (await creator.get(f"/users/{me}")).status_code == 404
    assert (refused.status_code, refused.json()["code"]) == (409, "own_account")
    assert absurd.status_code == 400


async def test_an_account_that_is_closed_is_signed_out(operator, creator):
    other = (await creator.get("/users/me")).json()["id"]

    assert (await operator.patch(f"/users/{other}", json={"is_active": False})).status_code == 200

    assert (await creator.get("/users/me")).status_code == 401


class TestCommands:
    """`strand jobs`, `strand workers` and `strand audit`, on the run's own database."""

    @pytest.fixture
    def strand(self, settings, monkeypatch, capsys):
        for name in ("DATABASE_URL", "SECRET_KEY", "STRAND_HOME"):
            monkeypatch.setenv(name, str(getattr(settings, name.lower())))

        async def run(*arguments: str) -> tuple[int, str]:
            code = await asyncio.to_thread(cli.main, arguments)
            return code, capsys.readouterr().out

        return run

    async def test_jobs_are_listed_explained_cancelled_retried_and_replayed(self, strand, creator, project, worker):
        assert (await strand("jobs", "drain", "--no-wait"))[0] == 0
        job = await start(creator, project)
        listed = await strand("jobs", "list", "--status", "queued")
        why = await strand("jobs", "why", job["id"])
        cancelled = await strand("jobs", "cancel", job["id"])
        begun = await strand("jobs", "drain", "--off")
        retried = await strand("jobs", "retry", job["id"])
        assert (await finished(creator, job))["status"] == "succeeded"
        replayed = await strand("jobs", "replay", job["id"])
        drained = await strand("jobs", "drain")
        told = await strand("audit", "--target", job["id"])
        await strand("jobs", "drain", "--off")

        assert listed[0] == why[0] == cancelled[0] == retried[0] == replayed[0] == drained[0] == 0
        assert job["id"] in listed[1]
        assert "An operator paused jobs of its kind" in why[1]
        assert f"{job['id']} is cancelled." in cancelled[1]
        assert "Jobs begin again" in begun[1]
        assert "goes on from its last finished step" in retried[1]
        assert "again from the start" in replayed[1]
        deeds = [line.split()[2] for line in told[1].splitlines() if "from command line" in line]
        assert deeds == ["job.replayed", "job.retried", "job.cancelled"]

    async def test_a_drain_of_one_kind_waits_for_no_other(self, strand, creator, resources):
        me = (await creator.get("/users/me")).json()["id"]
        async with running(resources, me):
            drained = await asyncio.wait_for(strand("jobs", "drain", "--kind", "accounts.send_mail"), 30)
            told = await strand("jobs", "drain", "--kind", "none.at_all", "--no-wait")
        await strand("jobs", "drain", "--off")

        assert drained[0] == told[0] == 0
        assert "0 still run" in drained[1]
        assert "1 still run" in told[1]

    async def test_workers_are_shown_with_what_is_paused(self, strand, worker):
        code, said = await strand("workers")

        assert code == 0
        assert worker.store.worker in said

    async def test_an_unknown_job_is_one_sentence_and_exit_code_2(self, strand, capsys):
        code, _ = await strand("jobs", "why", str(uuid4()))

        assert code == 2
        assert (await strand("jobs", "why", "nonsense"))[0] == 2
