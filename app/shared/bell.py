"""The bell: SAQ carries a message that says nothing but 'there may be work'. Lost, late or doubled, it does no harm."""

import asyncio
import logging
import random
from collections.abc import Awaitable
from typing import Any, cast
from uuid import uuid4

from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from saq import Job, Queue
from saq.queue.postgres import PostgresQueue
from saq.queue.redis import RedisQueue

from app.db.session import plain_url

log = logging.getLogger(__name__)

QUEUE = "strand"
DRAIN = "drain"
RING_SECONDS = 2.0


class _Quiet:
    """What both queues have in common: a dead bell is a warning and a pause, never a crash or a busy loop."""

    async def dequeue(self, timeout: float = 0, poll_interval: float = 0.0) -> Job | None:  # noqa: ASYNC109  SAQ's own
        try:
            found: Job | None = await super().dequeue(timeout, poll_interval)  # type: ignore[misc]
            return found
        except Exception as error:
            log.warning("The bell can't be heard: %r", error)
            await asyncio.sleep(0.5 + random.random())
            return None

    async def write_worker_info(self, *_: Any, **__: Any) -> None:
        """Workers are known by `worker_processes`; SAQ's own book is not kept."""


class RedisBell(_Quiet, RedisQueue):
    async def schedule(self, lock: int = 1) -> list[str]:  # noqa: ARG002  nothing of ours is scheduled by SAQ
        return []

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:  # noqa: ARG002
        """Drop litter only: SAQ's own sweep would run a message again that a healthy worker still holds."""
        dropped: list[str] = []
        try:
            for job_id in await cast("Awaitable[list[bytes]]", self.redis.lrange(self._active, 0, 999)):
                job = self.deserialize(await self.redis.get(job_id))
                if job is None or ((job.started and job.duration("running")) or 0) > 60_000:
                    await cast("Awaitable[int]", self.redis.lrem(self._active, 0, job_id.decode()))
                    await self.redis.zrem(self._incomplete, job_id)
                    await self.redis.delete(job_id)
                    dropped.append(job_id.decode())
        except Exception as error:
            log.warning("The bell can't be swept: %r", error)
        return dropped


class PostgresBell(_Quiet, PostgresQueue):
    async def schedule(self, lock: int = 1) -> list[str]:
        try:
            found: list[str] = await super().schedule(lock)
            return found
        except Exception as error:
            log.warning("The bell can't be polled: %r", error)
            return []

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:  # noqa: ARG002
        """Drop litter only, such as the messages of a worker that was killed."""
        try:
            async with self.pool.connection() as connection:
                await connection.execute(
                    "delete from saq_jobs where queue = %s and scheduled < extract(epoch from now()) - 60", (self.name,)
                )
        except Exception as error:
            log.warning("The bell can't be swept: %r", error)
        return []


def build_bell(url: str, connections: int = 2) -> Queue:
    """The SAQ queue behind the URL: `redis://`, or `postgresql://` with tables in a schema of their own."""
    if url.startswith(("redis://", "rediss://", "unix://")):
        return RedisBell(
            Redis.from_url(
                url,
                socket_timeout=15,
                socket_connect_timeout=2,
                socket_keepalive=True,
                health_check_interval=15,
                retry=Retry(ExponentialBackoff(cap=1, base=0.05), 2),
            ),
            name=QUEUE,
        )
    pool = AsyncConnectionPool(
        plain_url(url),
        open=False,
        timeout=RING_SECONDS,
        reconnect_timeout=60,
        kwargs={"options": "-c search_path=saq", "application_name": "strand-bell", "connect_timeout": 3},
        check=AsyncConnectionPool.check_connection,
    )
    return PostgresBell(pool=pool, name=QUEUE, min_size=1, max_size=connections, manage_pool_lifecycle=True)


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
