from uuid import UUID

from app.features.search import pipelines
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=6 * 3600, steps=2)
async def reembed_project(job: JobContext, project_id: UUID) -> Result:
    await pipelines.reembed_project(PipelineRun(job), project_id)
    return Result("project", project_id)
