from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.exports import pipelines
from app.features.exports.service import ExportService
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


async def export_ended(session: AsyncSession, given: dict[str, Any], _: dict[str, Any] | None) -> None:
    await ExportService(session).fail(UUID(given["export_id"]))


@task(timeout_seconds=3600, steps=2, ended=export_ended)
async def export_account(job: JobContext, export_id: UUID) -> Result:
    run = PipelineRun(job)
    return Result("export", await pipelines.export_account(run, job.job.owner_id, export_id))
