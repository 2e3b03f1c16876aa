"""What one try of a delivery needs, and what its outcome means for the delivery and its webhook."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DeliveryStatus, Webhook, WebhookDelivery
from app.shared.clients.courier import Handed
from app.shared.exceptions import AppError, Unavailable, Unprocessable
from app.shared.keys import Keys, UnreadableSeal

FAILING_DAYS = 5
GONE = 410
LONGEST_ERROR = 300
LONGEST_REST_SECONDS = 60
"""A receiver that doesn't answer costs a slot for as long as is waited for it: what else is on its way to it waits, so that
the owner's other receivers get theirs."""


class ReceiverAway(Unavailable):
    """The job waits for the next try; that is none of the job's own failures."""

    waits_for = "receiver"
    code = "delivery_failed"


class Outgoing(Struct, frozen=True):
    """A delivery, ready to be signed and sent."""

    webhook_id: UUID
    url: str
    secrets: list[str]
    event_id: str
    body: str


class Deliveries:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def outgoing(self, delivery_id: UUID, keys: Keys) -> Outgoing | None:
        """None: there is nothing left to do. `Unprocessable`: it will never be sent; `ReceiverAway`: not now."""
        query = select(WebhookDelivery, Webhook).join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        found = (await self.session.execute(query.where(WebhookDelivery.id == delivery_id))).one_or_none()
        if found is None or found[0].status is DeliveryStatus.DELIVERED:
            return None
        delivery, webhook = found
        if not webhook.active:
            raise Unprocessable("The webhook is switched off.", code="webhook_off")
        now = datetime.now(UTC)
        if webhook.resting_until and webhook.resting_until > now and delivery.event_type != "webhook.test":
            wait = (webhook.resting_until - now).total_seconds() * random.uniform(1, 2)
            raise ReceiverAway("The receiver doesn't answer just now.", retry_after_seconds=wait)
        sealed = [webhook.sealed_secret]
        if webhook.previous_sealed_secret and webhook.previous_until and webhook.previous_until > now:
            sealed.append(webhook.previous_sealed_secret)
        try:
            secrets = [keys.unseal(one) for one in sealed]
        except UnreadableSeal:
            raise Unprocessable(
                "The webhook's secret can't be read any more; make a new one, then replay this.", code="secret_lost"
            ) from None
        return Outgoing(webhook.id, webhook.url, secrets, delivery.event_id, delivery.payload)

    async def record(
        self, delivery_id: UUID, sent: Outgoing, handed: Handed, pauses: tuple[float, ...]
    ) -> AppError | None:
        """Keep how the try went; gives what the job has to end or to wait with."""
        delivery = await self.session.get(WebhookDelivery, delivery_id, with_for_update=True)
        if delivery is None:
            return None
        now = datetime.now(UTC)
        delivery.attempts += 1
        delivery.response_status, delivery.error, delivery.next_attempt_at = handed.status, _short(handed.error), None
        if handed.error is None:
            delivery.status, delivery.delivered_at = DeliveryStatus.DELIVERED, now
            await self._webhook(sent, Webhook.failing_since.is_not(None), failing_since=None, resting_until=None)
            return None
        await self._webhook(sent, Webhook.failing_since.is_(None), failing_since=now)
        off = await self._switch_off(sent, handed, now)
        if off or delivery.attempts > len(pauses):
            delivery.status = DeliveryStatus.FAILED
            times = f"It was tried {delivery.attempts} times." if delivery.attempts > 1 else ""
            return Unprocessable(f"{handed.error} {off or times}".strip(), code="delivery_failed")
        if handed.status is None:
            rest = min(0.9 * pauses[delivery.attempts - 1], LONGEST_REST_SECONDS)
            await self._webhook(sent, Webhook.active, resting_until=now + timedelta(seconds=rest))
        wait = max(pauses[delivery.attempts - 1] * random.uniform(0.95, 1.05), handed.retry_after_seconds)
        delivery.next_attempt_at = now + timedelta(seconds=wait)
        delivery.status = DeliveryStatus.PENDING
        return ReceiverAway(handed.error, retry_after_seconds=wait)

    async def give_up(self, delivery_id: UUID, error: str) -> None:
        """Its job ended without it."""
        await self.session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id == delivery_id, WebhookDelivery.status == DeliveryStatus.PENDING)
            .values(status=DeliveryStatus.FAILED, error=_short(error), next_attempt_at=None)
        )

    async def _switch_off(self, sent: Outgoing, handed: Handed, now: datetime) -> str | None:
        """Why the webhook is switched off now, if it is."""
        if handed.status == GONE:
            reason = "The receiver answered 410: it wants no more."
            return reason if await self._webhook(sent, Webhook.active, active=False, disabled_reason=reason) else None
        reason = f"Every delivery has failed for {FAILING_DAYS} days; the last: {handed.error}"
        long = Webhook.failing_since < now - timedelta(days=FAILING_DAYS)
        off = await self._webhook(sent, Webhook.active & long, active=False, disabled_reason=_short(reason))
        return reason if off else None

    async def _webhook(self, sent: Outgoing, only_if: object, **values: object) -> bool:
        """Change the webhook, unless it goes somewhere else by now; its ETag follows."""
        changed = await self.session.execute(
            update(Webhook)
            .where(Webhook.id == sent.webhook_id, Webhook.url == sent.url, only_if)  # type: ignore[arg-type]
            .values(**values, revision=Webhook.revision + 1)
            .returning(Webhook.id)
        )
        return changed.first() is not None


def _short(error: str | None) -> str | None:
    return error if error is None else error[:LONGEST_ERROR]
