"""The faults of `tests/faults` against the same jobs written as plain SAQ tasks: `python -m benchmarks.plain_saq`.

It says what the fault suite would find there, beside what this engine does in the same fault and the same run, and
writes the table into `docs/reliability.md`.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import psycopg
import redis
from msgspec import Struct

from benchmarks.plain_saq_tasks import SECTIONS, TABLES
from tests.conftest import free_port
from tests.faults.harness import LEASE_SECONDS, SHORT, Stage
from tests.faults.servers import PostgresServer, RedisServer
from tests.provider.process import ProviderProcess

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- plain saq -->", "<!-- /plain saq -->"
JOBS, FEW, DYING, SWEEPERS = 40, 20, 5, 3
STEP_SECONDS, LONG_SECONDS = 0.6, 1.5
FROZEN_SECONDS = 20
QUIET_SECONDS = 8
"""Longer than SAQ's sweep holds a job outside of its lists (5 s)."""
MOST_SECONDS = 120
ANSWERED = 200

Process = subprocess.Popen[bytes]


class Outcome(Struct):
    """What one fault did to one engine's jobs."""

    jobs: int
    lost: int
    """Never ended, and nothing is left that would run them."""
    failed: int
    waiting: int
    """Not ended when we stopped looking, but still in the queue."""
    twice: int
    """Run to the end more than once."""
    again: int
    """Calls of a step beyond its first, cut ones among them."""
    after_done: int
    """Those of them that came after the step had been answered."""
    in_flight: int | None = None
    """Jobs that the process held when it was struck."""
    restart: float | None = None
    """Seconds until the last of those that went on made its next call."""
    left: float | None = None
    """Seconds that the worker took to leave."""
    not_cancelled: int | None = None
    after_cancel: int | None = None
    """Calls that came after the cancel was answered."""


