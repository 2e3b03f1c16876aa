"""What accounts leave behind: counts of tries, mailed tokens and sign-ins that are over, old audit events, and files of erased
accounts in the storage."""

from sqlalchemy import text

from app.features.accounts.leaving import look_again
from app.shared.audit import sweep
from app.shared.resources import Resources

BATCH = 1000
OVER = (
    "delete from account_tokens where id in ("
    "  select id from account_tokens where expires_at < now() - interval '1 day' limit :batch)",
    "delete from user_sessions where id in ("
    "  select id from user_sessions where expires_at < now() - interval '30 days' limit :batch)",
)


async def keep_up(resources: Resources) -> int:
    await resources.attempts.forget()
    deleted = await look_again(resources)
    for statement in OVER:
        gone = BATCH
        while gone == BATCH:
            async with resources.db.transaction() as session:
                gone = (await session.execute(text(statement), {"batch": BATCH})).rowcount  # type: ignore[attr-defined]
            deleted += gone
    gone = BATCH
    while gone == BATCH:
        async with resources.db.transaction() as session:
            gone = await sweep(session, resources.settings.retain_audit_days, BATCH)
        deleted += gone
    return deleted
