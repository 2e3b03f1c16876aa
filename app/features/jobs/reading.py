"""A job as its owner reads it again and again: one statement."""

from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import text

from app.db.models import JobStatus
from app.features.jobs.schemas import JobError, JobRead, ResultRead, StepRead, UsageRead
from app.features.jobs.service import NO_JOB
from app.shared.exceptions import NotFound
from app.shared.reads import Reads, Statement

REVISION = Statement(text("select event_seq, epoch from jobs where id = :job_id and owner_id = :owner_id"))
JOB = Statement(
    text("""
select id, kind, status, progress, stage, attempts, project_id, result, error, created_at, started_at, finished_at, event_seq, epoch,
  (select json_agg(json_build_object('name', name, 'status', status, 'attempts', attempts, 'started_at', started_at,
    'finished_at', finished_at, 'usage', usage) order by ordinal) from job_steps where job_id = jobs.id) as steps,
  paid.input_tokens, paid.output_tokens, paid.cost_usd
from jobs, lateral (
  select coalesce(sum(input_tokens), 0)::bigint as input_tokens, coalesce(sum(output_tokens), 0)::bigint as output_tokens,
    coalesce(sum(cost_usd), 0) as cost_usd from model_calls where job_id = jobs.id
) paid
where id = :job_id and owner_id = :owner_id
""")
)


async def revision_of(reads: Reads, owner_id: UUID, job_id: UUID) -> str:
    """What the job's ETag is made of."""
    return _revision(await _found(reads, REVISION, owner_id, job_id))


async def read_job(reads: Reads, owner_id: UUID, job_id: UUID) -> tuple[JobRead, str]:
    """The job with its steps and what it cost, and its revision."""
    row = await _found(reads, JOB, owner_id, job_id)
    steps = msgspec.json.decode(row["steps"], type=list[StepRead], strict=False) if row["steps"] else []
    read = JobRead(
        id=row["id"], kind=row["kind"], status=JobStatus(row["status"]), progress=row["progress"], stage=row["stage"],
        attempts=row["attempts"], project_id=row["project_id"],
        result=msgspec.json.decode(row["result"], type=ResultRead) if row["result"] else None,
        error=msgspec.json.decode(row["error"], type=JobError) if row["error"] else None,
        steps=steps, usage=UsageRead(row["input_tokens"], row["output_tokens"], row["cost_usd"]),
        created_at=row["created_at"], started_at=row["started_at"], finished_at=row["finished_at"],
    )  # fmt: skip
    return read, _revision(row)


async def _found(reads: Reads, statement: Statement, owner_id: UUID, job_id: UUID) -> asyncpg.Record:
    row = await reads.row(statement, job_id=job_id, owner_id=owner_id)
    if row is None:
        raise NotFound(NO_JOB)
    return row


def _revision(row: asyncpg.Record) -> str:
    return f"{row['event_seq']}-{row['epoch']}"
