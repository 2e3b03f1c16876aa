from uuid import UUID

from app.features.structures import idea_pipelines, pipelines
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=900, steps=3)
async def make_structures(job: JobContext, project_id: UUID, research_id: UUID | None, framework: str | None) -> Result:
    return Result("structures", await pipelines.make_structures(PipelineRun(job), project_id, research_id, framework))


@task(timeout_seconds=600, steps=4)
async def check_idea(job: JobContext, project_id: UUID, idea: str) -> Result:
    return Result("idea_check", await idea_pipelines.check_idea(PipelineRun(job), project_id, idea))
