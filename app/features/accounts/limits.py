"""How often an address may register, refresh and fail to sign in, and how often an account may be failed at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.config import Settings
from app.shared.attempts import Attempts
from app.shared.exceptions import Unauthenticated

MINUTE, QUARTER_OF_AN_HOUR, HOUR = 60, 900, 3600
ADDRESSES_SHARE = 10
"""Several people share an address."""
LATER = "That was tried too often; wait a little, then try again."


class SignInLimits:
    def __init__(self, attempts: Attempts, settings: Settings, address: str) -> None:
        """*address*: as `household` gives it."""
        self._attempts, self._settings, self._address = attempts, settings, address

    async def registering(self) -> None:
        most = self._settings.registrations_per_minute
        await self._attempts.take("register", self._address, most, MINUTE, LATER)

    async def refreshing(self) -> None:
        await self._attempts.take("refresh", self._address, self._settings.refreshes_per_minute, MINUTE, LATER)

    async def mailing(self, purpose: str, email: str) -> None:
        """Before a mail is asked for: by the e-mail, known or not, and by the address."""
        most = self._settings.mails_per_hour
        await self._attempts.take(f"mail {purpose}", email.lower(), most, HOUR, LATER)
        await self._attempts.take(f"mail_address {purpose}", self._address, most * ADDRESSES_SHARE, HOUR, LATER)

    @asynccontextmanager
    async def redeeming(self) -> AsyncIterator[None]:
        """Around a token that was mailed: only those that are no good stay counted."""
        most = self._settings.failed_logins_per_address
        await self._attempts.take("mailed_token", self._address, most, QUARTER_OF_AN_HOUR, LATER)
        yield
        await self._attempts.give_back("mailed_token", self._address)

    @asynccontextmanager
    async def proving(self, user_id: UUID) -> AsyncIterator[None]:
        """Around a question for the password of somebody who is signed in: only wrong answers stay counted."""
        most = self._settings.failed_logins_per_account
        await self._attempts.take("password", str(user_id), most, QUARTER_OF_AN_HOUR, LATER)
        yield
        await self._attempts.give_back("password", str(user_id))

    @asynccontextmanager
    async def signing_in(self, email: str) -> AsyncIterator[None]:
        """Around a sign-in: only those that fail stay counted, for e-mails that nobody has as well."""
        counts = [
            ("login", email.lower(), self._settings.failed_logins_per_account),
            ("login_address", self._address, self._settings.failed_logins_per_address),
        ]
        for what, whose, most in counts:
            await self._attempts.take(what, whose, most, QUARTER_OF_AN_HOUR, LATER)
        failed = False
        try:
            yield
        except Unauthenticated as error:
            failed = error.error_code != "totp_required"  # the password was right, and nothing was guessed
            raise
        finally:
            if not failed:
                for what, whose, _ in counts:
                    await self._attempts.give_back(what, whose)
