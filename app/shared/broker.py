"""The Redis that processes share, where there is one. Its driver is loaded by the process that has it."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 30.0


def is_redis(url: str | None) -> bool:
    return bool(url) and str(url).startswith(("redis://", "rediss://", "unix://"))


def open_redis(url: str, **options: Any) -> Any:
    """A client (`redis.asyncio.Redis`) for the URL; nothing is asked of the server yet."""
    from redis.asyncio import Redis  # noqa: PLC0415  five megabytes

    return Redis.from_url(url, **options)


class NotThere(Exception):
    """There is no Redis, or it is away for now: do without it."""


class Shared:
    """Numbers that processes share in Redis, changed by scripts. After a failure it is left alone for half a minute."""

    def __init__(self, url: str | None, instead: str) -> None:
        """*instead* is what the log says of the time without."""
        self._redis = open_redis(url, socket_timeout=2, socket_connect_timeout=1) if url and is_redis(url) else None
        self._instead = instead
        self._away_until = 0.0

    async def run(self, script: str, keys: Sequence[str], *given: Any, anyway: bool = False) -> Any:
        """What the Lua script returns; raises `NotThere`. *anyway*: even while Redis is left alone, for what gives back."""
        if self._redis is None or (time.monotonic() < self._away_until and not anyway):
            raise NotThere
        from redis.exceptions import RedisError  # noqa: PLC0415  loaded with the client

        try:
            return await self._redis.eval(script, len(keys), *keys, *given)
        except (RedisError, OSError, TimeoutError) as error:
            if not anyway:
                log.warning("%s: %r", self._instead, error)
                self._away_until = time.monotonic() + LOOK_AGAIN_SECONDS
            raise NotThere from error

    async def close(self) -> None:
        if self._redis is not None:
            with suppress(Exception):
                await self._redis.aclose()
