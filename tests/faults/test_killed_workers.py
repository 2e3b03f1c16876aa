"""Cells 1 to 6: API, workers and reapers that are killed."""

import httpx
import pytest

from tests.conftest import free_port
from tests.faults.harness import MORTAL, Stage
from tests.faults.invariants import check


def test_1_an_api_killed_before_the_bell_has_lost_nothing_and_the_same_key_gives_the_same_job(stage: Stage):
    worker = stage.start_worker()
    port = free_port()
    api = stage.start_api(port, FAULT_AT="A")
    body, headers = (
        {"title": "Tides"},
        {"Idempotency-Key": "one", "Authorization": stage.client.headers["Authorization"]},
    )
    address = f"/api/v1/projects/{stage.project}/essays"
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        try:
            first = client.post(address, json=body, headers=headers).json().get("id")
        except httpx.HTTPError:
            first = None  # it was killed before it could answer
    stage.killed(api)

    again = stage.ask("Tides", key="one")

    assert first in {None, again}
    assert stage.ended(again)["status"] == "succeeded"
    assert stage.sql("select count(*) from jobs where id = $1", again) == [{"count": 1}]
    check(stage)
    assert stage.stop(worker) == 0


@pytest.mark.parametrize("point", ["B", "C", "C:3", "F", "F:3", "G", "G:4", "H", "I"])
def test_2_a_worker_killed_beside_the_wire_loses_nothing_and_nothing_is_paid_twice(stage: Stage, point: str):
    doomed, _ = stage.doomed(point)
    stage.ask()
    stage.killed(doomed)
    stage.start_worker()

    check(stage, repeats=0)


@pytest.mark.parametrize("point", ["D", "D:3", "E", "E:2"])
def test_3_a_worker_killed_on_the_wire_repeats_just_that_call(stage: Stage, point: str):
    if point.startswith("D"):
        stage.slow()
    doomed, _ = stage.doomed(point)
    stage.ask()
    stage.killed(doomed)
    stage.provider.calm()
    stage.start_worker()

    check(stage, repeats=1, exactly=1)


def test_4_all_workers_killed_with_thirty_in_flight_lose_nothing(stage: Stage):
    stage.slow(1.0)
    workers = stage.start_workers(3, **MORTAL)
    for _ in range(30):
        stage.ask(sections=2)
    running = "select count(*)::int as n from model_calls where state = 'sent'"
    stage.until(lambda: stage.sql(running)[0]["n"] >= 25, "most are on the wire")
    for worker in workers:
        worker.kill()
    in_flight = stage.sql(running)[0]["n"]
    stage.start_workers(3)

    check(stage, repeats=in_flight)


def test_5_a_job_that_kills_each_worker_gives_up_after_five_and_others_are_unharmed(stage: Stage):
    stage.slow()
    poison = stage.ask("poison")
    for _ in range(5):
        stage.killed(stage.start_worker(FAULT_AT="D", **MORTAL))
    stage.start_worker()
    other = stage.ask("healthy", sections=2)

    ended = stage.ended(poison)

    assert (ended["status"], ended["error"]["code"], ended["error"]["retryable"]) == ("failed", "gave_up", True)
    assert stage.ended(other)["status"] == "succeeded"
    check(stage, repeats=4, failed=1)


def test_6_a_reaper_that_is_killed_is_replaced(stage: Stage):
    doomed, _ = stage.doomed("G:2")
    stage.ask()
    stage.killed(doomed)
    stage.killed(stage.start_worker(FAULT_AT="J", **MORTAL))
    stage.start_worker()

    check(stage)


def test_a_job_that_gave_up_can_be_retried_and_goes_on_from_its_last_finished_step(stage: Stage):
    job_id = stage.ask()
    for point in ("G:3", "G"):
        stage.killed(stage.start_worker(FAULT_AT=point, **MORTAL, JOB_MAX_CRASHES="2"))
    stage.start_worker(JOB_MAX_CRASHES="2")
    assert stage.ended(job_id)["error"]["code"] == "gave_up"

    assert stage.client.post(f"/jobs/{job_id}/retry").status_code == 202

    assert stage.ended(job_id)["status"] == "succeeded"
    check(stage)
