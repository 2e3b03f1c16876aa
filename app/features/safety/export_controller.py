from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.safety.exporting import script_with_findings
from app.features.safety.service import SafetyService
from app.features.scripts.exports.files import export
from app.shared.http import Principal
from app.shared.openapi import errors

VersionNumber = Annotated[int | None, QueryParameter(ge=1, description="Default: the head.")]


class SafetyExportController(Controller):
    path = "/scripts/{script_id:uuid}/safety-export"
    tags = ["safety"]

    @get(responses={200: ResponseSpec(bytes, description="The file.", media_type="*/*"), **errors(400, 401, 404, 409)})
    async def export_with_findings(
        self,
        script_id: FromPath[UUID],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        format: FromQuery[Literal["md", "docx"]] = "md",  # noqa: A002  the word of the contract
        version: VersionNumber = None,
    ) -> Response[bytes]:
        """The script as a document, with the findings of its newest check as an appendix; dismissed ones are left out."""
        script = await SafetyService(session).script(user.id, script_id)
        file = export(format, await script_with_findings(session, script, version))
        return Response(file.body, media_type=file.media_type, headers={"Content-Disposition": file.disposition})
