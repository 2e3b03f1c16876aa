"""What happened, for whoever wants to be told: written in the transaction in which it happens, or not at all.

Jobs need no call: the database publishes their endings. Deliveries are jobs, which workers find by themselves.
"""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import VERSION

PUBLISH = "select webhook_publish(:owner, :happened, :type, cast(:data as jsonb), :version)"


async def publish(session: AsyncSession, owner_id: UUID, type: str, happened: str, data: dict[str, Any]) -> None:  # noqa: A002
    """Let the owner's webhooks know. *happened* names this one event: publishing it again does nothing. *data* holds ids
    and states, never what somebody wrote: it leaves the house."""
    packed = msgspec.json.encode(data).decode()
    given = {"owner": owner_id, "happened": happened, "type": type, "data": packed, "version": VERSION}
    await session.execute(text(PUBLISH), given)
