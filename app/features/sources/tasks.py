from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.sources import pipelines
from app.features.sources.versions import VersionStore
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


async def note_unread(session: AsyncSession, given: dict[str, Any], error: dict[str, Any] | None) -> None:
    """The source says why it was not read, and what to do."""
    why = error or {"code": "cancelled", "message": "Reading was cancelled."}
    await VersionStore(session).mark_failed(UUID(given["source_id"]), why["code"], why["message"])


@task(timeout_seconds=1800, steps=3, ended=note_unread)
async def ingest_source(job: JobContext, source_id: UUID, fetch: bool = False) -> Result:
    await pipelines.ingest_source(PipelineRun(job), source_id, fetch=fetch)
    return Result("source", source_id)
