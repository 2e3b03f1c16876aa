from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from litestar import Controller, Request, Response, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.projects.service import ProjectService
from app.features.uploads.schemas import UploadCreate, UploadRead
from app.features.uploads.service import LIVES_SECONDS, UploadService
from app.features.uploads.signing import check_signature, sign_upload
from app.shared.clients.storage import beside
from app.shared.exceptions import TooLarge, Unavailable, Unprocessable
from app.shared.http import Principal
from app.shared.openapi import errors
from app.shared.resources import Resources


class UploadController(Controller):
    path = "/projects/{project_id:uuid}/uploads"
    tags = ["sources"]

    @post(responses=errors(400, 401, 404, 413))
    async def start_upload(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[UploadCreate],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
    ) -> UploadRead:
        """Announce a file, and learn where to send its bytes: straight to the storage. Then add a source of `kind:
        upload` with the `upload_id`."""
        await ProjectService(session=session).owned(user.id, project_id)
        upload = await UploadService(session).start(user.id, project_id, data, resources.settings)
        if signed := await resources.storage.sign_put(upload.storage_key, LIVES_SECONDS):
            url, headers = signed
        else:
            token = sign_upload(resources.keys, upload.id, upload.expires_at)
            url, headers = f"{request.base_url}api/v1/uploads/{upload.id}/content?token={token}", {}
        headers = {"Content-Type": upload.media_type, **headers}
        return UploadRead(upload.id, url, "PUT", headers, upload.expires_at)


class UploadContentController(Controller):
    """What a bucket's signed address is elsewhere: used where the storage is a folder."""

    path = "/uploads/{upload_id:uuid}/content"
    tags = ["sources"]
    opt = {"public": True, "any_body": True}

    @put(
        status_code=HTTP_204_NO_CONTENT, responses=errors(400, 404, 409, 413, 422), security=[{}], request_max_body_size=None
    )  # fmt: skip
    async def send_upload(
        self,
        upload_id: FromPath[UUID],
        token: FromQuery[str],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
    ) -> Response[None]:
        """Take the bytes at the address that `start_upload` gave: exactly as many as were announced."""
        check_signature(resources.keys, token, upload_id)
        async with resources.db.transaction() as session:
            upload = await UploadService(session).waiting(upload_id)
        arriving = beside(upload.storage_key, f"arriving-{uuid4().hex}")
        try:
            await resources.storage.put(arriving, exactly(request.stream(), upload.size_bytes))
            async with resources.db.transaction() as session:
                await UploadService(session).waiting(upload_id)
                await resources.storage.move(arriving, upload.storage_key)
        except BaseException:
            with suppress(
                Unavailable
            ):  # what is left behind is swept; the reason why it failed is what the client hears
                await resources.storage.delete(arriving)
            raise
        return Response(None, status_code=HTTP_204_NO_CONTENT)


async def exactly(parts: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The parts, as long as they are no more, and in the end no fewer, bytes than announced."""
    seen = 0
    async for part in parts:
        seen += len(part)
        if seen > size:
            raise TooLarge(f"{size:,} bytes were announced, and more were sent.")
        if part:
            yield part
    if seen < size:
        raise Unprocessable(f"{size:,} bytes were announced, {seen:,} came; send them again.", code="incomplete_upload")
