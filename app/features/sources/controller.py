import asyncio
import hashlib
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Job, SourceKind, SourceRole, SourceStatus
from app.db.session import after_commit, after_rollback
from app.features.jobs.service import JobService
from app.features.projects.service import ProjectService
from app.features.sources import tasks
from app.features.sources.readers.sniffing import sniff
from app.features.sources.schemas import (
    ChunkRead,
    CueRead,
    NewSource,
    SourceAccepted,
    SourceCreate,
    SourceRead,
    SourceTextRead,
    SourceTitle,
    SourceUpdate,
)
from app.features.sources.service import SourceService
from app.shared.exceptions import Malformed, NotFound, TooLarge
from app.shared.http import (
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    accepted,
    check_if_match,
    convert,
    etag,
    tagged,
)
from app.shared.idempotency import Idempotency, read_idempotency
from app.shared.jobs import JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources


class FileForm(Struct, forbid_unknown_fields=True):
    """A file of the creator's; the title is the file's name if none is given."""

    file: UploadFile
    role: SourceRole
    title: SourceTitle | None = None


def provide_sources(session: NamedDependency[AsyncSession]) -> SourceService:
    return SourceService(session)


async def enqueue_ingest(
    session: AsyncSession,
    jobs: JobQueue,
    user: Principal,
    project_id: UUID,
    source_id: UUID,
    idempotency: Idempotency | None,
) -> SourceAccepted:
    job = await jobs.enqueue(session, tasks.ingest_source, user.id, project_id, idempotency, source_id=source_id)
    return await describe(session, user, job)


async def keep_file(session: AsyncSession, resources: Resources, key: str, data: bytes) -> None:
    """Store the original; a transaction that does not commit takes it back."""
    after_rollback(session, lambda: resources.storage.delete(key))
    await resources.storage.put(key, data)


async def describe(session: AsyncSession, user: Principal, job: Job) -> SourceAccepted:
    """The job with the source that it reads."""
    source = await SourceService(session).owned(user.id, UUID(job.input["source_id"]))
    (read,) = await JobService(session).describe([job])
    return SourceAccepted(convert(source, SourceRead), read)


def plain_name(filename: str | None) -> str | None:
    """The file's own name, without folders and control characters."""
    name = (filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable()).strip()[:255] or None


def client_address(request: Request[Any, Any, Any]) -> str | None:
    return request.client.host if request.client else None


class ProjectSourceController(Controller):
    path = "/projects/{project_id:uuid}"
    tags = ["sources"]

    @post("/sources", status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 413, 422, 429))
    async def add_source(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[SourceCreate],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        idempotency_key: IdempotencyKey = None,  # noqa: ARG002  read by `read_idempotency`
    ) -> Response[SourceAccepted]:
        """Add pasted text; it is read, split, embedded and searchable when the job is done."""
        await ProjectService(session=session).owned(user.id, project_id)
        idempotency = await read_idempotency(request)
        if earlier := await jobs.earlier(session, user.id, idempotency):
            return accepted(await describe(session, user, earlier), earlier.id)
        raw = data.text.encode()
        media_type = await asyncio.to_thread(sniff, raw, True, None)
        new = NewSource(data.title, data.role, SourceKind.TEXT, raw, None, media_type, client_address(request))
        source = await SourceService(session).add(user.id, project_id, new)
        body = await enqueue_ingest(session, jobs, user, project_id, source.id, idempotency)
        await keep_file(session, resources, source.storage_key or "", raw)
        return accepted(body, body.job.id)

    @get("/sources", responses=errors(400, 401, 404))
    async def list_sources(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
        role: FromQuery[SourceRole | None] = None,
        status: FromQuery[SourceStatus | None] = None,
    ) -> Page[SourceRead]:
        """The project's sources, newest first."""
        await ProjectService(session=session).owned(user.id, project_id)
        return await SourceService(session).page(project_id, paging, role, status)


