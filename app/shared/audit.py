"""The audit log: who did what to what, when and from where. An event is part of the transaction that it tells of."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import AuditEvent
from app.shared.http import Principal

AT_THE_MACHINE = "command line"
"""In place of an address, where somebody works at the installation itself."""

PURPOSE = "select set_config('strand.audit', :purpose, true)"
BLANK = """
update audit_events set address = null, details = '{}'
where actor_id = :user_id or (actor_id is null and target_id = :user_id)
"""
SWEEP = """
delete from audit_events where id in (
  select id from audit_events where created_at < now() - make_interval(days => :days) order by created_at limit :batch)
"""


def record(
    session: AsyncSession,
    by: Principal | None,
    action: str,
    target: tuple[str, UUID] | None = None,
    *,
    address: str | None = None,
    **details: Any,
) -> None:
    """Note that *by* did *action* (`thing.deed`) to *target* (type, id): kept if, and only if, the transaction commits.
    None: somebody who had not signed in, from *address*. The details are for operators to read: no secret goes there."""
    kind, which = target or (None, None)
    event = AuditEvent(
        action=action, target_type=kind, target_id=which, address=by.address if by else address,
        details=msgspec.to_builtins(details),
    )  # fmt: skip
    if by is not None:
        event.actor_id, event.actor_role = by.id, by.role
        event.session_id, event.api_key_id = by.session_id, by.api_key_id
    session.add(event)


async def forget_person(session: AsyncSession, user_id: UUID) -> None:
    """The events of an erased account stay, without where it acted from and what it did in detail."""
    await session.flush()
    await session.execute(text(PURPOSE), {"purpose": "erase"})
    await session.execute(text(BLANK), {"user_id": user_id})
    await session.execute(text(PURPOSE), {"purpose": ""})


async def sweep(session: AsyncSession, days: int, batch: int) -> int:
    """Delete the oldest events that are past their time; gives how many."""
    await session.execute(text(PURPOSE), {"purpose": "sweep"})
    gone: int = (await session.execute(text(SWEEP), {"days": days, "batch": batch})).rowcount  # type: ignore[attr-defined]
    await session.execute(text(PURPOSE), {"purpose": ""})
    return gone
