import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import TokenPurpose
from app.features.accounts import tasks
from app.features.accounts.controller import provide_limits
from app.features.accounts.limits import SignInLimits
from app.features.accounts.mailed_tokens import MailedTokenService
from app.features.accounts.passwords import Passwords
from app.features.accounts.schemas import EmailVerification, MailRequest, NewPassword
from app.shared.addresses import client_address
from app.shared.jobs import JobQueue
from app.shared.openapi import errors
from app.shared.resources import Resources

TICK_SECONDS = 0.25


class RecoveryController(Controller):
    """What is asked for and answered by mail. Whether an account exists shows neither in an answer nor in its time."""

    path = "/auth"
    tags = ["accounts"]
    opt = {"public": True}
    security = [{}]
    dependencies = {"limits": Provide(provide_limits, sync_to_thread=False)}

    @post("/verify/request", status_code=HTTP_204_NO_CONTENT, responses=errors(400, 429))
    async def request_verification(
        self,
        data: JSONBody[MailRequest],
        limits: NamedDependency[SignInLimits],
        resources: NamedDependency[Resources],
        jobs: NamedDependency[JobQueue],
    ) -> None:
        """Mail a token that verifies the e-mail, if it belongs to an account that has not verified it."""
        async with on_the_tick():
            await _ask(data.email, TokenPurpose.VERIFY_EMAIL, limits, resources, jobs)

    @post("/verify", status_code=HTTP_204_NO_CONTENT, responses=errors(400, 422, 429))
    async def verify_email(
        self,
        data: JSONBody[EmailVerification],
        limits: NamedDependency[SignInLimits],
        session: NamedDependency[AsyncSession],
        request: Request[Any, Any, Any],
    ) -> None:
        """Verify the e-mail by the token that was mailed to it."""
        async with limits.redeeming():
            await MailedTokenService(session).verify(data.token, client_address(request))

    @post("/password-reset", status_code=HTTP_204_NO_CONTENT, responses=errors(400, 429))
    async def request_password_reset(
        self,
        data: JSONBody[MailRequest],
        limits: NamedDependency[SignInLimits],
        resources: NamedDependency[Resources],
        jobs: NamedDependency[JobQueue],
    ) -> None:
        """Mail a token that allows a new password, if the e-mail belongs to an account."""
        async with on_the_tick():
            await _ask(data.email, TokenPurpose.RESET_PASSWORD, limits, resources, jobs)

    @post("/password-reset/confirm", status_code=HTTP_204_NO_CONTENT, responses=errors(400, 422, 429))
    async def reset_password(
        self,
        data: JSONBody[NewPassword],
        limits: NamedDependency[SignInLimits],
        resources: NamedDependency[Resources],
        request: Request[Any, Any, Any],
    ) -> None:
        """Choose a new password by the token that was mailed. Every sign-in of the account ends."""
        async with limits.redeeming():
            async with resources.db.transaction() as session:
                await MailedTokenService(session).check(data.token, TokenPurpose.RESET_PASSWORD)
            hashed = await Passwords.of(resources.settings).hash(data.new_password)
            async with resources.db.transaction() as session:
                await MailedTokenService(session).reset_password(data.token, hashed, client_address(request))


async def _ask(email: str, purpose: TokenPurpose, limits: SignInLimits, resources: Resources, jobs: JobQueue) -> None:
    await limits.mailing(purpose, email)
    async with resources.db.transaction() as session:
        user_id = await MailedTokenService(session).addressee(email, purpose)
        if user_id is not None:
            await jobs.enqueue(session, tasks.send_mail, user_id, None, None, user_id=user_id, purpose=purpose)


@asynccontextmanager
async def on_the_tick() -> AsyncIterator[None]:
    """Answer on a whole quarter of a second after the question, so that more or less work inside of it doesn't show."""
    began = time.monotonic()
    try:
        yield
    finally:
        await asyncio.sleep((began - time.monotonic()) % TICK_SECONDS)
