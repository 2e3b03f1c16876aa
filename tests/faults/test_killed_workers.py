"""A worker that is killed loses nothing and repeats no finished step, whichever bell is used."""

import asyncio
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import msgspec
import pytest

from app.config import Settings
from app.db.session import plain_url
from app.supervisor import prepare_database
from tests.conftest import SAMPLES
from tests.faults.harness import Stage, assert_told_once, stage

pytestmark = pytest.mark.slow
STEPS = ["plan_profile", "measure_voice", "train_fingerprint", "write_traits.v2", "save_profile"]


@pytest.fixture(scope="module", params=["postgres", "redis"])
def ready(request, settings: Settings, tmp_path_factory) -> Iterator[Stage]:
    """A database of its own with a creator's sources read, and no worker running."""
    name = f"faults_{request.param}"
    broker = request.getfixturevalue("redis_url") if request.param == "redis" else None
    base = plain_url(settings.database_url or "")

    async def create() -> None:
        connection = await asyncpg.connect(base)
        await connection.execute(f"drop database if exists {name} with (force)")
        await connection.execute(f"create database {name}")
        await connection.close()

    in_a_thread(lambda: asyncio.run(create()))
    url = base.replace("/strand?", f"/{name}?")
    in_a_thread(lambda: prepare_database(msgspec.structs.replace(settings, database_url=url, broker_url=broker)))
    with stage(url, broker, tmp_path_factory.mktemp(name)) as opened:
        opened.start_api()
        opened.sign_up()
        worker = opened.start_worker()
        project = opened.client.post("/projects", json={"title": "Brass"}).json()["id"]
        accepted = [add(opened, project, path) for path in sorted((SAMPLES / "own").iterdir())[:4]]
        for answer in accepted:
            assert opened.ended(answer["job"]["id"])["status"] == "succeeded", opened.logs()
        assert opened.stop(worker) == 0, opened.logs()
        opened.project = project
        yield opened


def in_a_thread(work) -> None:
    """The test session has an event loop; what starts one of its own needs another thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def add(opened: Stage, project: str, path: Path):
    files = {"file": (path.name, path.read_bytes())}
    answer = opened.client.post(
        f"/projects/{project}/sources/file", files=files, data={"role": "own", "title": path.name}
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


def build(opened: Stage, name: str) -> str:
    answer = opened.client.post(f"/projects/{opened.project}/dna-profiles", json={"name": name})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


@pytest.mark.parametrize(
    ("point", "finished", "torn"),
    [("B", 0, []), ("G:3", 2, []), ("F:1", 1, []), ("F:3", 3, []), ("F:5", 5, []), ("H", 5, []), ("E:2", 1, ["measure_voice"]), ("E:3", 2, ["train_fingerprint"])],
)  # fmt: skip
def test_a_worker_killed_in_a_dna_job_loses_nothing_and_repeats_no_finished_step(ready, point, finished, torn):
    """`finished`: how many steps were stored when it died; `torn`: what it had done but not stored."""
    doomed = ready.start_worker(FAULT_AT=point)
    job_id = build(ready, f"killed at {point}")
    assert doomed.wait(60) == -signal.SIGKILL, ready.logs()
    heir = ready.start_worker()

    job = ready.ended(job_id)

    assert ready.stop(heir) == 0
    assert job["status"] == "succeeded", job
    assert job["attempts"] >= 2
    steps = {step["name"]: step["attempts"] for step in job["steps"]}
    assert list(steps) == STEPS
    assert {steps[name] for name in STEPS[:finished]} <= {1}
    assert all(steps[name] > 1 for name in torn)
    assert_told_once(ready.events(job_id))
    profiles = ready.client.get(f"/projects/{ready.project}/dna-profiles", params={"limit": 100}).json()["items"]
    assert [profile["name"] for profile in profiles].count(f"killed at {point}") == 1


def test_a_worker_killed_after_closing_leaves_the_job_done(ready):
    doomed = ready.start_worker(FAULT_AT="I")
    job_id = build(ready, "killed at I")
    assert doomed.wait(60) == -signal.SIGKILL
    heir = ready.start_worker()

    job = ready.ended(job_id)
    time.sleep(3)

    assert ready.stop(heir) == 0
    assert job["status"] == "succeeded"
    assert ready.client.get(f"/jobs/{job_id}").json() == job


def test_a_job_that_kills_every_worker_gives_up_and_others_are_unharmed(ready):
    environment = {"JOB_MAX_CRASHES": "2", "FAULT_AT": "G:2"}
    job_id = build(ready, "poison")
    for _ in range(2):
        assert ready.start_worker(**environment).wait(40) == -signal.SIGKILL
    last = ready.start_worker(JOB_MAX_CRASHES="2")

    job = ready.ended(job_id)
    other = ready.ended(build(ready, "healthy"))
    retried = ready.client.post(f"/jobs/{job_id}/retry")
    again = ready.ended(job_id)

    assert ready.stop(last) == 0
    assert (job["status"], job["error"]["code"], job["error"]["retryable"]) == ("failed", "gave_up", True)
    assert other["status"] == "succeeded"
    assert retried.status_code == 202
    assert again["status"] == "succeeded"
    assert {step["attempts"] for step in again["steps"] if step["name"] == "plan_profile"} == {1}


def test_a_worker_told_to_leave_gives_its_job_back_unharmed(ready):
    first = ready.start_worker()
    job_id = build(ready, "rolling")
    while ready.client.get(f"/jobs/{job_id}").json()["status"] == "queued":
        time.sleep(0.01)
    assert ready.stop(first) == 0
    second = ready.start_worker()

    job = ready.ended(job_id)

    assert ready.stop(second) == 0
    assert job["status"] == "succeeded"
    assert_told_once(ready.events(job_id))


def test_an_idle_worker_leaves_within_six_seconds(ready):
    worker = ready.start_worker()
    give_up = time.monotonic() + 30
    while ready.client.get("/health").json()["services"]["workers"] != "healthy" and time.monotonic() < give_up:
        time.sleep(0.1)
    time.sleep(1)

    assert ready.stop(worker, seconds=6) == 0


def test_an_api_killed_after_its_answer_has_lost_nothing(ready):
    job_id = build(ready, "api killed")
    api = ready.processes[0]
    ready.stop(api, signal.SIGKILL)
    ready.processes[0] = ready.start_api()
    worker = ready.start_worker()

    job = ready.ended(job_id)

    assert ready.stop(worker) == 0
    assert job["status"] == "succeeded"
    assert_told_once(ready.events(job_id))
