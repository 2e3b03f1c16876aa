"""Real API and worker processes against servers of the suite's own, to be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import PASSWORD, free_port

SHORT = {
    "JOB_LEASE_SECONDS": "4",
    "JOB_BEAT_SECONDS": "0.4",
    "JOB_TICK_SECONDS": "0.4",
    "JOB_GRACE_SECONDS": "3",
    "JOB_BACKOFF_SECONDS": "0.1",
    "OWNER_MAX_RUNNING": "20",
}


class Stage:
    """One database and one bell, with the processes that work on them."""

    def __init__(self, database_url: str, broker_url: str | None, home: Path) -> None:
        self.port = free_port()
        self.home = home
        self.project = ""
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("JOB_", "FAULT_", "OWNER_"))},
            **SHORT,
            "DATABASE_URL": database_url,
            "STRAND_HOME": str(home),
            "SECRET_KEY": "only-for-tests-0123456789-abcdefghij",
            "LOG_LEVEL": "INFO",
            **({"BROKER_URL": broker_url} if broker_url else {}),
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=30)

    def start_api(self) -> subprocess.Popen[bytes]:
        arguments = ["-m", "uvicorn", "app.main:app", "--port", str(self.port), "--log-level", "warning"]
        process = self._start(arguments, {})
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            try:
                if self.client.get("/health/ready").status_code == 200:
                    return process
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the API did not start")

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self._start(["-m", "app.worker.run"], environment)

    def _start(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        log = (self.home / f"process-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *arguments], env=self.environment | environment, stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        self.processes.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM, seconds: float = 20) -> int:
        if process.poll() is None:
            process.send_signal(number)
        return process.wait(seconds)

    def close(self) -> None:
        self.client.close()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait(10)

    def sign_up(self) -> None:
        email = f"{os.urandom(6).hex()}@example.com"
        account = {"email": email, "password": PASSWORD}
        assert self.client.post("/auth/register", json={**account, "display_name": "Nell"}).status_code == 201
        token = self.client.post("/auth/login", json=account).json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def ended(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        give_up = time.monotonic() + seconds
        job: dict[str, Any] = {}
        while time.monotonic() < give_up:
            job = self.client.get(f"/jobs/{job_id}").json()
            if job["status"] not in {"queued", "running"}:
                return job
            time.sleep(0.05)
        raise AssertionError(f"the job did not end: {job}\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.home.glob("process-*.log")))

    def events(self, job_id: str) -> list[dict[str, str]]:
        body = self.client.get(f"/jobs/{job_id}/events").text.replace("\r\n", "\n")
        blocks = [
            dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in body.split("\n\n")
        ]
        return [block for block in blocks if "event" in block]


@contextmanager
def stage(database_url: str, broker_url: str | None, home: Path) -> Iterator[Stage]:
    opened = Stage(database_url, broker_url, home)
    try:
        yield opened
    finally:
        opened.close()


def assert_told_once(events: list[dict[str, str]]) -> None:
    """Events are numbered without gaps, and the job ended exactly once."""
    assert [int(event["id"]) for event in events] == list(range(1, len(events) + 1))
    assert [event["event"] for event in events].count("end") == 1
