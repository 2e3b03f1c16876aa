from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, JSONBody
from litestar.response import Stream
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_304_NOT_MODIFIED
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ContentSource
from app.features.jobs.requests import JobRequest
from app.features.sources.arrivals import look_at, plain_name
from app.features.sources.reading import accepted_before, enqueue_ingest, provide_sources
from app.features.sources.schemas import SourceAccepted, SpeakersRead, SpeakersUpdate
from app.features.sources.service import SourceService
from app.shared.clients.storage import beside
from app.shared.exceptions import NotFound, Unprocessable
from app.shared.http import IfMatch, IfNoneMatch, Principal, check_if_match, etag, tagged
from app.shared.openapi import errors
from app.shared.resources import Resources

TIMED = {"text/vtt", "application/x-subrip", "application/json"}


class SubtitlesForm(Struct, forbid_unknown_fields=True):
    """Subtitles or a transcript with times: WebVTT, SubRip or JSON."""

    file: UploadFile


class SourceMediaController(Controller):
    """The file as it was sent, and what was made of it for the eye."""

    path = "/sources/{source_id:uuid}"
    tags = ["sources"]
    dependencies = {"sources": Provide(provide_sources, sync_to_thread=False)}

    @get("/original", responses=errors(401, 404), media_type="application/octet-stream")
    async def get_original(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`
    ) -> Response[Any]:
        """The file as it was sent."""
        source = await _seen(resources, user, source_id)
        return await _object(
            resources, request, source, source.storage_key or "", "application/octet-stream",
            f'attachment; filename="source-{source.id}"',
        )  # fmt: skip

    @get("/poster", responses=errors(401, 404), media_type="image/jpeg")
    async def get_poster(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`
    ) -> Response[Any]:
        """A frame of a video, as JPEG."""
        return await _picture(resources, request, user, source_id, "poster", "image/jpeg")

    @get("/waveform", responses=errors(401, 404), media_type="image/png")
    async def get_waveform(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`
    ) -> Response[Any]:
        """The loudness of a recording over its length, as PNG."""
        return await _picture(resources, request, user, source_id, "waveform", "image/png")

    @get("/speakers", responses=errors(401, 404, 409))
    async def list_speakers(
        self,
        source_id: FromPath[UUID],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`
    ) -> Response[SpeakersRead]:
        """Who speaks in the source, with their turns and words; who says the most comes first."""
        source = await sources.owned(user.id, source_id)
        return tagged(request, SpeakersRead(await sources.speakers(source)), source.revision)

    @patch("/speakers", responses=errors(400, 401, 404, 409, 412, 422))
    async def name_speakers(
        self,
        source_id: FromPath[UUID],
        data: JSONBody[SpeakersUpdate],
        user: NamedDependency[Principal],
        sources: NamedDependency[SourceService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[SpeakersRead]:
        """Give speakers their names, and say which of them is you: a voice profile takes only those turns."""
        source = await sources.owned(user.id, source_id, lock=True)
        check_if_match(request, source.revision)
        named = SpeakersRead(await sources.name_speakers(source, data.speakers))
        return Response(named, headers={"ETag": etag(source.revision)})


class SubtitlesController(Controller):
    path = "/sources/{source_id:uuid}/subtitles"
    tags = ["sources"]
    opt = {"multipart": True}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 413, 422, 429))
    async def attach_subtitles(
        self,
        source_id: FromPath[UUID],
        data: Annotated[SubtitlesForm, Body(media_type=RequestEncodingType.MULTI_PART)],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        requested: NamedDependency[JobRequest],
    ) -> Response[SourceAccepted]:
        """Attach subtitles to audio or video, in place of those that it carries or of a transcript; it is read again."""
        sources = SourceService(session)
        source = await sources.owned(user.id, source_id, lock=True)
        filename = plain_name(data.file.filename)
        looked = await look_at(data.file, filename, resources.settings.json_body_limit_bytes)
        if looked.media_type not in TIMED:
            raise Unprocessable(
                "These are no subtitles; send WebVTT, SubRip or a JSON transcript.", code="no_cue_times"
            )
        if earlier := await requested.earlier([filename, looked.sha256]):
            return await accepted_before(requested, earlier)
        await sources.attach_subtitles(source, filename)
        answer = await enqueue_ingest(requested, source)
        await resources.storage.put(beside(source.storage_key or "", "subtitles"), data.file.file)
        return answer


async def _seen(resources: Resources, user: Principal, source_id: UUID) -> ContentSource:
    """The source, read in a transaction that is over before its file is sent."""
    async with resources.db.transaction() as session:
        return await SourceService(session).owned(user.id, source_id)


async def _picture(
    resources: Resources, request: Request[Any, Any, Any], user: Principal, source_id: UUID, name: str, media_type: str
) -> Response[Any]:
    source = await _seen(resources, user, source_id)
    if not (source.media or {}).get(name):
        raise NotFound(f"The source has no {name}.")
    return await _object(resources, request, source, beside(source.storage_key or "", name), media_type, "inline")


async def _object(
    resources: Resources, request: Request[Any, Any, Any], source: ContentSource, key: str, media_type: str, shown: str
) -> Response[Any]:
    """An object as it comes from the storage, or 304."""
    answer = tagged(request, None, f"{source.sha256 or source.id}-{source.version}")
    if answer.status_code == HTTP_304_NOT_MODIFIED:
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, media_type=media_type, headers=dict(answer.headers))
    size = await resources.storage.size(key)
    if size is None:
        raise NotFound("The file is no longer in the storage; send it again.", code="file_missing")
    headers = {
        "Accept-Ranges": "none", "Content-Disposition": shown, "Content-Length": str(size), "ETag": answer.headers["ETag"],
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return Stream(resources.storage.stream(key), media_type=media_type, headers=headers)
