"""What the controllers of sources share: how a reading is enqueued and answered."""

from uuid import UUID

from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Job, SourceKind
from app.features.jobs.service import JobService
from app.features.sources import tasks
from app.features.sources.schemas import SourceAccepted
from app.features.sources.service import SourceService
from app.features.sources.states import read_source_row
from app.shared.http import Principal
from app.shared.idempotency import Idempotency
from app.shared.jobs import JobQueue


def provide_sources(session: NamedDependency[AsyncSession]) -> SourceService:
    return SourceService(session)


async def enqueue_ingest(
    session: AsyncSession, jobs: JobQueue, user: Principal, source: ContentSource, idempotency: Idempotency | None
) -> SourceAccepted:
    job = await jobs.enqueue(
        session, tasks.ingest_source, user.id, source.project_id, idempotency,
        source_id=source.id, fetch=source.kind is SourceKind.URL,
    )  # fmt: skip
    return await describe(session, user, job)


async def describe(session: AsyncSession, user: Principal, job: Job) -> SourceAccepted:
    """The job with the source that it reads."""
    source = await SourceService(session).owned(user.id, UUID(job.input["source_id"]))
    (read,) = await JobService(session).describe([job])
    return SourceAccepted(read_source_row(source), read)
