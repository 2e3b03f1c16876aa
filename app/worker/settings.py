"""The queue as this worker hears it, and how SAQ is to run it."""

from typing import Any

from saq import Queue, Worker

from app.config import Settings
from app.shared.bell import DRAIN, build_bell
from app.worker.runtime import Runtime

TIMERS = {"schedule": 5, "worker_info": 3600, "sweep": 60, "abort": 3600}


def bell_url(settings: Settings) -> str:
    url = settings.broker_url or settings.database_url
    assert url is not None
    return url


def build_queue(settings: Settings) -> Queue:
    return build_bell(bell_url(settings), connections=4)


def build_worker(queue: Queue, runtime: Runtime) -> Worker[Any]:
    """SAQ listens and runs `drain`, which only wakes the runtime; so nothing is lost when SAQ is cut off at once."""
    worker: Worker[Any] = Worker(
        queue,
        functions=[(DRAIN, runtime.drain)],
        concurrency=2,
        timers=TIMERS,  # type: ignore[arg-type]
        shutdown_grace_period_s=0,
        cancellation_hard_deadline_s=1,
    )
    worker.SIGNALS = []  # ours from the first claim to the last receipt: see `run.work`
    return worker
