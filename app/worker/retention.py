"""What is old goes, in batches small enough to disturb nobody; several workers may sweep at once."""

import logging

from sqlalchemy import text

from app.features import feature_modules
from app.shared.idempotency import KEY_HOURS
from app.shared.resources import Resources

log = logging.getLogger(__name__)

BATCH = 500
LOCK = "select pg_try_advisory_xact_lock(7005, 0)"

OLD_EVENTS = """
delete from job_events where (job_id, seq) in (
  select event.job_id, event.seq from job_events event join jobs on jobs.id = event.job_id
  where jobs.finished_at < now() - make_interval(days => :events_days) and event.seq < jobs.event_seq limit :batch)
"""
OLD_JOBS = """
delete from jobs where id in (
  select id from jobs where finished_at < now() - make_interval(days => :jobs_days)
    and status in ('succeeded', 'failed', 'cancelled') and not untold limit :batch)
"""
OLD_KEYS = """
delete from idempotency_keys where (owner_id, key) in (
  select owner_id, key from idempotency_keys where created_at < now() - make_interval(hours => :key_hours) limit :batch)
"""
OLD_LANES = "delete from provider_lanes where paused_until < now() - interval '1 day'"

BUDGETS_AGAIN = """
update jobs set run_at = now(), deadline_at = now() + make_interval(secs => :deadline_seconds)
where id in (
  select id from jobs
  where status = 'queued' and waits_for = 'budget' and run_at > now() and owner_id in (
    select id from users where coalesce(monthly_budget_usd, cast(:budget as numeric)) is null
      or coalesce(monthly_budget_usd, cast(:budget as numeric)) > (
        select coalesce(sum(cost_usd), 0) from model_calls
        where owner_id = users.id and sent_at >= date_trunc('month', now() at time zone 'utc') at time zone 'utc'))
  order by owner_id limit :batch)
"""


async def sweep(resources: Resources) -> int:
    """Delete ended jobs, their events, and spent keys that are past their time; gives how many rows went. What models
    cost is never deleted."""
    settings, deleted = resources.settings, 0
    given = {
        "events_days": settings.retain_events_days,
        "jobs_days": settings.retain_jobs_days,
        "key_hours": KEY_HOURS,
        "batch": BATCH,
    }
    for statement in (OLD_EVENTS, OLD_JOBS, OLD_KEYS):
        names = {name: value for name, value in given.items() if f":{name}" in statement}
        while True:
            async with resources.db.transaction() as session:
                if not await session.scalar(text(LOCK)):
                    return deleted
                gone: int = (await session.execute(text(statement), names)).rowcount  # type: ignore[attr-defined]
            deleted += gone
            if gone < BATCH:
                break
    async with resources.db.transaction() as session:
        await session.execute(text(OLD_LANES))
        budget = {"deadline_seconds": settings.job_deadline_seconds, "budget": settings.monthly_budget_usd, "batch": BATCH}  # fmt: skip
        await session.execute(text(BUDGETS_AGAIN), budget)
    for module in feature_modules("upkeep"):
        deleted += await module.keep_up(resources)
    if deleted:
        log.info("%d old rows and files were deleted", deleted)
    return deleted
