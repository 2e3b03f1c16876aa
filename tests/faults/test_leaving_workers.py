"""Cells 9 to 12: workers that are told to leave, that freeze, bells and requests that come twice, cancels."""

import signal
import time

import pytest

from tests.faults.harness import LEASE_SECONDS, MORTAL, Stage
from tests.faults.invariants import check


def test_9_a_rolling_deploy_over_three_workers_loses_nothing_and_uses_no_attempt(stage: Stage):
    stage.slow(0.3)
    workers = stage.start_workers(3)
    stage.workers_up(3)
    for _ in range(12):
        stage.ask(sections=3)
    stage.until(lambda: stage.sql("select 1 from jobs where status = 'running'"), "jobs run")
    for worker in workers:
        stage.start_worker()
        assert stage.stop(worker) == 0, stage.logs()

    check(stage)


def test_9_a_step_longer_than_the_grace_is_paid_once_and_its_receipt_is_kept(stage: Stage):
    stage.provider.script({"action": {"do": "hang", "seconds": 3}})
    worker = stage.start_worker(JOB_GRACE_SECONDS="0.5")
    job_id = stage.ask(sections=2)
    stage.until(stage.provider.log, "the call is on the wire")
    began = time.monotonic()

    assert stage.stop(worker) == 0
    assert time.monotonic() - began < 0.5 + 5 + 4
    stored = stage.sql("select status from job_steps where job_id = $1 and name = 'section_0'", job_id)
    assert stored == [{"status": "done"}], stage.logs()
    stage.start_worker()

    check(stage)


def test_9_an_idle_worker_leaves_within_six_seconds(stage: Stage):
    worker = stage.start_worker()
    stage.workers_up(1)
    time.sleep(0.5)

    assert stage.stop(worker, seconds=6) == 0


def test_9_a_task_that_swallows_cancellation_does_not_keep_its_worker(stage: Stage):
    worker = stage.start_worker(JOB_GRACE_SECONDS="0.5", JOB_RECEIPT_SECONDS="1")
    job_id = stage.ask(sections=1, manner="stubborn")
    stage.until(lambda: "dawdle" in {step["name"] for step in stage.job(job_id)["steps"]}, "it dawdles")

    assert stage.stop(worker, seconds=12) == 0
    stage.start_worker()

    check(stage)


def test_9_a_second_sigterm_changes_nothing(stage: Stage):
    stage.slow(1.0)
    worker = stage.start_worker()
    job_id = stage.ask(sections=3)
    stage.at_step(job_id)
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.2)

    assert stage.stop(worker) == 0
    stage.start_worker()

    check(stage)


@pytest.mark.parametrize("point", ["C", "D", "E", "G:2"])
def test_10_a_frozen_worker_that_comes_back_pays_nothing_and_writes_nothing(stage: Stage, point: str):
    if point == "D":
        stage.slow()
    frozen, mark = stage.doomed(point, "freeze")
    job_id = stage.ask()
    stage.until(mark.exists, "it froze")
    time.sleep(LEASE_SECONDS + 1)
    stage.start_worker()
    stage.until(lambda: stage.sql("select epoch from jobs where id = $1", job_id)[0]["epoch"] >= 2, "another has it")
    frozen.send_signal(signal.SIGCONT)
    stage.ended(job_id)
    time.sleep(1)

    check(stage, repeats=1 if point in {"D", "E"} else 0)
    epochs = {call["epoch"] for call in stage.sql("select epoch from model_calls where job_id = $1 and state = 'done'", job_id)}  # fmt: skip
    assert max(epochs) >= 2 or point == "G:2"


@pytest.mark.parametrize("point", ["C", "E"])
def test_10_a_worker_whose_loop_was_blocked_pays_nothing_under_its_old_epoch(stage: Stage, point: str):
    stage.doomed(point, f"block:{LEASE_SECONDS + 2}")
    stage.start_worker(WORKER_SLOTS="1")
    for _ in range(3):
        stage.ask(sections=2)

    check(stage, repeats=3)


