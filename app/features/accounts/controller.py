from typing import Any, cast

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import TokenPurpose
from app.db.session import after_commit
from app.features.accounts import tasks
from app.features.accounts.leaving import delete_files
from app.features.accounts.limits import SignInLimits
from app.features.accounts.passwords import Passwords
from app.features.accounts.proving import prove_password
from app.features.accounts.schemas import (
    Erasure,
    Login,
    RefreshRequest,
    Registration,
    TokenPair,
    UserRead,
    UserUpdate,
)
from app.features.accounts.service import AccountService
from app.features.accounts.signing_in import SigningIn
from app.shared.addresses import client_address, household
from app.shared.audit import record
from app.shared.http import (
    ErrorBody,
    IfMatch,
    IfNoneMatch,
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
    return AccountService(session, resources.keys, Passwords.of(resources.settings))


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
    async def register_user(
        self,
        data: JSONBody[Registration],
        accounts: NamedDependency[AccountService],
        limits: NamedDependency[SignInLimits],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        jobs: NamedDependency[JobQueue],
        request: Request[Any, Any, Any],
    ) -> UserRead:
        """Open an account. E-mails compare without case."""
        await limits.registering()
        user = await accounts.register(data)
        record(session, None, "user.registered", ("user", user.id), address=client_address(request))
        if resources.settings.require_verified_email:
            purpose = TokenPurpose.VERIFY_EMAIL
            await jobs.enqueue(session, tasks.send_mail, user.id, None, None, user_id=user.id, purpose=purpose)
        return convert(user, UserRead)

    @post("/login", status_code=HTTP_200_OK, responses=errors(400, 401, 403, 429))
    async def log_in_user(
        self,
        data: JSONBody[Login],
        limits: NamedDependency[SignInLimits],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
    ) -> TokenPair:
        """Sign in. An unknown e-mail and a wrong password get the same answer. Where the account has a second factor,
        the right password alone gets 401 `totp_required`."""
        door = SigningIn(resources, client_address(request), request.headers.get("user-agent"))
        async with limits.signing_in(data.email):
            return await door.sign_in(data)

    @post("/refresh", status_code=HTTP_200_OK, responses=errors(400, 401, 429))
    async def refresh_tokens(
        self,
        data: JSONBody[RefreshRequest],
        accounts: NamedDependency[AccountService],
        limits: NamedDependency[SignInLimits],
        request: Request[Any, Any, Any],
    ) -> Response[TokenPair]:
        """Exchange a refresh token for a new pair; the old one is dead, and using it again ends the sign-in."""
        await limits.refreshing()
        pair = await accounts.refresh(data.refresh_token, client_address(request))
        if pair is None:
            refused = ErrorBody(401, "The refresh token is not valid; sign in again.", "invalid_refresh_token", [])
            headers = {"WWW-Authenticate": "Bearer"}
            return Response(cast("TokenPair", refused), status_code=401, headers=headers)
        return Response(pair, status_code=HTTP_200_OK)

    @post("/logout", status_code=HTTP_204_NO_CONTENT, responses=errors(400))
    async def log_out_user(
        self,
        data: JSONBody[RefreshRequest],
        accounts: NamedDependency[AccountService],
        request: Request[Any, Any, Any],
    ) -> None:
        """End the sign-in; its access tokens stop working at once."""
        await accounts.logout(data.refresh_token, client_address(request))


class MeController(Controller):
    path = "/users/me"
    tags = ["accounts"]
    opt = {"personal": True}
    dependencies = {
        "accounts": Provide(provide_accounts, sync_to_thread=False),
        "limits": Provide(provide_limits, sync_to_thread=False),
    }

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

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(400, 401, 403, 429))
    async def erase_me(
        self,
        data: JSONBody[Erasure],
        user: NamedDependency[Principal],
        accounts: NamedDependency[AccountService],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        limits: NamedDependency[SignInLimits],
    ) -> None:
        """Erase your account and everything it owns, files included. There is no way back."""
        async with limits.proving(user.id):
            await accounts.erase(user, await prove_password(resources, user.id, data.password))
        after_commit(session, lambda: delete_files(resources, user.id))
