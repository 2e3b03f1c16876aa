import logging
from collections.abc import Awaitable
from typing import ClassVar, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from saq.queue.redis import RedisQueue

from app.shared.queues.quiet import QUEUE, Quiet

log = logging.getLogger(__name__)


class RedisBell(Quiet, RedisQueue):
    dequeue_seconds: ClassVar[float] = 1

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


def redis_bell(url: str) -> RedisBell:
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
