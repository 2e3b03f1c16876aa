"""Deliveries that are past their time, and secrets that sign no more."""

from sqlalchemy import text

from app.shared.resources import Resources

BATCH = 500
OLD = """
delete from webhook_deliveries where id in (
  select id from webhook_deliveries where created_at < now() - make_interval(days => :days) and status <> 'pending'
  limit :batch)
"""
SPENT = """
update webhooks set previous_sealed_secret = null, previous_until = null, revision = revision + 1
where previous_until < now()
"""


async def keep_up(resources: Resources) -> int:
    """Gives how many deliveries went."""
    deleted = 0
    async with resources.db.transaction() as session:
        await session.execute(text(SPENT))
    while True:
        async with resources.db.transaction() as session:
            given = {"days": resources.settings.retain_deliveries_days, "batch": BATCH}
            gone: int = (await session.execute(text(OLD), given)).rowcount  # type: ignore[attr-defined]
        deleted += gone
        if gone < BATCH:
            return deleted
