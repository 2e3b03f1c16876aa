"""Cells 7 and 8: Redis and PostgreSQL that die, come back empty, stand still, or cut connections."""

import threading
import time
from collections.abc import Callable

import pytest

from tests.faults.harness import LEASE_SECONDS, MORTAL, Stage
from tests.faults.invariants import check

POINTS_7 = ["A", "B", "D", "G:2", "K"]
POINTS_8 = ["B", "D", "E", "F", "H"]
CUT = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where pid <> pg_backend_pid() and datname = current_database() and application_name like 'strand%'"
)


def at_point(stage: Stage, point: str, happens: Callable[[], object]) -> None:
    """Let a worker come to the point, and let it happen there; two more jobs come while it lasts."""
    if point == "K":
        stage.provider.script({"action": {"do": "status", "status": 429, "headers": {"retry-after": "1"}}})
    elif point == "D":
        stage.slow()
    if point == "A":
        happens()
        stage.start_worker()
        stage.ask()
        return
    _, mark = stage.doomed(point, "tell")
    stage.ask()
    stage.until(mark.exists, f"the worker is at {point}")
    happens()


@pytest.fixture
def redis(stage: Stage):
    if stage.redis is None:
        pytest.skip("there is no Redis on this stage")
    yield stage.redis
    stage.redis.remove()
    stage.redis.start()


@pytest.mark.parametrize("point", POINTS_7)
def test_7_redis_killed_and_back_empty_costs_latency_and_nothing_else(stage: Stage, redis, point: str):
    at_point(stage, point, redis.kill)
    stage.ask()
    time.sleep(2)
    redis.start()
    last = stage.ask()

    check(stage)
    assert [int(event["id"]) for event in stage.events(last)] == list(range(1, len(stage.events(last)) + 1))


def test_7_redis_gone_for_the_whole_run_costs_latency_and_nothing_else(stage: Stage, redis):
    redis.kill()
    stage.start_workers(2)
    jobs = [stage.ask(sections=2) for _ in range(6)]
    followed = stage.events(jobs[0])

    stage.all_ended()
    redis.start()
    check(stage)
    assert followed[-1]["event"] == "end"


@pytest.mark.parametrize("point", ["B", "G:2"])
def test_7_redis_frozen_costs_latency_and_nothing_else(stage: Stage, redis, point: str):
    at_point(stage, point, redis.freeze)
    began = time.monotonic()
    for _ in range(3):
        stage.ask(sections=2)
    assert time.monotonic() - began < 10, "a POST waited for the bell"
    stage.all_ended()
    redis.thaw()

    check(stage)


@pytest.mark.parametrize("point", POINTS_8)
def test_8_a_postgresql_that_crashes_and_recovers_loses_nothing_and_nothing_is_paid_twice(stage: Stage, point: str):
    at_point(stage, point, stage.postgres.crash)
    time.sleep(1.5)
    stage.postgres.start()
    stage.until(lambda: stage.client.get("/health/ready").status_code == 200, "the API is ready again")
    stage.ask()

    check(stage)


def test_8_a_postgresql_that_is_down_for_two_leases_loses_nothing_and_nothing_is_paid_twice(stage: Stage):
    stage.slow(0.5)
    stage.start_workers(2, **MORTAL)
    for _ in range(4):
        stage.ask()
    stage.until(stage.provider.log, "calls are on the wire")
    stage.postgres.crash()
    refused = stage.client.post(f"/projects/{stage.project}/essays", json={"title": "Tides"})
    time.sleep(2 * LEASE_SECONDS)
    stage.postgres.start()
    stage.until(lambda: stage.client.get("/health/ready").status_code == 200, "the API is ready again")

    assert refused.status_code == 503
    assert "retry-after" in refused.headers
    check(stage)


@pytest.mark.parametrize("point", POINTS_8)
def test_8_connections_that_are_cut_lose_nothing_and_nothing_is_paid_twice(stage: Stage, point: str):
    at_point(stage, point, lambda: stage.sql(CUT))
    stage.until(lambda: stage.client.get("/health/ready").status_code == 200, "the API is ready again")
    stage.ask()

    check(stage)


def test_8_connections_cut_every_half_second_lose_nothing_and_nothing_is_paid_twice(stage: Stage):
    stage.slow(0.2)
    stage.start_workers(2)
    for _ in range(10):
        stage.ask(sections=3)
    over = threading.Event()

    def cut() -> None:
        while not over.wait(0.5):
            stage.sql(CUT)

    cutting = threading.Thread(target=cut)
    cutting.start()
    time.sleep(6)
    over.set()
    cutting.join()

    check(stage)


def test_8_a_reaper_whose_database_crashes_reaps_later(stage: Stage):
    doomed, _ = stage.doomed("G:2")
    stage.ask()
    stage.killed(doomed)
    _, mark = stage.doomed("J", "tell")
    stage.until(mark.exists, "it reaps")
    stage.postgres.crash()
    time.sleep(1)
    stage.postgres.start()

    check(stage)
