from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import PolicyPack
from app.features.safety import tasks
from app.features.safety.brands import BrandService, read_own
from app.features.safety.schemas import PackCreate, PackRead, PackUpdate
from app.shared.http import IfMatch, IfNoneMatch, Page, Paging, Principal, check_if_match, etag, tagged
from app.shared.jobs import JobQueue
from app.shared.openapi import errors

PackPath = Annotated[str, PathParameter(max_length=64, description="A shipped pack's name, or the id of your own.")]


def provide_packs(session: NamedDependency[AsyncSession]) -> BrandService:
    return BrandService(session)


class PolicyPackController(Controller):
    path = "/policy-packs"
    tags = ["safety"]
    dependencies = {"packs": Provide(provide_packs, sync_to_thread=False)}

    @get(responses=errors(400, 401))
    async def list_packs(
        self, user: NamedDependency[Principal], packs: NamedDependency[BrandService], paging: NamedDependency[Paging]
    ) -> Page[PackRead]:
        """The packs that come with Strand and your own, with their clauses."""
        return await packs.page(user.id, paging)

    @post(status_code=HTTP_201_CREATED, responses=errors(400, 401, 422))
    async def create_pack(
        self, data: JSONBody[PackCreate], user: NamedDependency[Principal], packs: NamedDependency[BrandService]
    ) -> Response[PackRead]:
        """A brand's own rules: words that must not stand in a script, claims that must."""
        row = await packs.add(user.id, data)
        headers = {"ETag": etag(row.revision), "Location": f"/api/v1/policy-packs/{row.id}"}
        return Response(read_own(row), status_code=HTTP_201_CREATED, headers=headers)

    @get("/{pack_id:str}", responses=errors(401, 404))
    async def get_pack(
        self,
        pack_id: PackPath,
        user: NamedDependency[Principal],
        packs: NamedDependency[BrandService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[PackRead]:
        """One pack: its clauses, where they come from, and when that was read."""
        pack, revision = await packs.find(user.id, pack_id)
        return tagged(request, pack, revision)

    @patch("/{pack_id:str}", responses=errors(400, 401, 404, 409, 412, 422, 429))
    async def update_pack(
        self,
        pack_id: PackPath,
        data: JSONBody[PackUpdate],
        user: NamedDependency[Principal],
        packs: NamedDependency[BrandService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[PackRead]:
        """Change a pack of your own. New clauses make a new version, and the scripts whose newest check was held against the
        pack are checked again: `rechecks` names the jobs."""
        row = await packs.owned(user.id, pack_id, lock=True)
        check_if_match(request, row.revision)
        return await _changed(row, data, user, packs, session, jobs)

    @put("/{pack_id:str}", responses=errors(400, 401, 404, 409, 412, 422, 429))
    async def replace_pack(
        self,
        pack_id: PackPath,
        data: JSONBody[PackCreate],
        user: NamedDependency[Principal],
        packs: NamedDependency[BrandService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[PackRead]:
        """The same with the whole pack."""
        row = await packs.owned(user.id, pack_id, lock=True)
        check_if_match(request, row.revision)
        return await _changed(row, PackUpdate(data.name, data.clauses), user, packs, session, jobs)

    @delete("/{pack_id:str}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404, 409))
    async def delete_pack(
        self, pack_id: PackPath, user: NamedDependency[Principal], packs: NamedDependency[BrandService]
    ) -> None:
        """Delete a pack of your own. Reports keep what it said."""
        await packs.remove(await packs.owned(user.id, pack_id, lock=True))


async def _changed(
    row: PolicyPack, data: PackUpdate, user: Principal, packs: BrandService, session: AsyncSession, jobs: JobQueue
) -> Response[PackRead]:
    rechecks: list[UUID] = []
    if await packs.change(row, data):
        for script_id, project_id, pack_ids in await packs.affected(user.id, str(row.id)):
            job = await jobs.enqueue(
                session, tasks.check_script, user.id, project_id, None,
                script_id=script_id, version=None, policy_packs=pack_ids,
            )  # fmt: skip
            rechecks.append(job.id)
    return Response(read_own(row, rechecks), headers={"ETag": etag(row.revision)})
