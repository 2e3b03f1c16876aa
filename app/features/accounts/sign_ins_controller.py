from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.accounts.api_keys import ApiKeyService
from app.features.accounts.controller import provide_limits
from app.features.accounts.limits import SignInLimits
from app.features.accounts.passwords import Passwords
from app.features.accounts.proving import prove_password
from app.features.accounts.schemas import ApiKeyMade, ApiKeyRead, NewApiKey, PasswordChange, SignInRead
from app.features.accounts.sign_ins import SignInService
from app.shared.http import Page, Paging, Principal
from app.shared.openapi import errors
from app.shared.resources import Resources


def provide_sign_ins(session: NamedDependency[AsyncSession]) -> SignInService:
    return SignInService(session)


def provide_api_keys(session: NamedDependency[AsyncSession]) -> ApiKeyService:
    return ApiKeyService(session)


class SignInController(Controller):
    path = "/users/me"
    tags = ["accounts"]
    opt = {"personal": True}
    dependencies = {
        "sign_ins": Provide(provide_sign_ins, sync_to_thread=False),
        "limits": Provide(provide_limits, sync_to_thread=False),
    }

    @get("/sessions", responses=errors(400, 401, 403))
    async def list_sessions(
        self,
        user: NamedDependency[Principal],
        sign_ins: NamedDependency[SignInService],
        paging: NamedDependency[Paging],
    ) -> Page[SignInRead]:
        """Your open sign-ins: what signed in, from where, and which of them is asking."""
        return await sign_ins.page(user, paging)

    @delete("/sessions/{session_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 403, 404))
    async def end_session(
        self, session_id: FromPath[UUID], user: NamedDependency[Principal], sign_ins: NamedDependency[SignInService]
    ) -> None:
        """End a sign-in; its tokens stop working at once."""
        await sign_ins.end(user, session_id)

    @post("/password", status_code=HTTP_204_NO_CONTENT, responses=errors(400, 401, 403, 429))
    async def change_password(
        self,
        data: JSONBody[PasswordChange],
        user: NamedDependency[Principal],
        sign_ins: NamedDependency[SignInService],
        resources: NamedDependency[Resources],
        limits: NamedDependency[SignInLimits],
    ) -> None:
        """Change your password. Your other sign-ins end."""
        async with limits.proving(user.id):
            proven = await prove_password(resources, user.id, data.current_password)
            hashed = await Passwords.of(resources.settings).hash(data.new_password)
            await sign_ins.change_password(user, proven, hashed)


class ApiKeyController(Controller):
    path = "/users/me/api-keys"
    tags = ["accounts"]
    opt = {"personal": True}
    dependencies = {"api_keys": Provide(provide_api_keys, sync_to_thread=False)}

    @get(responses=errors(400, 401, 403))
    async def list_api_keys(
        self,
        user: NamedDependency[Principal],
        api_keys: NamedDependency[ApiKeyService],
        paging: NamedDependency[Paging],
    ) -> Page[ApiKeyRead]:
        """Your keys for programs, without their secrets."""
        return await api_keys.page(user.id, paging)

    @post(responses=errors(400, 401, 403, 422))
    async def make_api_key(
        self, data: JSONBody[NewApiKey], user: NamedDependency[Principal], api_keys: NamedDependency[ApiKeyService]
    ) -> ApiKeyMade:
        """A key for a program, sent as a bearer token. It is shown this once. It reaches your projects and what is in
        them, and nothing of your account."""
        return await api_keys.make(user, data)

    @delete("/{key_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 403, 404))
    async def delete_api_key(
        self, key_id: FromPath[UUID], user: NamedDependency[Principal], api_keys: NamedDependency[ApiKeyService]
    ) -> None:
        """Delete a key; it stops working at once."""
        await api_keys.remove(user, key_id)
