"""The bell: SAQ carries a message that says nothing but 'there may be work'. Lost, late or doubled, it does no harm."""

import asyncio
import logging
from uuid import uuid4

from saq import Queue

from app.shared.broker import is_redis

log = logging.getLogger(__name__)

DRAIN = "drain"
RING_SECONDS = 2.0


def build_bell(url: str, connections: int = 2) -> Queue:
    """The SAQ queue behind the URL: `redis://`, or `postgresql://`. Only its own driver is loaded: each takes its megabytes."""
    if is_redis(url):
        from app.shared.queues.on_redis import redis_bell  # noqa: PLC0415

        return redis_bell(url)
    from app.shared.queues.on_postgres import postgres_bell  # noqa: PLC0415

    return postgres_bell(url, connections, RING_SECONDS)


class Bell:
    """Rings without being waited for: rings that come while one is on its way become one more."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self._ringing: asyncio.Task[None] | None = None
        self._again = False

    async def ring(self) -> None:
        if self._ringing and not self._ringing.done():
            self._again = True
            return
        self._ringing = asyncio.create_task(self._ring())
        await self._ringing

    async def _ring(self) -> None:
        while True:
            self._again = False
            try:
                async with asyncio.timeout(RING_SECONDS):
                    await self.queue.connect()
                    await self.queue.enqueue(DRAIN, key=uuid4().hex, timeout=0, retries=1, ttl=-1, heartbeat=0)
            except Exception as error:
                log.warning("The bell could not be rung; workers will find the job when they next look: %r", error)
            if not self._again:
                return

    async def alive(self) -> bool:
        """Whether the bell answers within two seconds."""
        try:
            async with asyncio.timeout(RING_SECONDS):
                await self.queue.connect()
                await self.queue.count("queued")
        except Exception as error:
            log.warning("The bell does not answer: %r", error)
            return False
        return True

    async def close(self) -> None:
        if self._ringing and not self._ringing.done():
            self._ringing.cancel()
        try:
            async with asyncio.timeout(RING_SECONDS):
                await self.queue.disconnect()
        except Exception as error:
            log.warning("The bell did not close cleanly: %r", error)
