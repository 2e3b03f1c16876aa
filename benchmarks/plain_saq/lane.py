"""One engine under test: what is asked of it, what is read from it, and what a fault did to its jobs."""

import subprocess
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from tests.faults.servers import RedisServer
from tests.provider.process import ProviderProcess

JOBS, FEW, DYING, SWEEPERS = 40, 20, 5, 3
STEP_SECONDS = 0.6
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


class Lane(ABC):
    """One engine with servers and processes of its own."""

    name: str
    provider: ProviderProcess
    redis: RedisServer | None

    @abstractmethod
    def begin(self, fault: str, seconds: float = STEP_SECONDS) -> None: ...

    @abstractmethod
    def worker(self) -> Process: ...

    @abstractmethod
    def known(self) -> int:
        """How many workers are up."""

    def workers(self, count: int) -> list[Process]:
        """So many, all up before anything is asked of them."""
        started = [self.worker() for _ in range(count)]
        self.until(lambda: self.known() >= count, "workers are up")
        time.sleep(1)
        return started

    @abstractmethod
    def ask(self, count: int) -> list[str]: ...

    @abstractmethod
    def ask_twice(self, count: int) -> list[str]:
        """Each request twice at once, and once more after its job has ended."""

    @abstractmethod
    def ask_and_die(self, count: int) -> list[str]:
        """The producer of each dies between its commit and the queue."""

    @abstractmethod
    def cancel(self, ids: list[str]) -> dict[str, float]:
        """When each cancel was answered."""

    @abstractmethod
    def statuses(self, ids: list[str]) -> dict[str, str]: ...

    @abstractmethod
    def held_by(self, process: Process) -> set[str]: ...

    @abstractmethod
    def ends(self, ids: list[str]) -> dict[str, int]:
        """How often each was run to its end."""

    @abstractmethod
    def reachable(self) -> set[str]:
        """Jobs that something would still run."""

    @abstractmethod
    def kill_sweepers(self) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

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
