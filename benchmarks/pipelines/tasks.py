"""A pipeline that does nothing in three steps."""

from app.shared.jobs import JobContext, Result, task
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources


async def do_nothing(_: Resources, number: int) -> int:
    return number


@task(timeout_seconds=60, steps=3)
async def three_steps(job: JobContext) -> Result | None:
    run = PipelineRun(job)
    for number in range(3):
        await run.branch(f"step_{number}", do_nothing, number)
    return None
