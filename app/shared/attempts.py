"""How often something may be tried: counted over a span of time that begins with the first try.

In Redis where there is one; without it, or while it is away, in the database. Whose tries they are is kept as a hash.
"""

import hashlib

from sqlalchemy import text

from app.config import Settings
from app.db.session import Database
from app.shared.broker import NotThere, Shared
from app.shared.exceptions import TooMany

COUNT = """
insert into attempts as tried (key, count, ends_at) values (:key, 1, clock_timestamp() + make_interval(secs => :seconds))
on conflict (key) do update set
  count = case when tried.ends_at <= clock_timestamp() then 1 else tried.count + 1 end,
  ends_at = case when tried.ends_at <= clock_timestamp() then excluded.ends_at else tried.ends_at end
returning count as tries, extract(epoch from ends_at - clock_timestamp())::float8 as seconds
"""
UNCOUNT = "update attempts set count = count - 1 where key = :key and count > 0 and ends_at > clock_timestamp()"
FORGET = "delete from attempts where ends_at < now()"

# KEYS: the counter. ARGV: milliseconds that it lives. Gives the count and the milliseconds that are left.
COUNT_IN_REDIS = """
local count = redis.call('incr', KEYS[1])
if count == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
return {count, redis.call('pttl', KEYS[1])}
"""
UNCOUNT_IN_REDIS = "if redis.call('exists', KEYS[1]) == 1 then redis.call('decr', KEYS[1]) end"


class Attempts:
    """Counts tries; whoever takes part in the count shares it, whichever process is asked."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._shared = Shared(settings.broker_url, "Tries are counted in the database for now")

    async def take(self, what: str, whose: str, most: int, seconds: int, refusal: str) -> None:
        """Count one try before it is made, so that many at once can't slip through; `TooMany` where it is one too many."""
        count, left = await self._count(_key(what, whose), seconds)
        if count > most:
            raise TooMany(refusal, code="too_many_attempts", retry_after_seconds=max(1, round(left + 0.5)))

    async def give_back(self, what: str, whose: str) -> None:
        """Uncount a try that turned out well."""
        key = _key(what, whose)
        try:
            await self._shared.run(UNCOUNT_IN_REDIS, [f"strand:tries:{key}"])
        except NotThere:
            async with self._db.transaction() as session:
                await session.execute(text(UNCOUNT), {"key": key})

    async def forget(self) -> None:
        """Delete counts whose time is over."""
        async with self._db.transaction() as session:
            await session.execute(text(FORGET))

    async def close(self) -> None:
        await self._shared.close()

    async def _count(self, key: str, seconds: int) -> tuple[int, float]:
        try:
            count, left = await self._shared.run(COUNT_IN_REDIS, [f"strand:tries:{key}"], seconds * 1000)
        except NotThere:
            async with self._db.transaction() as session:
                row = (await session.execute(text(COUNT), {"key": key, "seconds": seconds})).one()
            return row.tries, row.seconds
        return count, left / 1000


def _key(what: str, whose: str) -> str:
    return hashlib.sha256(f"{what}\0{whose}".encode()).hexdigest()
