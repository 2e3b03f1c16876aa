from uuid import UUID

from app.features.webhooks import pipelines
from app.shared.jobs import JobContext, Result, task


@task(timeout_seconds=60, ended=pipelines.give_up, aside=True)
async def deliver(job: JobContext, delivery_id: UUID) -> Result | None:
    return Result("webhook_delivery", delivery_id) if await pipelines.deliver(job, delivery_id) else None
