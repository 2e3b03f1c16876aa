"""Cells 13 and 14: what a provider can do to us, and what owners can do to each other."""

import threading
import time
from typing import Any

import httpx
import pytest

from tests.faults.harness import Stage
from tests.faults.invariants import check


def calls(stage: Stage, job_id: str) -> list[str]:
    return [
        row["state"] for row in stage.sql("select state from model_calls where job_id = $1 order by sent_at", job_id)
    ]


def rule(do: str, times: int | None = 1, **action: Any) -> dict[str, Any]:
    return {"times": times, "action": {"do": do, **action}}


def test_13_a_rate_limit_is_waited_for_by_all_workers_and_uses_no_attempt(stage: Stage):
    stage.provider.script(rule("status", status=429, headers={"retry-after": "2"}))
    stage.start_workers(2)
    first = stage.ask(sections=1)
    stage.until(lambda: "waiting for the provider" in (stage.job(first)["stage"] or ""), "it waits")
    for _ in range(4):
        stage.ask(sections=1)
    check(stage)

    times = sorted(record["time"] for record in stage.provider.log())
    assert times[1] - times[0] >= 2, "somebody called while the lane was closed"
    assert len(times) == 6


def test_13_thirty_percent_errors_end_well(stage: Stage):
    stage.provider.script({"times": None, "share": 0.3, "seed": 7, "action": {"do": "status", "status": 500}})
    stage.start_workers(2)
    for _ in range(10):
        stage.ask(sections=3)

    check(stage, attempts=True)


@pytest.mark.parametrize(
    ("name", "action"),
    [("hang", {"seconds": 20}), ("reset", {}), ("drip", {"seconds": 20})],
)
def test_13_an_answer_that_never_comes_is_unknown_and_repeated_once(stage: Stage, name: str, action: dict[str, Any]):
    stage.provider.script(rule(name, **action))
    stage.start_worker(PROVIDER_TIMEOUT_SECONDS="2")
    job_id = stage.ask(sections=2)

    check(stage, attempts=True)
    assert calls(stage, job_id) == ["unknown", "done", "done"]


def test_13_a_step_is_repeated_twice_at_most_when_outcomes_are_unknown(stage: Stage):
    stage.provider.script(rule("reset", times=None))
    stage.start_worker()
    job_id = stage.ask(sections=2)

    assert stage.ended(job_id)["error"]["code"] == "provider_outcome_unknown"
    assert calls(stage, job_id) == ["unknown"] * 3
    check(stage, failed=1, attempts=True)


def test_13_a_refused_key_closes_the_lane_and_uses_no_attempt(stage: Stage):
    stage.start_workers(2)
    stage.workers_up(2)
    stage.provider.script({"times": None, "until": 4.0, "action": {"do": "status", "status": 401}})
    for _ in range(4):
        stage.ask(sections=2)

    check(stage)
    refused = [record for record in stage.provider.log() if record.get("status") == 401]
    assert 1 <= len(refused) <= 12, "the lane was not closed"


def test_13_invalid_json_twice_is_repaired_and_then_tried_again(stage: Stage):
    stage.provider.script(rule("invalid", times=2))
    stage.start_worker()
    job_id = stage.ask(sections=1)

    check(stage, attempts=True, bad_answers=2)
    assert calls(stage, job_id) == ["done", "done", "done"]


def test_13_invalid_json_for_ever_fails_after_two_repairs(stage: Stage):
    stage.provider.script(rule("invalid", times=None))
    stage.start_worker()
    job_id = stage.ask(sections=1)

    assert stage.ended(job_id)["error"]["code"] == "bad_model_answer"
    assert calls(stage, job_id) == ["done"] * 4
    check(stage, failed=1, attempts=True, bad_answers=4)


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({"do": "status", "status": 400}, "provider_refused"),
        ({"do": "refuse"}, "provider_declined"),
        ({"do": "truncate"}, "answer_too_long"),
        ({"do": "too_long"}, "context_too_long"),
    ],
)
def test_13_what_would_be_refused_again_fails_at_once_with_a_sentence(stage: Stage, action: dict[str, Any], code: str):
    stage.provider.script({"times": None, "action": action})
    stage.start_worker()
    job_id = stage.ask(sections=1)

    error = stage.ended(job_id)["error"]

    assert error["code"] == code
    assert error["message"][0].isupper()
    assert len(stage.provider.log()) == 1
    check(stage, failed=1)


def test_13_a_provider_that_is_down_is_waited_for(stage: Stage):
    stage.provider.stop()
    stage.start_worker()
    job_id = stage.ask(sections=2)
    stage.until(lambda: "waiting for the provider" in (stage.job(job_id)["stage"] or ""), "it waits")
    stage.provider.start()

    check(stage)


def test_14_small_owners_are_not_held_up_by_one_with_many_jobs_and_limits_hold(stage: Stage):
    stage.slow(0.05)
    stage.start_workers(2, OWNER_MAX_RUNNING="3")
    stage.at_once([lambda: [stage.ask(sections=1) for _ in range(50)]] * 5)
    over, worst = threading.Event(), []

    def watch() -> None:
        while not over.wait(0.05):
            rows = stage.sql("select owner_id, count(*)::int as n from jobs where status = 'running' group by 1")
            worst.append(max((row["n"] for row in rows), default=0))

    watching = threading.Thread(target=watch)
    watching.start()
    small = [httpx.Client(base_url=stage.client.base_url, timeout=30) for _ in range(5)]
    projects = [stage.sign_up(client) for client in small]
    began = time.monotonic()
    asked = [
        (client, stage.ask(client=client, project=project, sections=1))
        for client, project in zip(small, projects, strict=True)
        for _ in range(10)
    ]
    for client, job_id in asked:
        stage.ended(job_id, client=client)
    small_took = time.monotonic() - began
    left = stage.sql("select count(*)::int as n from jobs where status in ('queued', 'running')")[0]["n"]
    stage.accepted = [job_id for job_id in stage.accepted if job_id not in {job for _, job in asked}]
    stage.until(lambda: not stage.sql("select 1 from jobs where status in ('queued', 'running') limit 1"), "all is done", 120)  # fmt: skip
    over.set()
    watching.join()

    assert left >= 50, f"the small ones waited for the big one: {small_took:.1f} s"
    assert max(worst) <= 3
    check(stage)
