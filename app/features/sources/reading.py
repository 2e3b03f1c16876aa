"""What the controllers of sources share: how a reading is enqueued and answered."""

from uuid import UUID

from litestar import Response
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource, Job, SourceKind
from app.features.jobs.requests import JobRequest
from app.features.jobs.service import JobService
from app.features.sources import tasks
from app.features.sources.schemas import SourceAccepted
from app.features.sources.service import SourceService
from app.features.sources.states import read_source_row
from app.shared.http import accepted


def provide_sources(session: NamedDependency[AsyncSession]) -> SourceService:
    return SourceService(session)


async def enqueue_ingest(requested: JobRequest, source: ContentSource) -> Response[SourceAccepted]:
    job = await requested.enqueue(
        tasks.ingest_source, source.project_id, source_id=source.id, fetch=source.kind is SourceKind.URL
    )
    return await _accepted(requested, source, job)


async def accepted_before(requested: JobRequest, job: Job) -> Response[SourceAccepted]:
    """What the same request was answered: the job with the source that it reads."""
    source = await SourceService(requested.session).owned(requested.owner_id, UUID(job.input["source_id"]))
    return await _accepted(requested, source, job)


async def _accepted(requested: JobRequest, source: ContentSource, job: Job) -> Response[SourceAccepted]:
    read = await JobService(requested.session).describe_one(job)
    return accepted(SourceAccepted(read_source_row(source), read), job.id)
