"""What a deleted source leaves behind in the remembered steps of its project's jobs: nothing of its words."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

OF_PROJECT = "jobs.project_id = (select project_id from content_sources where id = :source_id)"
OUTPUTS = f"""
update job_steps set output = null from jobs
where jobs.id = job_steps.job_id and jobs.status in ('succeeded', 'cancelled') and job_steps.output is not null and {OF_PROJECT}
"""
STEPS = f"delete from job_steps using jobs where jobs.id = job_steps.job_id and jobs.status = 'failed' and {OF_PROJECT}"


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Forget what the steps of ended jobs returned. A failed job that is retried begins anew, as it would have to."""
    for statement in (OUTPUTS, STEPS):
        await session.execute(text(statement), {"source_id": source_id})
