"""Cell 16: for so many minutes a random fault every ten seconds, and then all invariants.

`python -m tests.faults.soak --minutes 10 --bell redis --seed 1`; the seed is printed, so that a run can be repeated.
"""

import argparse
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import httpx

from tests.faults.harness import LEASE_SECONDS, MORTAL, Stage
from tests.faults.invariants import check

WORKERS = 3
PAUSE_SECONDS = 10
ASK_SECONDS = 0.5
IN_FLIGHT = """
select count(*)::int as n from job_steps step join jobs job on job.id = step.job_id
where step.status = 'running' and job.status = 'running'
"""


class Soak:
    """One run: a creator who keeps asking, and somebody who keeps breaking things."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.random = stage, random.Random(seed)
        self.workers = stage.start_workers(WORKERS, **MORTAL)
        self.over = threading.Event()
        self.on_the_wire = 0
        """Steps that were being run when something was killed or frozen: each may have been paid for and may be again."""
        self.done: Counter[str] = Counter()

    def ask(self) -> None:
        while not self.over.wait(ASK_SECONDS * self.random.uniform(0.5, 1.5)):
            key = f"soak-{len(self.stage.accepted)}"
            for _ in range(20):  # what a careful client does
                try:
                    self.stage.ask(key=key, sections=self.random.randint(1, 4), together=self.random.random() < 0.3)
                    break
                except (httpx.HTTPError, AssertionError):
                    if self.over.wait(0.5):
                        return

    def faults(self) -> list[Callable[[], None]]:
        known = [self.kill_worker, self.freeze_worker, self.replace_worker, self.kill_api, self.crash_postgres, self.cut_connections]  # fmt: skip
        return [*known, self.kill_redis, self.freeze_redis] if self.stage.redis else known

    def run(self, minutes: float) -> None:
        asking = threading.Thread(target=self.ask)
        asking.start()
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            fault = self.random.choice(self.faults())
            print(f"{time.strftime('%H:%M:%S')} {fault.__name__}, {len(self.stage.accepted)} jobs so far", flush=True)
            self.done[fault.__name__] += 1
            fault()
            time.sleep(PAUSE_SECONDS * self.random.uniform(0.5, 1.0))
        self.over.set()
        asking.join()

    def count_the_wire(self) -> None:
        """After the blow: what it hit stands still."""
        with suppress(Exception):
            self.on_the_wire += self.stage.sql(IN_FLIGHT)[0]["n"]

    def kill_worker(self) -> None:
        place = self.random.randrange(WORKERS)
        self.workers[place].kill()
        self.workers[place].wait(10)
        self.count_the_wire()
        self.workers[place] = self.stage.start_worker(**MORTAL)

    def freeze_worker(self) -> None:
        worker = self.random.choice(self.workers)
        worker.send_signal(signal.SIGSTOP)
        self.count_the_wire()
        time.sleep(self.random.uniform(1, 2 * LEASE_SECONDS))
        worker.send_signal(signal.SIGCONT)

    def replace_worker(self) -> None:
        place = self.random.randrange(WORKERS)
        old, self.workers[place] = self.workers[place], self.stage.start_worker(**MORTAL)
        self.stage.stop(old, seconds=30)
        self.count_the_wire()  # one that is told to leave while it starts just ends

    def kill_api(self) -> None:
        self.stage.stop(self.stage.api, signal.SIGKILL)
        self.stage.api = self.stage.start_api(self.stage.port)

    def crash_postgres(self) -> None:
        self.stage.postgres.crash()
        time.sleep(self.random.uniform(0.5, 2 * LEASE_SECONDS))
        self.stage.postgres.start()

    def cut_connections(self) -> None:
        self.stage.sql("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()")  # fmt: skip

    def kill_redis(self) -> None:
        assert self.stage.redis is not None
        self.stage.redis.kill()
        time.sleep(self.random.uniform(0.5, 5))
        self.stage.redis.start()

    def freeze_redis(self) -> None:
        assert self.stage.redis is not None
        self.stage.redis.freeze()
        time.sleep(self.random.uniform(1, 5))
        self.stage.redis.thaw()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--bell", choices=["postgres", "redis"], default="redis")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}, bell {given.bell}, {given.minutes} minutes", flush=True)
    stage = Stage(given.bell)
    try:
        stage.provider.script(
            {"times": None, "share": 0.03, "seed": given.seed, "action": {"do": "status", "status": 500}},
            {"times": None, "share": 0.01, "seed": given.seed + 1, "action": {"do": "reset"}},
            {"times": None, "action": {"do": "hang", "seconds": 0.3}},
        )
        soak = Soak(stage, given.seed)
        soak.run(given.minutes)
        print("waiting for all jobs to end", flush=True)
        check(stage, repeats=soak.on_the_wire, failed=len(stage.accepted), attempts=True)
        ended = Counter(row["status"] for row in stage.sql("select status from jobs"))
        unknown = stage.sql("select count(*)::int as n from model_calls where state = 'unknown'")[0]["n"]
        print(f"{len(stage.accepted)} jobs, {dict(ended)}, {len(stage.provider.log())} calls, {unknown} unknown")
        print(f"faults: {dict(soak.done)}; every invariant holds")
    finally:
        stage.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
