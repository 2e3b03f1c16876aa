from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, patch
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Role
from app.features.accounts.controller import provide_accounts
from app.features.accounts.guards import require_operator
from app.features.accounts.schemas import OperatorUserRead, OperatorUserUpdate
from app.features.accounts.service import AccountService
from app.shared.clients.ledger import resume_after_budget
from app.shared.exceptions import NotFound
from app.shared.http import IfMatch, IfNoneMatch, Page, Paging, Principal, check_if_match, convert, etag, tagged
from app.shared.jobs import JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources


class UserController(Controller):
    path = "/users"
    tags = ["accounts"]
    dependencies = {"accounts": Provide(provide_accounts, sync_to_thread=False)}

    @get(opt={"operator": True}, responses=errors(400, 401, 403))
    async def list_users(
        self, accounts: NamedDependency[AccountService], paging: NamedDependency[Paging]
    ) -> Page[OperatorUserRead]:
        """Everybody's accounts, for operators."""
        return await accounts.page(paging)

    @get("/{user_id:uuid}", opt={"personal": True}, responses=errors(401, 403, 404))
    async def get_user(
        self,
        user_id: FromPath[UUID],
        user: NamedDependency[Principal],
        accounts: NamedDependency[AccountService],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`
    ) -> Response[OperatorUserRead]:
        """An account: for operators any, for creators their own."""
        if user.role is not Role.OPERATOR and user.id != user_id:
            raise NotFound("There is no such account.")
        if user.id != user_id:
            require_operator(user, resources.settings)
        account = await accounts.get(user_id)
        return tagged(request, convert(account, OperatorUserRead), account.revision)

    @patch("/{user_id:uuid}", opt={"operator": True}, responses=errors(400, 401, 403, 404, 409, 412))
    async def update_user(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[OperatorUserUpdate],
        user: NamedDependency[Principal],
        accounts: NamedDependency[AccountService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[OperatorUserRead]:
        """Change an account's role, budget, or whether it may sign in. Jobs that wait for a budget go on."""
        account = await accounts.get(user_id, lock=True)
        check_if_match(request, account.revision)
        changed = await accounts.administer(account, data, user)
        if data.monthly_budget_usd is not UNSET:
            for job_id in await resume_after_budget(session, user_id, jobs.settings):
                jobs.announce(session, job_id)
        return Response(convert(changed, OperatorUserRead), headers={"ETag": etag(changed.revision)})
