"""Work that is done once in a while, by whichever worker comes first."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TAKE = """
insert into chores as chore (name, begun_at) values (:name, now())
on conflict (name) do update set begun_at = excluded.begun_at
  where chore.begun_at <= now() - make_interval(secs => :every_seconds)
returning name
"""


async def take(session: AsyncSession, name: str, every_seconds: float) -> bool:
    """Whether the chore is due and now ours; of several that ask at once, one gets it. Committed before the work is done,
    so that nobody waits: a chore that fails is due again when its time has passed."""
    return await session.scalar(text(TAKE), {"name": name, "every_seconds": every_seconds}) is not None
