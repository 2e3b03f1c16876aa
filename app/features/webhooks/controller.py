from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import DeliveryStatus, Webhook
from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.webhooks import tasks
from app.features.webhooks.schemas import DeliveryRead, WebhookCreate, WebhookMade, WebhookRead, WebhookUpdate
from app.features.webhooks.service import WebhookService, read
from app.shared.audit import record
from app.shared.http import (
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    check_if_match,
    convert,
    etag,
    tagged,
)
from app.shared.openapi import errors
from app.shared.resources import Resources

ASKED_A_MINUTE = 60
LATER = f"Tests and replays are limited to {ASKED_A_MINUTE} a minute; wait a little, then go on."


def provide_webhooks(session: NamedDependency[AsyncSession], resources: NamedDependency[Resources]) -> WebhookService:
    return WebhookService(session, resources.keys, resources.courier)


class WebhookController(Controller):
    path = "/webhooks"
    tags = ["webhooks"]
    dependencies = {"webhooks": Provide(provide_webhooks, sync_to_thread=False)}

    @post(responses=errors(400, 401, 422))
    async def create_webhook(
        self,
        data: JSONBody[WebhookCreate],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        session: NamedDependency[AsyncSession],
    ) -> Response[WebhookMade]:
        """Be told of events by POST requests with Standard Webhooks signatures. The secret is shown once, here."""
        webhook, secret = await webhooks.add(user.id, data)
        record(session, user, "webhook.created", ("webhook", webhook.id), host=urlsplit(webhook.url).hostname)
        headers = {"ETag": etag(webhook.revision), "Location": f"/api/v1/webhooks/{webhook.id}"}
        return Response(made(webhook, secret), status_code=201, headers=headers)

    @get(responses=errors(400, 401))
    async def list_webhooks(
        self,
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        paging: NamedDependency[Paging],
    ) -> Page[WebhookRead]:
        """Your webhooks, newest first."""
        return await webhooks.page(user.id, paging)

    @get("/{webhook_id:uuid}", responses=errors(401, 404))
    async def get_webhook(
        self,
        webhook_id: FromPath[UUID],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[WebhookRead]:
        """One webhook: whether it works, since when it fails, why it was switched off."""
        webhook = await webhooks.owned(user.id, webhook_id)
        return tagged(request, read(webhook), webhook.revision)

    @patch("/{webhook_id:uuid}", responses=errors(400, 401, 404, 412, 422))
    async def update_webhook(
        self,
        webhook_id: FromPath[UUID],
        data: JSONBody[WebhookUpdate],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        session: NamedDependency[AsyncSession],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[WebhookRead]:
        """Change a webhook, or switch it off or on; what is on its way goes to the new address from then on."""
        webhook = await webhooks.owned(user.id, webhook_id, lock=True)
        check_if_match(request, webhook.revision)
        webhook = await webhooks.change(webhook, data)
        record(
            session,
            user,
            "webhook.changed",
            ("webhook", webhook.id),
            host=urlsplit(webhook.url).hostname,
            active=webhook.active,
        )
        return Response(read(webhook), headers={"ETag": etag(webhook.revision)})

    @delete("/{webhook_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_webhook(
        self,
        webhook_id: FromPath[UUID],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        session: NamedDependency[AsyncSession],
    ) -> None:
        """Delete a webhook with its deliveries; what is on its way is not sent."""
        await webhooks.remove(await webhooks.owned(user.id, webhook_id, lock=True))
        record(session, user, "webhook.deleted", ("webhook", webhook_id))

    @post("/{webhook_id:uuid}/secret", responses=errors(401, 404, 412))
    async def rotate_webhook_secret(
        self,
        webhook_id: FromPath[UUID],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        session: NamedDependency[AsyncSession],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[WebhookMade]:
        """A new secret, shown once. For 24 hours the one before it signs as well: each request has both signatures."""
        webhook = await webhooks.owned(user.id, webhook_id, lock=True)
        check_if_match(request, webhook.revision)
        secret = await webhooks.rotate(webhook)
        record(session, user, "webhook.secret_rotated", ("webhook", webhook.id))
        return Response(made(webhook, secret), status_code=201, headers={"ETag": etag(webhook.revision)})

    @post("/{webhook_id:uuid}/test", status_code=HTTP_202_ACCEPTED, responses=errors(401, 404, 409, 422, 429))
    async def test_webhook(
        self,
        webhook_id: FromPath[UUID],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        resources: NamedDependency[Resources],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Send an event of the type `webhook.test`, whatever events the webhook wants."""
        webhook = await webhooks.owned(user.id, webhook_id)
        job = await requested.earlier()
        if job is None:
            await resources.attempts.take("webhook", str(user.id), ASKED_A_MINUTE, 60, LATER)
            delivery = await webhooks.test(webhook)
            job = await requested.enqueue(tasks.deliver, None, delivery_id=delivery.id)
        return await requested.accepted(job)

    @get("/{webhook_id:uuid}/deliveries", responses=errors(400, 401, 404))
    async def list_deliveries(
        self,
        webhook_id: FromPath[UUID],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        paging: NamedDependency[Paging],
        status: FromQuery[DeliveryStatus | None] = None,
    ) -> Page[DeliveryRead]:
        """What was sent to the webhook within the last 30 days or is to be sent, newest first."""
        return await webhooks.deliveries(await webhooks.owned(user.id, webhook_id), paging, status)

    @post(
        "/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/replay",
        status_code=HTTP_202_ACCEPTED,
        responses=errors(401, 404, 409, 422, 429),
    )
    async def replay_delivery(
        self,
        webhook_id: FromPath[UUID],
        delivery_id: FromPath[UUID],
        user: NamedDependency[Principal],
        webhooks: NamedDependency[WebhookService],
        resources: NamedDependency[Resources],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Send an event again that arrived or failed: the same body under the same `webhook-id`, newly signed."""
        webhook = await webhooks.owned(user.id, webhook_id)
        job = await requested.earlier()
        if job is None:
            delivery = await webhooks.replay(webhook, delivery_id)
            await resources.attempts.take("webhook", str(user.id), ASKED_A_MINUTE, 60, LATER)
            job = await requested.enqueue(tasks.deliver, None, delivery_id=delivery.id)
        return await requested.accepted(job)


def made(webhook: Webhook, secret: str) -> WebhookMade:
    return convert(read(webhook), WebhookMade, secret=secret)
