from typing import Any, cast
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Role
from app.db.session import after_commit
from app.features.accounts.limits import SignInLimits
from app.features.accounts.schemas import (
    Erasure,
    Login,
    OperatorUserRead,
    OperatorUserUpdate,
    RefreshRequest,
    Registration,
    TokenPair,
    UserRead,
    UserUpdate,
)
from app.features.accounts.service import AccountService
from app.shared.addresses import client_address, household
from app.shared.clients.ledger import resume_after_budget
from app.shared.exceptions import NotFound
from app.shared.http import (
    ErrorBody,
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    check_if_match,
    convert,
    etag,
    tagged,
)
from app.shared.jobs import JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources


def provide_accounts(session: NamedDependency[AsyncSession], resources: NamedDependency[Resources]) -> AccountService:
    return AccountService(session, resources.settings.secret_key or "")


def provide_limits(request: Request[Any, Any, Any], resources: NamedDependency[Resources]) -> SignInLimits:
    return SignInLimits(resources.attempts, resources.settings, household(client_address(request)))


class AuthController(Controller):
    path = "/auth"
    tags = ["accounts"]
    opt = {"public": True}
    security = [{}]
    dependencies = {
        "accounts": Provide(provide_accounts, sync_to_thread=False),
        "limits": Provide(provide_limits, sync_to_thread=False),
    }

    @post("/register", responses=errors(400, 409, 429))
    async def register(
        self,
        data: JSONBody[Registration],
        accounts: NamedDependency[AccountService],
        limits: NamedDependency[SignInLimits],
    ) -> UserRead:
        """Open an account. E-mails compare without case."""
        await limits.registering()
        return convert(await accounts.register(data), UserRead)

    @post("/login", status_code=HTTP_200_OK, responses=errors(400, 401, 403, 429))
    async def login(
        self,
        data: JSONBody[Login],
        accounts: NamedDependency[AccountService],
        limits: NamedDependency[SignInLimits],
        request: Request[Any, Any, Any],
    ) -> TokenPair:
        """Sign in. An unknown e-mail and a wrong password get the same answer."""
        address = client_address(request)
        async with limits.signing_in(data.email):
            return await accounts.login(data.email, data.password, request.headers.get("user-agent"), address)

    @post("/refresh", status_code=HTTP_200_OK, responses=errors(400, 401, 429))
    async def refresh(
        self,
        data: JSONBody[RefreshRequest],
        accounts: NamedDependency[AccountService],
        limits: NamedDependency[SignInLimits],
    ) -> Response[TokenPair]:
        """Exchange a refresh token for a new pair; the old one is dead, and using it again ends the sign-in."""
        await limits.refreshing()
        pair = await accounts.refresh(data.refresh_token)
        if pair is None:
            refused = ErrorBody(401, "The refresh token is not valid; sign in again.", "invalid_refresh_token", [])
            headers = {"WWW-Authenticate": "Bearer"}
            return Response(cast("TokenPair", refused), status_code=401, headers=headers)
        return Response(pair, status_code=HTTP_200_OK)

    @post("/logout", status_code=HTTP_204_NO_CONTENT, responses=errors(400))
    async def logout(self, data: JSONBody[RefreshRequest], accounts: NamedDependency[AccountService]) -> None:
        """End the sign-in; its access tokens stop working at once."""
        await accounts.logout(data.refresh_token)


class MeController(Controller):
    path = "/users/me"
    tags = ["accounts"]
    opt = {"personal": True}
    dependencies = {"accounts": Provide(provide_accounts, sync_to_thread=False)}

    @get(responses=errors(401))
    async def get_me(
        self,
        user: NamedDependency[Principal],
        accounts: NamedDependency[AccountService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[UserRead]:
        """Your account."""
        me = await accounts.get(user.id)
        return tagged(request, convert(me, UserRead), me.revision)

    @patch(responses=errors(400, 401, 412))
    async def update_me(
        self,
        data: JSONBody[UserUpdate],
        user: NamedDependency[Principal],
        accounts: NamedDependency[AccountService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[UserRead]:
        """Change your account; what is missing stays."""
        me = await accounts.get(user.id, lock=True)
        check_if_match(request, me.revision)
        if data.display_name is not UNSET:
            me = await accounts.rename(user.id, data.display_name)
        return Response(convert(me, UserRead), headers={"ETag": etag(me.revision)})

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(400, 401, 403))
    async def erase_me(
        self,
        data: JSONBody[Erasure],
        user: NamedDependency[Principal],
        accounts: NamedDependency[AccountService],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
    ) -> None:
        """Erase your account and everything it owns, files included. There is no way back."""
        for key in await accounts.erase(user.id, data.password):
            after_commit(session, lambda key=key: resources.storage.delete_folder(key))  # type: ignore[misc]


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

    @get("/{user_id:uuid}", responses=errors(401, 404))
    async def get_user(
        self, user_id: FromPath[UUID], user: NamedDependency[Principal], accounts: NamedDependency[AccountService]
    ) -> OperatorUserRead:
        """An account: for operators any, for creators their own."""
        if user.role is not Role.OPERATOR and user.id != user_id:
            raise NotFound("There is no such account.")
        return convert(await accounts.get(user_id), OperatorUserRead)

    @patch("/{user_id:uuid}", opt={"operator": True}, responses=errors(400, 401, 403, 404, 409))
    async def update_user(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[OperatorUserUpdate],
        user: NamedDependency[Principal],
        accounts: NamedDependency[AccountService],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
    ) -> OperatorUserRead:
        """Change an account's role, budget, or whether it may sign in. Jobs that wait for a budget go on."""
        changed = await accounts.administer(await accounts.get(user_id, lock=True), data, by=user.id)
        if data.monthly_budget_usd is not UNSET:
            for job_id in await resume_after_budget(session, user_id, jobs.settings):
                jobs.announce(session, job_id)
        return convert(changed, OperatorUserRead)
