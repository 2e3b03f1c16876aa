"""Limits per provider and model that hold across all workers: requests and tokens a minute, calls at once.

In Redis where there is one; without it, or while it is away, each process keeps its share: the limit divided by the
workers that live. Rates are counted by the generic cell rate algorithm (virtual scheduling, ITU-T I.371): one number
per limit, the time at which the bucket would be empty again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from app.config import Settings
from app.shared.broker import NotThere, Shared
from app.shared.clients.failures import LaneClosed

MINUTE = 60.0
PATIENCE_SECONDS = 3.0
SHARE_SECONDS = 10.0

# KEYS: requests, tokens, calls. ARGV: requests a minute, tokens a minute, calls at once, tokens wanted, id, hold seconds.
# Takes all three or nothing; gives the seconds to wait, 0 for taken.
TAKE = """
local now = redis.call('time')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local wait, due = 0, {}
for number, cost in ipairs({1, tonumber(ARGV[4])}) do
  local limit = tonumber(ARGV[number])
  if limit > 0 then
    local each = 60 / limit
    local full = math.max(tonumber(redis.call('get', KEYS[number]) or 0), now) + math.min(cost, limit) * each
    due[number] = full
    wait = math.max(wait, full - 60 - now)
  end
end
local most = tonumber(ARGV[3])
if most > 0 then
  redis.call('zremrangebyscore', KEYS[3], '-inf', now)
  if redis.call('zcard', KEYS[3]) >= most then wait = math.max(wait, 0.25) end
end
if wait > 0 then return tostring(wait) end
for number, full in pairs(due) do redis.call('set', KEYS[number], tostring(full), 'EX', 120) end
if most > 0 then
  redis.call('zadd', KEYS[3], now + tonumber(ARGV[6]), ARGV[5])
  redis.call('expire', KEYS[3], math.ceil(tonumber(ARGV[6])))
end
return '0'
"""
GIVE_BACK = "return redis.call('zrem', KEYS[1], ARGV[1])"


class _Local:
    """The same sums for one process."""

    def __init__(self) -> None:
        self._full: dict[tuple[str, int], float] = {}
        self._calls: dict[str, set[str]] = {}

    def take(self, lane: str, limits: tuple[float, float, float], tokens: int, call: str) -> float:
        now, wait, due = time.monotonic(), 0.0, {}
        for number, cost in enumerate((1, tokens)):
            if limits[number] > 0:
                full = max(self._full.get((lane, number), 0), now) + min(cost, limits[number]) * MINUTE / limits[number]
                due[lane, number] = full
                wait = max(wait, full - MINUTE - now)
        calls = self._calls.setdefault(lane, set())
        if limits[2] > 0 and len(calls) >= limits[2]:
            wait = max(wait, 0.25)
        if wait <= 0:
            self._full.update(due)
            calls.add(call)
        return max(0.0, wait)

    def give_back(self, lane: str, call: str) -> None:
        self._calls.get(lane, set()).discard(call)


class Limiter:
    """Lets a call pass when the lane has room. Without a limit in the settings it does nothing."""

    def __init__(self, settings: Settings, workers: Callable[[], Awaitable[int]]) -> None:
        self._limits = (
            settings.provider_requests_per_minute,
            settings.provider_tokens_per_minute,
            settings.provider_concurrency,
        )
        self._hold_seconds = settings.provider_timeout_seconds + 30
        self._local = _Local()
        self._workers, self._share, self._share_until = workers, 1, 0.0
        self._shared = Shared(settings.broker_url, "Limits are kept by each process for now")

    @asynccontextmanager
    async def room(self, provider: str, model: str, tokens: int) -> AsyncIterator[None]:
        """Wait a moment for room, hold it during the call; `LaneClosed` where the wait would be long."""
        if not any(self._limits):
            yield
            return
        lane, call, give_up = f"{provider}:{model}", uuid4().hex, time.monotonic() + PATIENCE_SECONDS
        while True:
            wait, shared = await self._take(lane, tokens, call)
            if wait <= 0:
                break
            if time.monotonic() + wait > give_up:
                raise LaneClosed(f"Our own limit for {model} is reached.", retry_after_seconds=wait)
            await asyncio.sleep(wait)
        try:
            yield
        finally:
            self._local.give_back(lane, call)
            if shared and self._limits[2]:
                with suppress(NotThere):
                    await self._shared.run(GIVE_BACK, [f"strand:limit:{lane}:calls"], call, anyway=True)

    async def _take(self, lane: str, tokens: int, call: str) -> tuple[float, bool]:
        """The seconds to wait, 0 for taken; and whether all processes know."""
        keys = [f"strand:limit:{lane}:{name}" for name in ("requests", "tokens", "calls")]
        try:
            return float(await self._shared.run(TAKE, keys, *self._limits, tokens, call, self._hold_seconds)), True
        except NotThere:
            share = await self._shared_by()
        requests, at_a_time, calls = (limit / share for limit in self._limits)
        return self._local.take(lane, (requests, at_a_time, max(1, calls) if calls else 0), tokens, call), False

    async def _shared_by(self) -> int:
        if time.monotonic() >= self._share_until:
            self._share_until = time.monotonic() + SHARE_SECONDS
            with suppress(Exception):
                self._share = max(1, await self._workers())
        return self._share

    async def close(self) -> None:
        await self._shared.close()
