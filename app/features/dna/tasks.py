from uuid import UUID

from app.features.dna import pipelines
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=900, steps=5)
async def build_profile(
    job: JobContext, project_id: UUID, source_ids: list[UUID], name: str | None, speaker: str | None
) -> Result:
    return Result("dna_profile", await pipelines.build_profile(PipelineRun(job), project_id, source_ids, name, speaker))
