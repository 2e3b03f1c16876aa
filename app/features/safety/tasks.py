from uuid import UUID

from app.features.safety import pipelines
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=1800, steps=7)
async def check_script(job: JobContext, script_id: UUID, version: int | None, policy_packs: list[str] | None) -> Result:
    return Result("safety_check", await pipelines.check_script(PipelineRun(job), script_id, version, policy_packs))
