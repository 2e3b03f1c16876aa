import asyncio
import logging
import random
from typing import Any, ClassVar

from saq import Job

log = logging.getLogger(__name__)

QUEUE = "strand"


class Quiet:
    """What both queues have in common: a dead bell is a warning and a pause, never a crash or a busy loop."""

    dequeue_seconds: ClassVar[float]
    """How long a worker listens before it asks again."""

    async def dequeue(self, timeout: float = 0, poll_interval: float = 0.0) -> Job | None:  # noqa: ASYNC109  SAQ's own
        try:
            found: Job | None = await super().dequeue(timeout or self.dequeue_seconds, poll_interval)  # type: ignore[misc]
            return found
        except Exception as error:
            log.warning("The bell can't be heard: %r", error)
            await asyncio.sleep(0.5 + random.random())
            return None

    async def write_worker_info(self, *_: Any, **__: Any) -> None:
        """Workers are known by `worker_processes`; SAQ's own book is not kept."""
