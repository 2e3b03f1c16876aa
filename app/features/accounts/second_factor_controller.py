from litestar import Controller, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.accounts.controller import provide_limits
from app.features.accounts.limits import SignInLimits
from app.features.accounts.proving import prove_password
from app.features.accounts.schemas import RecoveryCodes, TotpCode, TotpMade, TotpRead, TotpRemoval
from app.features.accounts.second_factor import SecondFactorService, wrong_code
from app.shared.http import Principal
from app.shared.openapi import errors
from app.shared.resources import Resources


def provide_second_factor(
    session: NamedDependency[AsyncSession], resources: NamedDependency[Resources]
) -> SecondFactorService:
    return SecondFactorService(session, resources.keys)


class SecondFactorController(Controller):
    path = "/users/me/totp"
    tags = ["accounts"]
    opt = {"personal": True}
    dependencies = {
        "factor": Provide(provide_second_factor, sync_to_thread=False),
        "limits": Provide(provide_limits, sync_to_thread=False),
    }

    @get(responses=errors(401, 403))
    async def get_totp(
        self, user: NamedDependency[Principal], factor: NamedDependency[SecondFactorService]
    ) -> TotpRead:
        """Whether your sign-ins are guarded by a second factor."""
        return await factor.read(user.id)

    @post(status_code=HTTP_201_CREATED, responses=errors(401, 403, 409))
    async def begin_totp(
        self, user: NamedDependency[Principal], factor: NamedDependency[SecondFactorService]
    ) -> TotpMade:
        """A secret for an authenticator app (RFC 6238: 6 digits, 30 seconds, SHA-1). Nothing is asked for before you
        confirm it."""
        return await factor.begin(user)

    @post("/confirm", status_code=HTTP_200_OK, responses=errors(400, 401, 403, 404, 409, 422, 429))
    async def confirm_totp(
        self,
        data: JSONBody[TotpCode],
        user: NamedDependency[Principal],
        factor: NamedDependency[SecondFactorService],
        limits: NamedDependency[SignInLimits],
    ) -> RecoveryCodes:
        """Show that the app makes the right codes. Your other sign-ins end; the recovery codes are shown this once."""
        async with limits.proving(user.id):
            codes = await factor.confirm(user, data.code)
            if codes is None:
                raise wrong_code()
        return codes

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(400, 401, 403, 404, 422, 429))
    async def remove_totp(
        self,
        data: JSONBody[TotpRemoval],
        user: NamedDependency[Principal],
        factor: NamedDependency[SecondFactorService],
        resources: NamedDependency[Resources],
        limits: NamedDependency[SignInLimits],
    ) -> None:
        """Ask for no second factor any more: takes the password, and a code or a recovery code."""
        async with limits.proving(user.id):
            await prove_password(resources, user.id, data.password)
            if not await factor.remove(user, data.code):
                raise wrong_code()
