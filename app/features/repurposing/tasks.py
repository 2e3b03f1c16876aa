from uuid import UUID

from app.db.models import RepurposingFormat
from app.features.repurposing import pipelines
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=900, steps=3)
async def repurpose_script(job: JobContext, script_id: UUID, version: int, form: RepurposingFormat) -> Result:
    return Result("repurposing", await pipelines.repurpose_script(PipelineRun(job), script_id, version, form))
