"""The same request with the same `Idempotency-Key` gets the same job, for 24 hours."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import IdempotencyKey, Job
from app.shared.exceptions import Unprocessable

KEY_HOURS = 24
LOCK = 7003
LONGEST_KEY = 255


class Idempotency(Struct, frozen=True):
    """The client's key, and what the request asked for under it."""

    key: str
    request_hash: str


async def read_idempotency(request: Request[Any, Any, Any], fields: Any = None) -> Idempotency | None:
    """The key of this request; its hash covers the path and the body, or the *fields* of a multipart form."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise Unprocessable("An Idempotency-Key has at most 255 characters.", code="idempotency_key_too_long")
    body = await request.json() if fields is None else fields
    packed = msgspec.json.encode([request.url.path, body], order="sorted")
    return Idempotency(key, hashlib.sha256(packed).hexdigest())


async def earlier_job(session: AsyncSession, owner_id: UUID, idempotency: Idempotency | None) -> Job | None:
    """The job that the same request made before. A second request with the key waits here for the first."""
    if idempotency is None:
        return None
    lock = {"space": LOCK, "lock": f"{owner_id}:{idempotency.key}"}
    await session.execute(text("select pg_advisory_xact_lock(:space, hashtext(:lock))"), lock)
    known = await session.get(IdempotencyKey, (owner_id, idempotency.key))
    if known is None:
        return None
    if known.created_at < datetime.now(UTC) - timedelta(hours=KEY_HOURS):
        await session.delete(known)
        await session.flush()
        return None
    if known.request_hash != idempotency.request_hash:
        raise Unprocessable(
            "This Idempotency-Key was used for another request; send a new key with a new request.",
            code="idempotency_key_reused",
        )
    return await session.scalar(select(Job).where(Job.id == known.job_id))


def remember_key(session: AsyncSession, job: Job, idempotency: Idempotency | None) -> None:
    """Keep which job the request made, in the transaction that makes it."""
    if idempotency is not None:
        session.add(
            IdempotencyKey(
                owner_id=job.owner_id, key=idempotency.key, request_hash=idempotency.request_hash, job_id=job.id
            )
        )
