from uuid import UUID

from app.features.chat import pipelines
from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun


@task(timeout_seconds=600, steps=4)
async def answer_message(job: JobContext, project_id: UUID, question_id: UUID, source_ids: list[UUID]) -> Result:
    run = PipelineRun(job)
    return Result("chat_message", await pipelines.answer_message(run, project_id, question_id, source_ids))
