from uuid import UUID

from app.features.scripts import pipelines, revision
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=1800, steps=10)
async def write_script(job: JobContext, script_id: UUID) -> Result:
    return Result("script", await pipelines.write_script(PipelineRun(job), script_id))


@task(timeout_seconds=1800, steps=3)
async def revise_script(job: JobContext, order: revision.Order) -> Result:
    return Result("script", await revision.revise_script(PipelineRun(job), order))