class SourceFileController(Controller):
    path = "/projects/{project_id:uuid}/sources/file"
    tags = ["sources"]
    opt = {"multipart": True}

    @post(
        status_code=HTTP_202_ACCEPTED,
        responses=errors(400, 401, 404, 413, 422, 429),
    )
    async def add_file(
        self,
        project_id: FromPath[UUID],
        data: Annotated[FileForm, Body(media_type=RequestEncodingType.MULTI_PART)],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        idempotency_key: IdempotencyKey = None,  # noqa: ARG002  read by `read_idempotency`
    ) -> Response[SourceAccepted]:
        """Add a file: text in any encoding, Markdown, HTML, PDF, Word, EPUB, subtitles, a JSON transcript, a recording.

        Its content decides what it is.
        """
        await ProjectService(session=session).owned(user.id, project_id)
        raw = await data.file.read()
        if len(raw) > resources.settings.file_limit_bytes:
            raise TooLarge(
                f"A file has at most {resources.settings.file_limit_bytes:,} bytes; send a larger one by upload."
            )
        filename = plain_name(data.file.filename)
        title = (data.title or "").strip() or filename or ""
        if not title or "\x00" in title:
            raise Malformed("Give the source a title.", extra=[{"field": "title", "message": "is missing"}])
        media_type = await asyncio.to_thread(sniff, raw, True, filename)
        new = NewSource(title[:300], data.role, SourceKind.FILE, raw, filename, media_type, client_address(request))
        form = [new.title, new.role, filename, hashlib.sha256(raw).hexdigest()]
        idempotency = await read_idempotency(request, form)
        if earlier := await jobs.earlier(session, user.id, idempotency):
            return accepted(await describe(session, user, earlier), earlier.id)
        source = await SourceService(session).add(user.id, project_id, new)
        body = await enqueue_ingest(session, jobs, user, project_id, source.id, idempotency)
        await keep_file(session, resources, source.storage_key or "", raw)
        return accepted(body, body.job.id)


class SourceController(Controller):
    path = "/sources/{source_id:uuid}"
    tags = ["sources"]
    dependencies = {"sources": Provide(provide_sources, sync_to_thread=False)}

    @get(responses=errors(401, 404))
    async def get_source(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[SourceRead]:
        """One source; while it is not ready its `error` says what to do."""
        source = await sources.owned(user.id, source_id)
        return tagged(request, convert(source, SourceRead), source.revision)

    @patch(responses=errors(400, 401, 404, 412))
    async def update_source(
        self,
        source_id: FromPath[UUID],
        data: JSONBody[SourceUpdate],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[SourceRead]:
        """Change its title or role. Making it `own` affirms that it is yours."""
        source = await sources.owned(user.id, source_id, lock=True)
        check_if_match(request, source.revision)
        source = await sources.change(source, data, client_address(request))
        return Response(convert(source, SourceRead), headers={"ETag": etag(source.revision)})

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_source(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
    ) -> None:
        """Delete a source with its text, its chunks and its file."""
        if key := await sources.remove(await sources.owned(user.id, source_id, lock=True)):
            after_commit(session, lambda: resources.storage.delete(key))

    @get("/text", responses=errors(401, 404, 409))
    async def get_text(
        self, source_id: FromPath[UUID], user: NamedDependency[Principal], sources: NamedDependency[SourceService]
    ) -> SourceTextRead:
        """The normalised text that spans point into, with its cues."""
        version = await sources.version(await sources.owned(user.id, source_id))
        return SourceTextRead(version.text, [CueRead(**cue) for cue in version.cues])

    @get("/chunks", responses=errors(400, 401, 404))
    async def list_chunks(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        paging: NamedDependency[Paging],
    ) -> Page[ChunkRead]:
        """The source's chunks in order."""
        return await sources.chunks(await sources.owned(user.id, source_id), paging)

    @get("/original", responses=errors(401, 404), media_type="application/octet-stream")
    async def get_original(
        self, source_id: FromPath[UUID], user: NamedDependency[Principal], resources: NamedDependency[Resources]
    ) -> Response[bytes]:
        """The file as it was sent."""
        async with resources.db.transaction() as session:
            source = await SourceService(session).owned(user.id, source_id)
        if source.storage_key is None:
            raise NotFound("The source has no file.")
        data = await resources.storage.get(source.storage_key)
        headers = {"Content-Disposition": f'attachment; filename="source-{source.id}"', "ETag": f'"{source.sha256}"'}
        return Response(data, media_type="application/octet-stream", headers=headers)

    @post("/ingest", status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 422, 429))
    async def ingest_again(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        request: Request[Any, Any, Any],
        idempotency_key: IdempotencyKey = None,  # noqa: ARG002  read by `read_idempotency`
    ) -> Response[SourceAccepted]:
        """Read the source again; the version it has serves until the new one is complete."""
        source = await sources.owned(user.id, source_id, lock=True)
        idempotency = await read_idempotency(request)
        if earlier := await jobs.earlier(session, user.id, idempotency):
            return accepted(await describe(session, user, earlier), earlier.id)
        await sources.restart(source)
        body = await enqueue_ingest(session, jobs, user, source.project_id, source.id, idempotency)
        return accepted(body, body.job.id)
