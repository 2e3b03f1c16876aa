"""What is done to the lanes."""

import signal
import time
from collections.abc import Callable

import msgspec

from benchmarks.plain_saq.lane import DYING, FEW, JOBS, STEP_SECONDS, SWEEPERS, Lane, Outcome, step_of
from benchmarks.plain_saq.plain import Plain

LONG_SECONDS = 1.5
FROZEN_SECONDS = 20


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