class Lane:
    """One engine with servers and processes of its own."""

    name: str
    provider: ProviderProcess
    redis: RedisServer | None

    def begin(self, fault: str, seconds: float = STEP_SECONDS) -> None:
        raise NotImplementedError

    def worker(self) -> Process:
        raise NotImplementedError

    def known(self) -> int:
        """How many workers are up."""
        raise NotImplementedError

    def workers(self, count: int) -> list[Process]:
        """So many, all up before anything is asked of them."""
        started = [self.worker() for _ in range(count)]
        self.until(lambda: self.known() >= count, "workers are up")
        time.sleep(1)
        return started

    def ask(self, count: int) -> list[str]:
        raise NotImplementedError

    def ask_twice(self, count: int) -> list[str]:
        """Each request twice at once, and once more after its job has ended."""
        raise NotImplementedError

    def ask_and_die(self, count: int) -> list[str]:
        """The producer of each dies between its commit and the queue."""
        raise NotImplementedError

    def cancel(self, ids: list[str]) -> dict[str, float]:
        """When each cancel was answered."""
        raise NotImplementedError

    def statuses(self, ids: list[str]) -> dict[str, str]:
        raise NotImplementedError

    def held_by(self, process: Process) -> set[str]:
        raise NotImplementedError

    def ends(self, ids: list[str]) -> dict[str, int]:
        """How often each was run to its end."""
        raise NotImplementedError

    def reachable(self) -> set[str]:
        """Jobs that something would still run."""
        raise NotImplementedError

    def kill_sweepers(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def unended(self, ids: list[str]) -> set[str]:
        return {job_id for job_id, status in self.statuses(ids).items() if status in {"queued", "running"}}

    def calls(self, step: int | None = None) -> list[dict[str, Any]]:
        """The requests that the provider got, all or those for one step."""
        asked = [record for record in self.provider.log() if record["idempotency_key"]]
        return asked if step is None else [one for one in asked if step_of(one)[1] == f"section_{step}"]

    def until(self, true: Callable[[], Any], what: str, seconds: float = 60) -> None:
        give_up = time.monotonic() + seconds
        while not true():
            if time.monotonic() > give_up:
                raise AssertionError(f"{self.name}: never in {seconds} s: {what}")
            time.sleep(0.1)

    def settle(self, ids: list[str]) -> None:
        """Wait until all jobs have ended or can't any more, and nothing has been called for a while."""
        give_up, quiet_since, seen = time.monotonic() + MOST_SECONDS, time.monotonic(), -1
        while time.monotonic() < give_up:
            calls, waiting = len(self.calls()), self.unended(ids)
            if calls != seen or waiting & self.reachable():
                quiet_since, seen = time.monotonic(), calls
            if time.monotonic() - quiet_since > (QUIET_SECONDS if waiting else QUIET_SECONDS / 2):
                return
            time.sleep(0.5)

    def judge(self, ids: list[str], held: set[str] | None = None, since: float = 0, **more: Any) -> Outcome:
        self.settle(ids)
        unended, reachable = self.unended(ids), set()
        for _ in range(QUIET_SECONDS if unended & self.reachable() else 1):
            reachable |= self.reachable()
            time.sleep(1)
        unended &= self.unended(ids)
        calls = self.calls()
        again, after_done = paid_again(calls, held or set(), since)
        first: dict[str, float] = {}
        for call in calls:
            if call["time"] > since:
                first.setdefault(step_of(call)[0], call["time"] - since)
        outcome = Outcome(
            jobs=len(ids), lost=len(unended - reachable), waiting=len(unended & reachable), failed=sum(status == "failed" for status in self.statuses(ids).values()), twice=sum(count > 1 for count in self.ends(ids).values()),
            again=again, after_done=after_done, **more,
        )  # fmt: skip
        if held is not None:
            outcome.in_flight = len(held)
            outcome.restart = max((first[job_id] for job_id in held if job_id in first), default=None)
        return outcome


def step_of(call: dict[str, Any]) -> tuple[str, str]:
    job_id, step, *_ = call["idempotency_key"].split(":")
    return job_id, step


def paid_again(calls: list[dict[str, Any]], held: set[str], struck: float) -> tuple[int, int]:
    """Calls of a step beyond its first, and those among them that came after it was answered: to a process that could
    read it, so not what was on the wire of one that had just been struck."""
    by_step: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for call in calls:
        by_step[step_of(call)].append(call)
    again = after_done = 0
    for (job_id, _), of_step in by_step.items():
        answered = [call for call in of_step if call.get("status") == ANSWERED]
        if job_id in held:
            answered = [call for call in answered if not call["time"] < struck < call["ended"]]
        done = min((call["ended"] for call in answered), default=float("inf"))
        again += len(of_step) - 1
        after_done += sum(call["time"] > done for call in of_step)
    return again, after_done


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
        command = [sys.executable, "-m", "saq", "benchmarks.plain_saq_tasks.settings"]
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
        command = [sys.executable, "-m", "benchmarks.plain_saq_tasks", do, *ids]
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


# the faults


def mid_flight(lane: Lane, count: int) -> None:
    """Wait until so many jobs have asked for their second step."""
    lane.until(lambda: len(lane.calls(1)) >= count, f"{count} jobs are at their second step")


def killed_worker(lane: Lane) -> Outcome:
    first, _ = lane.workers(2)
    ids = lane.ask(JOBS)
    mid_flight(lane, 15)
    held, struck = lane.held_by(first), time.time()
    first.kill()
    lane.worker()
    return lane.judge(ids, held, struck)


def killed_sweeper(lane: Lane) -> Outcome | None:
    if isinstance(lane, Plain) and not lane.best:
        return None
    (worker,) = lane.workers(1)
    ids = lane.ask(FEW // 2)
    mid_flight(lane, FEW // 2)
    held, struck = lane.held_by(worker), time.time()
    worker.kill()
    lane.kill_sweepers()
    lane.worker()
    lane.worker()
    return lane.judge(ids, held, struck)


def emptied_redis(lane: Lane) -> Outcome | None:
    if lane.redis is None:
        return None
    lane.workers(2)
    ids = lane.ask(JOBS)
    mid_flight(lane, 15)
    lane.redis.kill()
    time.sleep(1)
    lane.redis.start()
    return lane.judge(ids)


def killed_producer(lane: Lane) -> Outcome:
    lane.workers(1)
    return lane.judge(lane.ask_and_die(DYING))


def told_to_leave(lane: Lane) -> Outcome:
    first, _ = lane.workers(2)
    ids = lane.ask(JOBS)
    mid_flight(lane, 15)
    held, told = lane.held_by(first), time.time()
    first.terminate()
    lane.worker()
    first.wait(60)
    gone = time.time()
    return lane.judge(ids, held & lane.unended(ids), gone, left=gone - told)


def cancelled(lane: Lane) -> Outcome:
    lane.workers(2)
    ids = lane.ask(FEW)
    lane.until(lambda: len(lane.calls(0)) == FEW, "all run")
    answered = lane.cancel(ids)
    outcome = lane.judge(ids)
    late = sum(call["time"] > answered[step_of(call)[0]] for call in lane.calls())
    ended = lane.statuses(ids).values()
    return msgspec.structs.replace(
        outcome, after_cancel=late, not_cancelled=sum(status != "cancelled" for status in ended)
    )


def frozen_worker(lane: Lane) -> Outcome:
    first, _ = lane.workers(2)
    ids = lane.ask(JOBS)
    mid_flight(lane, 15)
    held, struck = lane.held_by(first), time.time()
    first.send_signal(signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    first.send_signal(signal.SIGCONT)
    return lane.judge(ids, held, struck)


def doubled_request(lane: Lane) -> Outcome:
    lane.workers(2)
    return lane.judge(lane.ask_twice(FEW))


FAULTS: dict[str, tuple[str, Callable[[Lane], Outcome | None], float]] = {
    "killed": (f"a worker of two killed, {JOBS} jobs", killed_worker, STEP_SECONDS),
    "sweeper": (f"a worker with {FEW // 2} jobs killed, then {SWEEPERS} workers as they sweep", killed_sweeper, STEP_SECONDS),
    "redis": (f"Redis restarted empty, {JOBS} jobs", emptied_redis, STEP_SECONDS),
    "producer": (f"{DYING} producers killed between commit and enqueue", killed_producer, STEP_SECONDS),
    "sigterm": (f"SIGTERM to a worker of two, {JOBS} jobs of {LONG_SECONDS} s a step", told_to_leave, LONG_SECONDS),
    "cancel": (f"{FEW} running jobs of 1.0 s a step cancelled", cancelled, 1.0),
    "frozen": (f"a worker of two frozen for {FROZEN_SECONDS} s, {JOBS} jobs", frozen_worker, STEP_SECONDS),
    "doubled": (f"{FEW} requests, each twice at once and again later", doubled_request, STEP_SECONDS),
}  # fmt: skip


def run(lane: Lane, faults: list[str]) -> dict[str, Outcome | str | None]:
    found: dict[str, Outcome | str | None] = {}
    for name in faults:
        _, fault, seconds = FAULTS[name]
        began = time.monotonic()
        try:
            lane.begin(f"{name}-{uuid4().hex[:6]}", seconds)
            found[name] = fault(lane)
        except Exception as error:  # one cell less, not the whole run
            found[name] = f"not measured: {type(error).__name__}: {str(error)[:300]}"
        sys.stderr.write(f"{lane.name}, {name}, {time.monotonic() - began:.0f} s: {found[name]}\n")
    return found


def cell(name: str, outcome: Outcome | str | None) -> str:
    if outcome is None:
        return "no Redis" if name == "redis" else "not run: a kill alone loses them"
    if isinstance(outcome, str):
        return "not measured"
    said = [f"{outcome.lost} lost", f"{outcome.twice} twice", f"{outcome.again} again ({outcome.after_done})"]
    if outcome.failed:
        said.insert(1, f"{outcome.failed} failed")
    if outcome.waiting:
        said.insert(1, f"{outcome.waiting} not ended after {MOST_SECONDS} s")
    if outcome.in_flight and outcome.restart is not None:
        said.append(f"on after {outcome.restart:.1f} s")
    if outcome.left is not None:
        said.append(f"left in {outcome.left:.1f} s")
    if outcome.not_cancelled is not None:
        said += [f"{outcome.not_cancelled} not cancelled", f"{outcome.after_cancel} calls after"]
    return ", ".join(said)


def table(lanes: list[str], found: dict[str, dict[str, Outcome | str | None]]) -> str:
    rows = [f"| fault | {' | '.join(lanes)} |", f"|{' --- |' * (len(lanes) + 1)}"]
    for name, (words, _, _) in FAULTS.items():
        if any(name in found[lane] for lane in lanes):
            cells = [cell(name, found[lane][name]) if name in found[lane] else "" for lane in lanes]
            rows.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(rows)


def in_all(lanes: list[str], found: dict[str, dict[str, Outcome | str | None]]) -> str:
    said = []
    for lane in lanes:
        measured = [outcome for outcome in found[lane].values() if isinstance(outcome, Outcome)]
        lost, twice, after_done, jobs = (
            sum(getattr(outcome, name) for outcome in measured) for name in ("lost", "twice", "after_done", "jobs")
        )
        said.append(f"{lane}: {lost} of {jobs} lost, {twice} run twice, {after_done} calls for steps that were done")
    return "; ".join(said)


def page(rows: str, versions: str, summary: str) -> str:
    return f"""{BEGIN}
## What plain SAQ does

{datetime.now(UTC):%Y-%m-%d}, `python -m benchmarks.plain_saq` on {os.cpu_count()} shared cores, {platform.system()} {platform.machine()}, all columns at once; {versions}.

The same jobs of {SECTIONS} paid steps, {STEP_SECONDS} s each unless said, in the same faults: as a plain SAQ task, whose row is committed, then enqueued under its id, and gets its result at the end; and in Strand on the Redis bell. Best settings: 10 retries, a heartbeat limit of 3 s that the task keeps up every 0.4 s, a timeout of 120 s, a sweep every 5 s, 3 s of grace. Strand has the fault suite's settings: a lease of {LEASE_SECONDS:.0f} s, a tick of {SHORT["JOB_TICK_SECONDS"]} s, {SHORT["JOB_GRACE_SECONDS"]} s of grace. Every worker has 10 slots. A fault is watched until nothing happens any more, for {MOST_SECONDS} s at most.

- *lost*: jobs that never ended, and that nothing would run any more
- *twice*: jobs that ran to their end more than once; in Strand, jobs with more than one ending
- *again*: calls of a step beyond its first, counted in the provider's log; in brackets those made after the step had been answered, the others repeat a call that was cut or on the wire, also one that was answered to a worker that stood still
- *on after*: until the last of the jobs that the worker held, and that went on, made its next call
- *calls after*: made after the cancel was answered

{rows}

In all, {summary}.
{END}"""


def write(section: str) -> None:
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else f"# Reliability\n\n{BEGIN}\n{END}\n"
    new = re.sub(f"{BEGIN}.*?{END}", lambda _: section, old, flags=re.DOTALL)
    if new == old and section not in old:
        new = f"{old.rstrip()}\n\n{section}\n"
    PAGE.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    parser.add_argument("--lanes", nargs="+", type=int, default=[0, 1, 2, 3])
    parser.add_argument("--dry", action="store_true", help="write no page")
    given = parser.parse_args()
    began = time.monotonic()
    postgres, lanes = PostgresServer(), list[Lane]()
    made: list[Callable[[], Lane]] = [
        lambda: Plain("plain SAQ, defaults", postgres, best=False, on_redis=True),
        lambda: Plain("plain SAQ, best settings", postgres, best=True, on_redis=True),
        lambda: Plain("the same on SAQ's Postgres queue", postgres, best=True, on_redis=False),
    ]
    try:
        lanes.extend(made[number]() for number in given.lanes if number < len(made))
        with psycopg.connect(postgres.url) as connection:
            server = connection.info.parameter_status("server_version")
        if len(made) in given.lanes:
            lanes.append(Strand())
        with ThreadPoolExecutor(4) as pool:
            running = {lane.name: pool.submit(run, lane, given.faults) for lane in lanes}
            found = {name: future.result() for name, future in running.items()}
    finally:
        for lane in lanes:
            lane.close()
        postgres.remove()
    told = subprocess.run(["redis-server", "--version"], check=True, capture_output=True, text=True).stdout
    numbers = re.search(r"v=(\S+)", told)
    assert numbers is not None
    versions = f"SAQ {version('saq')}, Redis {numbers[1]}, PostgreSQL {server}, Python {platform.python_version()}"
    rows = table([lane.name for lane in lanes], found)
    sys.stdout.write(f"{rows}\n{versions}; {time.monotonic() - began:.0f} s\n")
    if not given.dry:
        write(page(rows, versions, in_all([lane.name for lane in lanes], found)))


if __name__ == "__main__":
    main()
