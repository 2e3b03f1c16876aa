from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ExportStatus
from app.db.session import after_commit
from app.features.exports import tasks
from app.features.exports.schemas import ExportRead
from app.features.exports.service import ExportService, export_folder
from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.jobs.service import JobService
from app.shared.audit import record
from app.shared.exceptions import Conflict, NotFound
from app.shared.http import IfNoneMatch, Page, Paging, Principal, convert, etag, unchanged
from app.shared.openapi import errors
from app.shared.resources import Resources

ZIP = "application/zip"
LOOK_AGAIN_SECONDS = 5


def provide_exports(session: NamedDependency[AsyncSession]) -> ExportService:
    return ExportService(session)


class ExportController(Controller):
    path = "/users/me/exports"
    tags = ["accounts"]
    opt = {"personal": True}
    dependencies = {"exports": Provide(provide_exports, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 403, 409, 422, 429))
    async def export_account(
        self,
        user: NamedDependency[Principal],
        exports: NamedDependency[ExportService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Gather everything that you own into one ZIP. The job's result names the export, which can be fetched for some
        days."""
        job = await requested.earlier()
        if job is None:
            export = await exports.start(user.id, requested.jobs.settings.retain_exports_days)
            job = await requested.enqueue(tasks.export_account, None, export_id=export.id)
            export.job_id = job.id
            record(session, user, "account.exported", ("export", export.id))
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 403))
    async def list_exports(
        self, user: NamedDependency[Principal], exports: NamedDependency[ExportService], paging: NamedDependency[Paging]
    ) -> Page[ExportRead]:
        """Your exports, newest first."""
        return await exports.page(user.id, paging)

    @get(
        "/{export_id:uuid}",
        media_type=ZIP,
        responses={
            200: ResponseSpec(bytes, description="The ZIP.", media_type=ZIP),
            202: ResponseSpec(ExportRead, description="It is still being made.", media_type="application/json"),
            **errors(401, 403, 404, 409),
        },
    )
    async def get_export(
        self,
        export_id: FromPath[UUID],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `unchanged`
    ) -> Response[Any]:
        """The ZIP. While it is being made the answer is 202 and says how far it is; a job that failed can be retried."""
        async with resources.db.transaction() as session:  # over before the file is sent
            export = await ExportService(session).owned(user.id, export_id)
            if export.status is ExportStatus.READY:
                record(session, user, "export.fetched", ("export", export.id))
        if export.status is ExportStatus.PENDING:
            headers = {"Location": f"/api/v1/jobs/{export.job_id}", "Retry-After": str(LOOK_AGAIN_SECONDS)}
            told = convert(export, ExportRead)
            return Response(told, status_code=HTTP_202_ACCEPTED, media_type="application/json", headers=headers)
        if export.status is ExportStatus.FAILED:
            raise Conflict(f"The export failed; retry its job {export.job_id}, or ask for a new export.", code="export_failed")  # fmt: skip
        if same := unchanged(request, export.sha256 or ""):
            return same
        key = export.storage_key or ""
        size = await resources.storage.size(key)
        if size is None:
            raise NotFound("The file is no longer in the storage; ask for a new export.", code="file_missing")
        headers = {
            "Content-Disposition": f'attachment; filename="strand-export-{export.created_at:%Y-%m-%d}.zip"',
            "Content-Length": str(size),
            "ETag": etag(export.sha256 or ""),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Stream(resources.storage.stream(key), media_type=ZIP, headers=headers)

    @delete("/{export_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 403, 404))
    async def delete_export(
        self,
        export_id: FromPath[UUID],
        user: NamedDependency[Principal],
        exports: NamedDependency[ExportService],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
    ) -> None:
        """Delete an export with its file; one that is still being made is no longer made."""
        export = await exports.owned(user.id, export_id)
        await exports.remove(export)
        record(session, user, "export.deleted", ("export", export.id))
        await JobService(session).cancel_if_open(user.id, export.job_id)
        after_commit(session, lambda: resources.storage.delete_all(export_folder(user.id, export_id)))
