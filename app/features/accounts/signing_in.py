from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import User, UserSession
from app.features.accounts.passwords import Passwords
from app.features.accounts.schemas import Login, TokenPair
from app.features.accounts.second_factor import SecondFactorService
from app.features.accounts.service import AccountService, refresh_end
from app.shared.audit import record
from app.shared.exceptions import AppError, Forbidden, Unauthenticated
from app.shared.http import Principal
from app.shared.resources import Resources

WRONG_SIGN_IN = "The e-mail or the password is wrong."


class SigningIn:
    """From an e-mail and a password to a pair of tokens. No connection is held while the password is hashed, and what
    went wrong is kept in the audit log, so the transactions are its own."""

    def __init__(self, resources: Resources, address: str | None, user_agent: str | None) -> None:
        self._resources, self._settings = resources, resources.settings
        self._passwords = Passwords.of(resources.settings)
        self._address, self._user_agent = address, user_agent

    async def sign_in(self, login: Login) -> TokenPair:
        """An unknown account costs the same work as a known one: one hash, one row in the log."""
        async with self._resources.db.transaction() as session:
            found = await session.scalar(select(User).where(User.email == login.email.lower()))
        right = await self._passwords.match(login.password, found.password_hash if found else None)
        rehashed = None
        if right and found is not None and self._passwords.outdated(found.password_hash):
            rehashed = await self._passwords.hash(login.password)
        async with self._resources.db.transaction() as session:
            admitted = await self._admit(session, found if right else None, rehashed, login.totp_code)
            if isinstance(admitted, AppError):
                target = ("user", found.id) if found else None
                record(session, None, "sign_in.failed", target, address=self._address, reason=admitted.error_code)
        if isinstance(admitted, AppError):
            raise admitted
        return admitted

    async def _admit(
        self, session: AsyncSession, known: User | None, rehashed: str | None, code: str | None
    ) -> TokenPair | AppError:
        """What speaks against somebody is told only once the password was right."""
        user = await session.get(User, known.id, with_for_update={"key_share": True}) if known else None
        if user is None or known is None or user.password_hash != known.password_hash:  # it was changed meanwhile
            return Unauthenticated(WRONG_SIGN_IN, code="wrong_credentials")
        if not user.is_active:
            return Forbidden("This account is closed; ask an operator.", code="account_inactive")
        if self._settings.require_verified_email and user.email_verified_at is None:
            return Forbidden(
                "Verify your e-mail first; POST /api/v1/auth/verify/request sends the mail again.",
                code="email_not_verified",
            )
        refused = await SecondFactorService(session, self._resources.keys).refusal(user.id, code)
        if refused is not None:
            return refused
        if rehashed is not None:
            user.password_hash = rehashed
        signed_in = UserSession(
            id=uuid7(), user_id=user.id, expires_at=refresh_end(), user_agent=(self._user_agent or "")[:300],
            address=self._address,
        )  # fmt: skip
        session.add(signed_in)
        await session.flush()
        me = Principal(user.id, user.role, signed_in.id, address=self._address)
        record(session, me, "sign_in.made", ("user", user.id))
        return await AccountService(session, self._resources.keys, self._passwords).issue(user, signed_in.id)
