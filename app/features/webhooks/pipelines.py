import time
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.webhooks import signing
from app.features.webhooks.delivering import Deliveries
from app.shared.jobs import JobContext


async def deliver(job: JobContext, delivery_id: UUID) -> bool:
    """One try. No remembered step: what isn't known to have arrived is sent again, under the same id. False: there was
    nothing to send."""
    resources = job.resources
    async with resources.db.transaction() as session:
        sent = await Deliveries(session).outgoing(delivery_id, resources.keys)
    if sent is None:
        return False
    body = sent.body.encode()
    headers = signing.headers(sent.secrets, sent.event_id, int(time.time()), body)
    handed = await resources.courier.hand(sent.url, headers, body)
    resources.metrics.count("strand_webhook_tries_total", 1, outcome="failed" if handed.error else "delivered")

    async with resources.db.transaction() as session:
        failure = await Deliveries(session).record(delivery_id, sent, handed, resources.settings.webhook_pauses)
    if failure is not None:
        raise failure
    return True


async def give_up(session: AsyncSession, given: dict[str, Any], error: dict[str, Any] | None) -> None:
    """The job failed or was cancelled: so did its delivery, if that isn't said yet."""
    reason = error["message"] if error else "Its job was cancelled."
    await Deliveries(session).give_up(UUID(given["delivery_id"]), reason)
