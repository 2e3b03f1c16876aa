from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DeliveryStatus, User, Webhook, WebhookDelivery
from app.features.webhooks.schemas import DeliveryRead, WebhookCreate, WebhookRead, WebhookUpdate
from app.features.webhooks.signing import new_secret
from app.shared.clients.courier import Courier
from app.shared.exceptions import Conflict, NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.keys import Keys
from app.shared.paging import paged

MOST = 20
OLD_SECRET_HOURS = 24
ORDERS = {"created_at": Webhook.created_at, "updated_at": Webhook.updated_at, "url": Webhook.url}
DELIVERY_ORDERS = {
    "created_at": WebhookDelivery.created_at,
    "delivered_at": WebhookDelivery.delivered_at,
    "event_type": WebhookDelivery.event_type,
}


class WebhookService:
    """Webhooks as their owners see them."""

    def __init__(self, session: AsyncSession, keys: Keys, courier: Courier) -> None:
        self.session, self._keys, self._courier = session, keys, courier

    async def owned(self, owner_id: UUID, webhook_id: UUID, *, lock: bool = False) -> Webhook:
        query = select(Webhook).where(Webhook.id == webhook_id, Webhook.owner_id == owner_id)
        # not FOR UPDATE: a job that ends just now refers to the row, and must not wait
        webhook = await self.session.scalar(query.with_for_update(key_share=True) if lock else query)
        if webhook is None:
            raise NotFound("There is no such webhook.")
        return webhook

    async def page(self, owner_id: UUID, paging: Paging) -> Page[WebhookRead]:
        query = select(Webhook).where(Webhook.owner_id == owner_id)
        found = await paged(self.session, query, paging, ORDERS)
        return found.of([read(row) for row in found.items])

    async def add(self, owner_id: UUID, data: WebhookCreate) -> tuple[Webhook, str]:
        """The webhook and its secret, which is told once."""
        url = self._courier.check(data.url)
        await self.session.scalar(select(User.id).where(User.id == owner_id).with_for_update(key_share=True))
        owned = select(func.count()).where(Webhook.owner_id == owner_id)
        if (await self.session.scalar(owned) or 0) >= MOST:
            raise Unprocessable(
                f"You have {MOST} webhooks; delete one that nothing needs any more.", code="too_many_webhooks"
            )
        secret = new_secret()
        webhook = Webhook(
            owner_id=owner_id, url=url, events=_events(data.events), description=data.description,
            sealed_secret=self._keys.seal(secret),
        )  # fmt: skip
        self.session.add(webhook)
        await self.session.flush()
        return webhook, secret

    async def change(self, webhook: Webhook, data: WebhookUpdate) -> Webhook:
        if data.url is not UNSET:
            webhook.url = self._courier.check(data.url)
            webhook.failing_since = webhook.resting_until = None
        if data.events is not UNSET:
            webhook.events = _events(data.events)
        if data.description is not UNSET:
            webhook.description = data.description
        if data.active is not UNSET:
            if data.active and not webhook.active:
                webhook.failing_since = webhook.resting_until = None
            webhook.active, webhook.disabled_reason = data.active, None
        await self.session.flush()
        return webhook

    async def rotate(self, webhook: Webhook) -> str:
        """A new secret; the one before it signs as well for a day, so that receivers can change over."""
        secret = new_secret()
        webhook.previous_sealed_secret = webhook.sealed_secret
        webhook.previous_until = datetime.now(UTC) + timedelta(hours=OLD_SECRET_HOURS)
        webhook.sealed_secret = self._keys.seal(secret)
        await self.session.flush()
        return secret

    async def remove(self, webhook: Webhook) -> None:
        """Its deliveries go with it; their jobs find nothing to do."""
        await self.session.delete(webhook)
        await self.session.flush()

    async def deliveries(self, webhook: Webhook, paging: Paging, status: DeliveryStatus | None) -> Page[DeliveryRead]:
        query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
        if status is not None:
            query = query.where(WebhookDelivery.status == status)
        found = await paged(self.session, query, paging, DELIVERY_ORDERS)
        return found.of([convert(row, DeliveryRead) for row in found.items])

    async def test(self, webhook: Webhook) -> WebhookDelivery:
        """A delivery that says nothing but that it arrives, whatever events the webhook wants."""
        require_active(webhook)
        now = datetime.now(UTC)
        body = {"type": "webhook.test", "timestamp": now, "data": {"webhook_id": webhook.id}}
        delivery = WebhookDelivery(
            webhook_id=webhook.id, event_id=f"msg_{uuid4().hex}",
            event_type="webhook.test", payload=msgspec.json.encode(body).decode(), status=DeliveryStatus.PENDING,
        )  # fmt: skip
        self.session.add(delivery)
        await self.session.flush()
        return delivery

    async def replay(self, webhook: Webhook, delivery_id: UUID) -> WebhookDelivery:
        """The same event under the same id once more, with all its tries before it."""
        query = select(WebhookDelivery).where(
            WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook.id
        )
        delivery = await self.session.scalar(query.with_for_update())
        if delivery is None:
            raise NotFound("There is no such delivery to this webhook.")
        require_active(webhook)
        if delivery.status is DeliveryStatus.PENDING:
            raise Conflict("It is on its way still; it can be replayed once it has arrived or failed.", code="delivery_pending")  # fmt: skip
        delivery.status, delivery.attempts, delivery.error = DeliveryStatus.PENDING, 0, None
        delivery.response_status = delivery.next_attempt_at = delivery.delivered_at = None
        await self.session.flush()
        return delivery


def read(webhook: Webhook) -> WebhookRead:
    return convert(webhook, WebhookRead, previous_secret_until=_old_secret_until(webhook))


def require_active(webhook: Webhook) -> None:
    if not webhook.active:
        raise Conflict("The webhook is switched off; switch it on first (active: true).", code="webhook_off")


def _old_secret_until(webhook: Webhook) -> datetime | None:
    until = webhook.previous_until
    return until if until is not None and until > datetime.now(UTC) else None


def _events(events: Sequence[str] | None) -> list[str]:
    return list(dict.fromkeys(events or []))
