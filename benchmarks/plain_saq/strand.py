"""The jobs in this engine."""

import time
from contextlib import suppress
from uuid import uuid4

import httpx
import msgspec

from benchmarks.plain_saq.lane import STEP_SECONDS, SWEEPERS, Lane, Process
from tests.conftest import free_port
from tests.faults.harness import LEASE_SECONDS, Stage


class Strand(Lane):
    """This engine, through the fault suite's own stage."""

    def __init__(self) -> None:
        self.name = "Strand"
        self.stage = Stage("redis")
        self.provider, self.redis = self.stage.provider, self.stage.redis

    def begin(self, fault: str, seconds: float = STEP_SECONDS) -> None:
        self.stage.clean()
        self.stage.sql("delete from jobs where status in ('queued', 'running')")
        self.stage.slow(seconds)
        self.fault = fault

    def worker(self) -> Process:
        return self.stage.start_worker()

    def known(self) -> int:
        count: int = self.stage.sql("select count(*)::int as n from worker_processes")[0]["n"]
        return count

    def ask(self, count: int) -> list[str]:
        return [self.stage.ask() for _ in range(count)]

    def ask_twice(self, count: int) -> list[str]:
        keys = [uuid4().hex for _ in range(count)]
        ids = [self.stage.at_once([lambda key=key: self.stage.ask(key, key=key)] * 2)[0] for key in keys]
        self.settle(ids)
        ids += [self.stage.ask(key, key=key) for key in keys]
        return sorted(set(ids))

    def ask_and_die(self, count: int) -> list[str]:
        titles = [uuid4().hex for _ in range(count)]
        for title in titles:
            port = free_port()
            api = self.stage.start_api(port, FAULT_AT="A")
            with (
                httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10) as client,
                suppress(httpx.HTTPError),
            ):
                client.headers["Authorization"] = self.stage.client.headers["Authorization"]
                client.post(f"/projects/{self.stage.project}/essays", json={"title": title})
            self.stage.killed(api)
        jobs = self.stage.sql("select id::text, input::text from jobs")
        return [job["id"] for job in jobs if msgspec.json.decode(job["input"]).get("title") in titles]

    def cancel(self, ids: list[str]) -> dict[str, float]:
        answered = {}
        for job_id in ids:
            assert self.stage.client.post(f"/jobs/{job_id}/cancel").status_code == 202
            answered[job_id] = time.time()
        return answered

    def statuses(self, ids: list[str]) -> dict[str, str]:
        rows = self.stage.sql("select id::text, status from jobs where id = any($1::uuid[])", ids)
        return {row["id"]: row["status"] for row in rows}

    def held_by(self, process: Process) -> set[str]:
        held = "select id::text from jobs where status = 'running' and split_part(worker, ':', 2) = $1"
        return {row["id"] for row in self.stage.sql(held, str(process.pid))}

    def ends(self, ids: list[str]) -> dict[str, int]:
        told = "select job_id::text, count(*)::int as n from job_events where job_id = any($1::uuid[]) and type = 'end' group by 1"
        return {row["job_id"]: row["n"] for row in self.stage.sql(told, ids)}

    def reachable(self) -> set[str]:
        return {row["id"] for row in self.stage.sql("select id::text from jobs where status in ('queued', 'running')")}

    def kill_sweepers(self) -> None:
        time.sleep(LEASE_SECONDS + 0.5)
        for _ in range(SWEEPERS):
            self.stage.killed(self.stage.start_worker(FAULT_AT="J"))

    def close(self) -> None:
        self.stage.close()
