"""A stage: servers of its own, a provider, and real API and worker processes on them, to be killed."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import httpx

from app.config import Settings
from app.shared.hints import CHANNEL
from app.supervisor import prepare_database
from tests.conftest import AT_WILL, CHEAP, PASSWORD, free_port, in_a_thread
from tests.faults.servers import PostgresServer, RedisServer
from tests.provider.process import ProviderProcess

T = TypeVar("T")

LEASE_SECONDS = 4.0
"""Of those that are killed or frozen, so that others soon take over; the rest lose no lease however busy the machine."""
MORTAL = {"JOB_LEASE_SECONDS": str(LEASE_SECONDS)}
SHORT = {
    "JOB_LEASE_SECONDS": "15",
    "JOB_BEAT_SECONDS": "0.4",
    "JOB_TICK_SECONDS": "0.4",
    "JOB_GRACE_SECONDS": "3",
    "JOB_RECEIPT_SECONDS": "5",
    "JOB_BACKOFF_SECONDS": "0.2",
    "JOB_DEADLINE_SECONDS": "120",
    "OWNER_MAX_RUNNING": "40",
    "PROVIDER_TIMEOUT_SECONDS": "8",
    "PROVIDER_PAUSE_SECONDS": "0.5",
    "DATABASE_POOL_SIZE": "5",
}
ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 90


class Stage:
    """Everything that one bell's cells run on. The API stays up; each cell starts the workers that it kills."""

    def __init__(self, bell: str) -> None:
        self.bell = bell
        self.processes: list[subprocess.Popen[bytes]] = []
        self.accepted: list[str] = []
        """Jobs that a POST of this cell got 202 for."""
        self._opened = ExitStack()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        self.postgres = PostgresServer()
        self._opened.callback(self.postgres.remove)
        self.redis = RedisServer() if self.bell == "redis" else None
        if self.redis:
            self._opened.callback(self.redis.remove)
        self.home = Path(tempfile.mkdtemp(prefix=f"strand-stage-{self.bell}-"))
        self._opened.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.provider = ProviderProcess().start()
        self._opened.callback(self.provider.stop)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("JOB_", "FAULT_", "OWNER_"))},
            **SHORT,
            **AT_WILL,
            **CHEAP,
            **self.provider.env,
            "ENGINE": "openai",
            "DATABASE_URL": self.postgres.url,
            "STRAND_HOME": str(self.home),
            "SECRET_KEY": "only-for-tests-0123456789-abcdefghij",
            **({"BROKER_URL": self.redis.url} if self.redis else {}),
        }
        known = {field.upper() for field in Settings.__struct_fields__}
        settings = Settings.from_env({name: value for name, value in self.environment.items() if name in known})
        in_a_thread(lambda: prepare_database(settings))
        self.port = free_port()
        self.api = self.start_api(self.port)
        self.client = self._opened.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=30)
        )
        self.project = self.sign_up(self.client)

    # processes

    def start_api(self, port: int, **environment: str) -> subprocess.Popen[bytes]:
        arguments = ["-m", "uvicorn", "tests.faults.product:app", "--port", str(port), "--log-level", "warning"]
        process = self._start(arguments, environment)
        self.until(lambda: _answers(f"http://127.0.0.1:{port}/api/v1/health/live"), "the API is up", SECONDS_TO_START)
        return process

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self._start(["-m", "tests.faults.worker"], environment)

    def start_workers(self, count: int, **environment: str) -> list[subprocess.Popen[bytes]]:
        return [self.start_worker(**environment) for _ in range(count)]

    def workers_up(self, count: int) -> None:
        """Wait until so many workers are known: before that they can't be told to leave."""
        known = "select count(*)::int as n from worker_processes"
        self.until(lambda: self.sql(known)[0]["n"] >= count, f"{count} workers are up", SECONDS_TO_START)

    def doomed(self, point: str, do: str = "kill", **environment: str) -> tuple[subprocess.Popen[bytes], Path]:
        """A worker to which something happens at this point, and the file that says that it has."""
        mark = self.home / f"{uuid4().hex}.mark"
        lease = {} if do == "tell" else MORTAL
        worker = self.start_worker(FAULT_AT=point, FAULT_DO=do, FAULT_ONCE=str(mark), **lease, **environment)
        return worker, mark

    def _start(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        log = (self.home / f"process-{len(list(self.home.glob('process-*.log'))):04}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *arguments], env=self.environment | environment, cwd=ROOT, stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        log.close()
        self.processes.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM, seconds: float = 20) -> int:
        if process.poll() is None:
            process.send_signal(number)
        return process.wait(seconds)

    def killed(self, process: subprocess.Popen[bytes], seconds: float = SECONDS_TO_START) -> None:
        """Wait until the process has died of its fault."""
        try:
            assert process.wait(seconds) == -signal.SIGKILL, self.logs()
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the worker did not reach its fault\n{self.logs()}") from None

    def clean(self) -> None:
        """Before a cell: no worker runs, the provider answers well, no lane is closed, nothing was accepted."""
        for process in self.processes:
            if process is not self.api and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait(10)
        self.processes = [self.api]
        for log in self.home.glob("process-*.log"):
            log.unlink()
        if (redis := self.redis) is not None:
            self.until(lambda: redis.listeners(CHANNEL) >= 1, "the API hears hints again")
        self.provider.clear()
        self.sql("delete from provider_lanes")
        self.sql("delete from paused_kinds")
        self.sql("delete from worker_processes")
        self.accepted = []

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait(10)
        self._opened.close()

    # the creator's side

    def sign_up(self, client: httpx.Client) -> str:
        """A new account on this client; gives a project of its own."""
        account = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
        assert client.post("/auth/register", json={**account, "display_name": "Nell"}).status_code == 201
        token = client.post("/auth/login", json=account).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        project: str = client.post("/projects", json={"title": "Brass"}).json()["id"]
        return project

    def ask(self, title: str | None = None, key: str | None = None, client: httpx.Client | None = None, project: str | None = None, **essay: Any) -> str:  # fmt: skip
        """Ask for an essay: gives the job's id."""
        body = {"title": title or uuid4().hex, **essay}
        headers = {"Idempotency-Key": key} if key else {}
        answer = (client or self.client).post(f"/projects/{project or self.project}/essays", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["id"]
        if job_id not in self.accepted:
            self.accepted.append(job_id)
        return job_id

    def job(self, job_id: str, client: httpx.Client | None = None) -> dict[str, Any]:
        answer = (client or self.client).get(f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def ended(self, job_id: str, seconds: float = 60, client: httpx.Client | None = None) -> dict[str, Any]:
        """The job once it has ended; a database that is away is waited for."""
        job: dict[str, Any] = {}

        def look() -> bool:
            try:
                job.update(self.job(job_id, client))
            except (httpx.HTTPError, AssertionError):
                return False
            return job["status"] not in {"queued", "running"}

        self.until(look, f"job {job_id} has ended: {job}", seconds)
        return job

    def all_ended(self, seconds: float = 90) -> list[dict[str, Any]]:
        return [self.ended(job_id, seconds) for job_id in self.accepted]

    def at_step(self, job_id: str, seconds: float = 30) -> None:
        """Wait until the job has begun a step."""
        self.until(lambda: bool(self.job(job_id)["steps"]), f"job {job_id} is at a step", seconds)

    def events(self, job_id: str, after: int = 0) -> list[dict[str, str]]:
        body = self.client.get(f"/jobs/{job_id}/events", headers={"Last-Event-ID": str(after)}).text
        blocks = [
            dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            for block in body.replace("\r\n", "\n").split("\n\n")
        ]
        return [block for block in blocks if "event" in block]

    # what it takes

    def until(self, true: Callable[[], Any], what: str, seconds: float = 60) -> None:
        give_up = time.monotonic() + seconds
        while not true():
            if time.monotonic() > give_up:
                raise AssertionError(f"never in {seconds} s: {what}\n{self.logs()}")
            time.sleep(0.08)

    def slow(self, seconds: float = 2.0) -> None:
        """From now on each call takes so long: the default is longer than point D waits for the request to be out."""
        self.provider.script({"times": None, "action": {"do": "hang", "seconds": seconds}})

    def sql(self, statement: str, *given: Any) -> list[dict[str, Any]]:
        async def fetch() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.postgres.url)
            try:
                return [dict(row) for row in await connection.fetch(statement, *given)]
            finally:
                await connection.close()

        return in_a_thread(lambda: asyncio.run(fetch()))  # type: ignore[no-any-return]

    def at_once(self, works: list[Callable[[], T]]) -> list[T]:
        with ThreadPoolExecutor(len(works)) as pool:
            return [future.result() for future in [pool.submit(work) for work in works]]

    def logs(self) -> str:
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}"
            for path in sorted(self.home.glob("process-*.log"))
        )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
