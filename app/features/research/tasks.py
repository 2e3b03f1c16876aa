from uuid import UUID

from app.db.models import Depth
from app.features.research import pipelines
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=1800, steps=6)
async def research(
    job: JobContext, project_id: UUID, source_ids: list[UUID], question: str, depth: Depth, updates: UUID | None
) -> Result:
    run = PipelineRun(job)
    return Result("research", await pipelines.research(run, project_id, source_ids, question, depth, updates))
