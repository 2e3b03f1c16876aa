"""The jobs as plain SAQ tasks."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import redis

from benchmarks.plain_saq.lane import STEP_SECONDS, SWEEPERS, Lane, Process
from benchmarks.plain_saq.tasks import TABLES
from tests.faults.servers import PostgresServer, RedisServer
from tests.provider.process import ProviderProcess

ROOT = Path(__file__).parents[2]


class Plain(Lane):
    """SAQ as it is: `saq` workers, a row that is committed and then enqueued, its result at the end."""

    def __init__(self, name: str, postgres: PostgresServer, *, best: bool, on_redis: bool) -> None:
        self.name, self.best = name, best
        self.provider = ProviderProcess().start()
        self.redis = RedisServer() if on_redis else None
        self.home = Path(tempfile.mkdtemp(prefix="strand-plain-saq-"))
        self.processes: list[Process] = []
        database = f"plain_{uuid4().hex}"
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"create database {database}")
        self.url = re.sub(r"/\w+\?", f"/{database}?", postgres.url)
        self.db = psycopg.connect(self.url, autocommit=True)
        self.db.execute(TABLES)
        self.environment = {
            **os.environ, **self.provider.env, "PLAIN_DATABASE_URL": self.url, "PLAIN_BEST": "1" if best else "0",
            "PLAIN_BROKER": self.redis.url if self.redis else self.url,
        }  # fmt: skip

    def begin(self, fault: str, seconds: float = STEP_SECONDS) -> None:
        self.stop_all()
        self.db.execute("truncate plain_jobs, plain_ends")
        self.queue = fault
        self.environment["PLAIN_QUEUE"] = fault
        self.provider.clear()
        self.provider.script({"times": None, "action": {"do": "hang", "seconds": seconds}})

    def worker(self) -> Process:
        command = [sys.executable, "-m", "saq", "benchmarks.plain_saq.tasks.settings"]
        with (self.home / "workers.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def known(self) -> int:
        if self.redis is None:
            rows = (
                self.db.execute("select 1 from saq_stats where queue_key = %s", (self.queue,)) if self.tables() else ()
            )
            return len(list(rows))
        with redis.Redis.from_url(self.redis.url) as client:
            return len(list(client.scan_iter(f"saq:{self.queue}:worker_info:*")))

    def tables(self) -> bool:
        """Whether SAQ has made its tables yet."""
        return self.db.execute("select to_regclass('saq_jobs')").fetchall() != [(None,)]

    def produce(self, do: str, ids: list[str]) -> Process:
        command = [sys.executable, "-m", "benchmarks.plain_saq.tasks", do, *ids]
        with (self.home / "producers.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log)

    def ask(self, count: int) -> list[str]:
        ids = [str(uuid4()) for _ in range(count)]
        assert self.produce("ask", ids).wait(30) == 0
        return ids

    def ask_twice(self, count: int) -> list[str]:
        ids = [str(uuid4()) for _ in range(count)]
        both = [self.produce("ask", ids) for _ in range(2)]
        assert [one.wait(30) for one in both] == [0, 0]
        self.settle(ids)
        assert self.produce("ask", ids).wait(30) == 0
        return ids

    def ask_and_die(self, count: int) -> list[str]:
        ids = [str(uuid4()) for _ in range(count)]
        for job_id in ids:
            assert self.produce("die", [job_id]).wait(30) == -signal.SIGKILL
        return ids

    def cancel(self, ids: list[str]) -> dict[str, float]:
        said, _ = self.produce("cancel", ids).communicate(timeout=60)
        answered: dict[str, float] = json.loads(said)
        return answered

    def statuses(self, ids: list[str]) -> dict[str, str]:
        return dict(self.db.execute("select id, status from plain_jobs where id = any(%s)", (ids,)).fetchall())

    def held_by(self, process: Process) -> set[str]:
        rows = self.db.execute("select id from plain_jobs where status = 'running' and worker = %s", (process.pid,))
        return {row[0] for row in rows}

    def ends(self, ids: list[str]) -> dict[str, int]:
        rows = self.db.execute("select job_id, count(*) from plain_ends where job_id = any(%s) group by 1", (ids,))
        return dict(rows.fetchall())

    def in_queue(self) -> dict[str, str]:
        """Jobs that SAQ would still come to, with their status."""
        if self.redis is None:
            if not self.tables():
                return {}
            rows = "select key, status from saq_jobs where queue = %s and status in ('queued', 'active', 'aborting')"
            return dict(self.db.execute(rows, (self.queue,)).fetchall())
        names = f"saq:{self.queue}:queued", f"saq:{self.queue}:active"
        with redis.Redis.from_url(self.redis.url) as client:
            ids = {job_id for name in names for job_id in client.lrange(name, 0, -1)}
            return {job_id.decode().rpartition(":")[2]: "" for job_id in ids}

    def reachable(self) -> set[str]:
        return set(self.in_queue())

    def aborting(self) -> set[str]:
        """Jobs that a sweep is at work on, or was when it died."""
        if self.redis is None:
            return {job_id for job_id, status in self.in_queue().items() if status == "aborting"}
        with redis.Redis.from_url(self.redis.url) as client:
            stored = [json.loads(client.get(key) or b"{}") for key in client.scan_iter(f"saq:job:{self.queue}:*")]
        return {job["key"] for job in stored if job.get("status") == "aborting"}

    def kill_sweepers(self) -> None:
        seen: set[str] = set()
        for _ in range(SWEEPERS):
            sweeper = self.worker()
            self.until(lambda known=frozenset(seen): self.aborting() - known, "a worker sweeps")
            time.sleep(0.2)
            sweeper.kill()
            sweeper.wait(10)
            seen |= self.aborting()

    def stop_all(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait(10)
        self.processes = []

    def close(self) -> None:
        self.stop_all()
        self.db.close()
        self.provider.stop()
        if self.redis:
            self.redis.remove()
        shutil.rmtree(self.home, ignore_errors=True)