def test_11_doubled_bells_and_doubled_requests_make_one_job_and_one_run(stage: Stage):
    stage.start_workers(2)

    jobs = stage.at_once([lambda: stage.ask("Tides", key="twice")] * 8)
    other = stage.client.post(
        f"/projects/{stage.project}/essays", json={"title": "Winds"}, headers={"Idempotency-Key": "twice"}
    )

    assert len(set(jobs)) == 1
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    check(stage)
    assert stage.job(jobs[0])["attempts"] == 1


def test_11_the_same_retry_twice_is_one_retry(stage: Stage):
    stage.provider.script({"action": {"do": "status", "status": 400}})
    stage.start_worker()
    job_id = stage.ask(sections=1)
    assert stage.ended(job_id)["status"] == "failed"

    retry = lambda: stage.client.post(f"/jobs/{job_id}/retry", headers={"Idempotency-Key": "again"}).status_code  # noqa: E731
    assert set(stage.at_once([retry] * 5)) == {202}

    assert stage.ended(job_id)["status"] == "succeeded"
    check(stage)
    assert stage.job(job_id)["attempts"] == 2


def cancel(stage: Stage, job_id: str) -> float:
    """Ask for the job to stop; gives the seconds until it has."""
    began = time.monotonic()
    assert stage.client.post(f"/jobs/{job_id}/cancel").status_code == 202
    assert stage.ended(job_id)["status"] == "cancelled"
    return time.monotonic() - began


def test_12_a_queued_job_is_cancelled_at_once(stage: Stage):
    job_id = stage.ask()

    assert stage.client.post(f"/jobs/{job_id}/cancel").json()["status"] == "cancelled"
    assert stage.provider.log() == []
    check(stage)


@pytest.mark.parametrize("point", ["B", "C", "D", "G:2"])
def test_12_a_cancel_ends_a_running_job_within_five_seconds_and_nothing_is_called_after(stage: Stage, point: str):
    stage.slow(2.0 if point == "D" else 0.05)
    _, mark = stage.doomed(point, "tell")
    job_id = stage.ask(sections=5)
    stage.until(mark.exists, "it is there")

    assert cancel(stage, job_id) < 5
    calls = len(stage.provider.log())
    time.sleep(2.5)

    assert len(stage.provider.log()) == calls <= 2
    check(stage)


def test_12_a_job_that_waits_for_a_retry_is_cancelled_at_once(stage: Stage):
    stage.provider.script({"times": None, "action": {"do": "status", "status": 500}})
    stage.start_worker(JOB_BACKOFF_SECONDS="60")
    job_id = stage.ask()
    stage.until(lambda: "trying again" in (stage.job(job_id)["stage"] or ""), "it waits")

    assert stage.client.post(f"/jobs/{job_id}/cancel").json()["status"] == "cancelled"
    check(stage, attempts=True)


def test_12_a_job_cancelled_just_before_its_worker_is_killed_ends_once(stage: Stage):
    stage.slow(2.0)
    worker = stage.start_worker(**MORTAL)
    job_id = stage.ask()
    stage.until(stage.provider.log, "the call is on the wire")
    assert stage.client.post(f"/jobs/{job_id}/cancel").status_code == 202
    worker.kill()
    stage.start_worker()

    assert stage.ended(job_id)["status"] == "cancelled"
    check(stage)


def test_12_a_cancel_against_the_finish_ends_the_job_once(stage: Stage):
    stage.start_worker()
    stage.workers_up(1)
    ended = set()
    for number in range(12):
        job_id = stage.ask(sections=1)
        time.sleep(0.02 * number)
        assert stage.client.post(f"/jobs/{job_id}/cancel").status_code in {202, 409}
        ended.add(stage.ended(job_id)["status"])

    assert ended <= {"succeeded", "cancelled"}
    check(stage)


def test_12_a_cancelled_job_that_is_retried_goes_on_without_paying_again(stage: Stage):
    stage.slow(0.5)
    stage.start_worker()
    job_id = stage.ask(sections=4)
    stage.until(lambda: len(stage.job(job_id)["steps"]) >= 2, "the second section is begun")
    cancel(stage, job_id)

    assert stage.client.post(f"/jobs/{job_id}/retry").status_code == 202

    assert stage.ended(job_id)["status"] == "succeeded"
    check(stage)
