"""From the POST that asks for a job to the start of its first step, on an idle service and beside others who ask all the time.

`python -m benchmarks.starts [--jobs 100] [--others 20]`. API and one worker as `strand run` starts them, once with the bell on
PostgreSQL and once on Redis. A job is the reading of a short pasted text. The start is what `job_steps` says, by the same clock.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
import psutil

from benchmarks.crowd import crowd
from benchmarks.ingestion import ended, until_healthy
from benchmarks.record import record
from tests.conftest import free_port
from tests.faults.servers import RedisServer

SEED = 20261121
IDLE_SECONDS = 20
SAID = "A tide table is a promise. It says when the water will be where, and it is kept by the moon. "
PASSWORD = "measure by measure"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--others", type=int, default=20)
    given = parser.parse_args()
    random.seed(SEED)
    redis = RedisServer()
    try:
        rows = [
            line
            for name, broker in (("PostgreSQL", None), ("Redis", redis.url))
            for line in measure(name, broker, given.jobs, given.others)
        ]
    finally:
        redis.remove()
    head = (
        "| bell on | beside | jobs | start p50 ms | p99 ms | a worker that has nothing to do |\n" + "| --- " * 6 + "|"
    )
    record("Starts", "python -m benchmarks.starts", "\n".join((head, *rows)))


def measure(name: str, broker: str | None, jobs: int, others: int) -> Iterator[str]:
    with running(broker) as (address, pid), signed_in(address) as client:
        project = client.post("/projects", json={"title": "Starts"}).json()["id"]
        ask(client, project)  # imports, connections, prepared statements
        idle = share_of_a_core(worker_of(pid), IDLE_SECONDS)
        yield row(name, "nothing", [ask(client, project, pause=True) for _ in range(jobs)], f"{idle:.1%} of a core")
        with asking(address, others) as asked:
            time.sleep(3)
            delays = [ask(client, project, pause=True) for _ in range(jobs)]
        yield row(name, f"{others} who ask again at once ({asked[0]:,} jobs meanwhile)", delays, "")


def row(name: str, beside: str, delays: list[float], idle: str) -> str:
    p50, p99 = np.percentile(delays, [50, 99])
    return f"| {name} | {beside} | {len(delays)} | {p50:.0f} | {p99:.0f} | {idle} |"


def ask(client: httpx.Client, project: str, *, pause: bool = False) -> float:
    """Milliseconds from the request to the first step's start."""
    if pause:
        time.sleep(random.uniform(0.05, 0.5))
    body = {"title": "Tides", "role": "reference", "kind": "text", "text": SAID * 5 + uuid4().hex}
    asked = datetime.now(UTC)
    answer = client.post(f"/projects/{project}/sources", json=body)
    answer.raise_for_status()
    job = answer.json()["job"]["id"]
    ended(client, job)
    steps = client.get(f"/jobs/{job}").json()["steps"]
    return (min(datetime.fromisoformat(step["started_at"]) for step in steps) - asked).total_seconds() * 1000


@contextmanager
def asking(address: str, others: int) -> Iterator[list[int]]:
    """So many creators of whom each asks again once the job before has ended; gives how many jobs it were in the end."""
    made = [0]

    def go(_: int, over: threading.Event) -> None:
        with signed_in(address) as client:
            project = client.post("/projects", json={"title": "Beside"}).json()["id"]
            while not over.is_set():
                ask(client, project)
                made[0] += 1

    with crowd(others, go):
        yield made


@contextmanager
def signed_in(address: str) -> Iterator[httpx.Client]:
    account = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    with httpx.Client(base_url=address, timeout=60) as client:
        client.post("/auth/register", json={**account, "display_name": "Measure"}).raise_for_status()
        token = client.post("/auth/login", json=account).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@contextmanager
def running(broker: str | None) -> Iterator[tuple[str, int]]:
    home, port = Path(tempfile.mkdtemp(prefix="strand-starts-")), free_port()
    environment = {
        **os.environ, "STRAND_HOME": str(home), "PORT": str(port), "ENGINE": "offline", "LOG_LEVEL": "ERROR",
        "REGISTRATIONS_PER_MINUTE": "1000", **({"BROKER_URL": broker} if broker else {}),
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "app.cli", "run"], env=environment, start_new_session=True)
    address = f"http://127.0.0.1:{port}/api/v1"
    try:
        with httpx.Client(base_url=address, timeout=60) as client:
            until_healthy(client)
        yield address, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(40)
        shutil.rmtree(home, ignore_errors=True)


def worker_of(pid: int) -> psutil.Process:
    return next(one for one in psutil.Process(pid).children(recursive=True) if "app.worker.run" in one.cmdline())


def share_of_a_core(process: psutil.Process, seconds: float) -> float:
    before = sum(process.cpu_times()[:2])
    time.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - before) / seconds


if __name__ == "__main__":
    main()
