from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import after_commit
from app.features.jobs.requests import JobRequest
from app.features.sources import chunk_list
from app.features.sources.reading import accepted_before, enqueue_ingest, provide_sources
from app.features.sources.schemas import ChunkRead, CueRead, SourceAccepted, SourceRead, SourceTextRead, SourceUpdate
from app.features.sources.service import SourceService
from app.features.sources.speakers import speaker_name
from app.features.sources.states import read_source_row
from app.shared.addresses import client_address
from app.shared.http import (
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    check_if_match,
    etag,
    tagged,
)
from app.shared.openapi import errors
from app.shared.resources import Resources


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
        return tagged(request, read_source_row(source), source.revision)

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
        return Response(read_source_row(source), headers={"ETag": etag(source.revision)})

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
            after_commit(session, lambda: resources.storage.delete_folder(key))

    @get("/text", responses=errors(401, 404, 409))
    async def get_text(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`
    ) -> Response[SourceTextRead]:
        """The normalised text that spans point into, with its cues."""
        source = await sources.owned(user.id, source_id)
        version = await sources.version(source)
        cues = [CueRead(**{**cue, "speaker": speaker_name(cue["speaker"], source.speakers)}) for cue in version.cues]
        return tagged(request, SourceTextRead(version.text, cues), f"{version.number}-{source.revision}")

    @get("/chunks", responses=errors(400, 401, 404))
    async def list_chunks(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        paging: NamedDependency[Paging],
    ) -> Page[ChunkRead]:
        """The source's chunks in order."""
        return await chunk_list.list_chunks(resources.reads, user.id, source_id, paging)

    @post("/ingest", status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 422, 429))
    async def ingest_source(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        requested: NamedDependency[JobRequest],
    ) -> Response[SourceAccepted]:
        """Read the source again; the version it has serves until the new one is complete."""
        source = await sources.owned(user.id, source_id, lock=True)
        if earlier := await requested.earlier():
            return await accepted_before(requested, earlier)
        await sources.restart(source)
        return await enqueue_ingest(requested, source)
