from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import AccountToken, TokenPurpose, User, UserSession
from app.features.accounts.tokens import fingerprint, new_refresh_token
from app.shared.audit import record
from app.shared.exceptions import Unprocessable
from app.shared.http import Principal

LIVES = {TokenPurpose.VERIFY_EMAIL: timedelta(days=1), TokenPurpose.RESET_PASSWORD: timedelta(hours=1)}


class MailedTokenService:
    """What an account was mailed, and what it allows when it comes back: once, and not for long."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def addressee(self, email: str, purpose: TokenPurpose) -> UUID | None:
        """The account that would be mailed: an open one, and for verifying one that is not verified yet."""
        wanted = [User.email == email.lower(), User.is_active]
        if purpose is TokenPurpose.VERIFY_EMAIL:
            wanted.append(User.email_verified_at.is_(None))
        return await self.session.scalar(select(User.id).where(*wanted))

    async def issue(self, user_id: UUID, purpose: TokenPurpose) -> str:
        """A new token; those that were mailed before stay good, as mails overtake each other."""
        token = new_refresh_token()
        ends = datetime.now(UTC) + LIVES[purpose]
        self.session.add(AccountToken(user_id=user_id, purpose=purpose, token_hash=fingerprint(token), expires_at=ends))
        await self.session.flush()
        return token

    async def check(self, token: str, purpose: TokenPurpose) -> None:
        """Raise where it is no good."""
        if await self.session.scalar(select(AccountToken.id).where(*_good(token, purpose))) is None:
            raise _no_good()

    async def verify(self, token: str, address: str | None) -> None:
        """The e-mail is the account's: its mail arrives."""
        user = await self._redeem(token, TokenPurpose.VERIFY_EMAIL)
        user.email_verified_at = user.email_verified_at or datetime.now(UTC)
        record(self.session, Principal(user.id, user.role, None, address=address), "email.verified", ("user", user.id))

    async def reset_password(self, token: str, password_hash: str, address: str | None) -> None:
        """Every sign-in ends. A second factor stays: the mailbox alone doesn't open the account."""
        user = await self._redeem(token, TokenPurpose.RESET_PASSWORD)
        user.password_hash = password_hash
        user.email_verified_at = user.email_verified_at or datetime.now(UTC)
        open_ = UserSession.user_id == user.id, UserSession.revoked_at.is_(None)
        await self.session.execute(update(UserSession).where(*open_).values(revoked_at=func.now()))
        record(self.session, Principal(user.id, user.role, None, address=address), "password.reset", ("user", user.id))

    async def _redeem(self, token: str, purpose: TokenPurpose) -> User:
        """Whose it is; it and the others of its purpose are used up."""
        used = update(AccountToken).where(*_good(token, purpose)).values(used_at=func.now())
        user_id = await self.session.scalar(used.returning(AccountToken.user_id))
        user = await self.session.get(User, user_id, with_for_update={"key_share": True}) if user_id else None
        if user is None or not user.is_active:
            raise _no_good()
        others = AccountToken.user_id == user.id, AccountToken.purpose == purpose, AccountToken.used_at.is_(None)
        await self.session.execute(update(AccountToken).where(*others).values(used_at=func.now()))
        return user


def _good(token: str, purpose: TokenPurpose) -> tuple[Any, ...]:
    return (
        AccountToken.token_hash == fingerprint(token),
        AccountToken.purpose == purpose,
        AccountToken.used_at.is_(None),
        AccountToken.expires_at > func.now(),
    )


def _no_good() -> Unprocessable:
    return Unprocessable("This token is not valid, was used, or is over; ask for a new mail.", code="invalid_token")
