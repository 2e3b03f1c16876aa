from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceKind, SourceRole, SourceStatus
from app.db.session import after_commit, after_rollback
from app.features.jobs.requests import JobRequest
from app.features.projects.service import ProjectService
from app.features.sources.arrivals import is_storable, keep_text, lay_down, look_at, plain_name, take_upload
from app.features.sources.reading import accepted_before, enqueue_ingest
from app.features.sources.schemas import (
    NewSource,
    SourceAccepted,
    SourceCreate,
    SourceRead,
    SourceTitle,
    TextSource,
    UrlSource,
)
from app.features.sources.service import SourceService
from app.shared.clients.urls import require_public
from app.shared.exceptions import Malformed
from app.shared.http import Page, Paging, Principal
from app.shared.openapi import errors
from app.shared.resources import Resources


class FileForm(Struct, forbid_unknown_fields=True):
    """A file of the creator's; the title is the file's name if none is given."""

    file: UploadFile
    role: SourceRole
    title: SourceTitle | None = None


class ProjectSourceController(Controller):
    path = "/projects/{project_id:uuid}"
    tags = ["sources"]

    @post("/sources", status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 413, 422, 429))
    async def add_source(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[SourceCreate],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        requested: NamedDependency[JobRequest],
    ) -> Response[SourceAccepted]:
        """Add pasted text, a page by its address, or a file that was sent to the storage; it is read, split, embedded
        and searchable when the job is done."""
        await ProjectService(session=session).owned(user.id, project_id)
        if earlier := await requested.earlier():
            return await accepted_before(requested, earlier)
        address = requested.address
        if isinstance(data, TextSource):
            new = await keep_text(session, resources, user.id, data, address)
        elif isinstance(data, UrlSource):
            require_public(data.url)
            title = data.title or urlsplit(data.url)._replace(query="", fragment="").geturl()
            new = NewSource(title[:300], data.role, SourceKind.URL, address, url=data.url)
        else:
            new = await take_upload(session, resources, user.id, project_id, data, address)
        source = await SourceService(session).add(user.id, project_id, new)
        return await enqueue_ingest(requested, source)

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

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 413, 422, 429))
    async def add_file(
        self,
        project_id: FromPath[UUID],
        data: Annotated[FileForm, Body(media_type=RequestEncodingType.MULTI_PART)],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        requested: NamedDependency[JobRequest],
    ) -> Response[SourceAccepted]:
        """Add a file: text in any encoding, Markdown, HTML, PDF, DOCX, EPUB, SubRip, WebVTT, a JSON transcript, audio or
        video. Its content decides what it is."""
        filename = plain_name(data.file.filename)
        title = (data.title or "").strip() or filename or ""
        if not title:
            raise Malformed("Give the source a title.", extra=[{"field": "title", "message": "is missing"}])
        if not is_storable(title):  # a form's part may claim an encoding that has what UTF-8 hasn't
            raise Malformed("Give the source another title.", extra=[{"field": "title", "message": "is not text"}])
        async with resources.db.transaction() as first:  # the file's way to the storage may be long
            await ProjectService(session=first).owned(user.id, project_id)
        looked = await look_at(data.file, filename, resources.settings.file_limit_bytes)
        key = await lay_down(resources, user.id, data.file)
        after_rollback(session, lambda: resources.storage.delete(key))
        await ProjectService(session=session).owned(user.id, project_id)
        if earlier := await requested.earlier([title[:300], data.role, filename, looked.sha256]):
            after_commit(session, lambda: resources.storage.delete(key))
            return await accepted_before(requested, earlier)
        new = NewSource(
            title[:300], data.role, SourceKind.FILE, requested.address, storage_key=key, filename=filename,
            size_bytes=looked.size_bytes, sha256=looked.sha256, media_type=looked.media_type,
        )  # fmt: skip
        source = await SourceService(session).add(user.id, project_id, new)
        return await enqueue_ingest(requested, source)
