from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.safety import tasks
from app.features.safety.brands import BrandService
from app.features.safety.schemas import CheckCreate, CheckRead, CheckSummary, FindingRead, FindingUpdate
from app.features.safety.service import SafetyService, read_finding
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


def provide_safety(session: NamedDependency[AsyncSession]) -> SafetyService:
    return SafetyService(session)


class ScriptSafetyController(Controller):
    path = "/scripts/{script_id:uuid}/safety-checks"
    tags = ["safety"]
    dependencies = {"safety": Provide(provide_safety, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 409, 422, 429))
    async def check_script(
        self,
        script_id: FromPath[UUID],
        data: JSONBody[CheckCreate],
        user: NamedDependency[Principal],
        safety: NamedDependency[SafetyService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Check a version of a script, the head without one, against policy packs and against the project's sources."""
        script = await safety.script(user.id, script_id)
        job = await requested.earlier()
        if job is None:
            version = await safety.version(script, data.version)
            await BrandService(session).chosen(user.id, data.policy_packs)
            job = await requested.enqueue(
                tasks.check_script, script.project_id,
                script_id=script_id, version=version.number, policy_packs=data.policy_packs,
            )  # fmt: skip
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_checks(
        self,
        script_id: FromPath[UUID],
        user: NamedDependency[Principal],
        safety: NamedDependency[SafetyService],
        paging: NamedDependency[Paging],
    ) -> Page[CheckSummary]:
        """The script's safety checks, newest first, without their findings."""
        return await safety.page(await safety.script(user.id, script_id), paging)


class SafetyController(Controller):
    path = "/safety-checks/{check_id:uuid}"
    tags = ["safety"]
    dependencies = {"safety": Provide(provide_safety, sync_to_thread=False)}

    @get(responses=errors(401, 404))
    async def get_check(
        self,
        check_id: FromPath[UUID],
        user: NamedDependency[Principal],
        safety: NamedDependency[SafetyService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[CheckRead]:
        """One report: verdict, a rating for every category, findings with quotes and clauses, claims, and what did not run."""
        check = await safety.owned(user.id, check_id)
        read = await safety.read(check)
        return tagged(request, read, revision_of(check.revision, read))

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_check(
        self, check_id: FromPath[UUID], user: NamedDependency[Principal], safety: NamedDependency[SafetyService]
    ) -> None:
        """Delete a report with its findings and your answers to them."""
        await safety.remove(await safety.owned(user.id, check_id, lock=True))

    @patch("/findings/{finding_id:uuid}", responses=errors(400, 401, 404, 412))
    async def update_finding(
        self,
        check_id: FromPath[UUID],
        finding_id: FromPath[UUID],
        data: JSONBody[FindingUpdate],
        user: NamedDependency[Principal],
        safety: NamedDependency[SafetyService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[FindingRead]:
        """Accept or dismiss a finding, or open it again; dismissing one needs a note. `If-Match` and `ETag` are the
        report's."""
        check = await safety.owned(user.id, check_id, lock=True)
        check_if_match(request, revision_of(check.revision, await safety.read(check)))
        finding = await safety.resolve(check, finding_id, data)
        tag = etag(revision_of(check.revision, await safety.read(check)))
        return Response(read_finding(finding), headers={"ETag": tag})


def revision_of(revision: int, check: CheckRead) -> str:
    """The report's own revision, and whether its packs are still the newest."""
    return f"{revision}-{sum(not pack.current for pack in check.packs)}"
