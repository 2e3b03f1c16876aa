from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings
from app.db.models import RefreshToken, Role, User, UserSession
from app.features.accounts.leaving import Leaving
from app.features.accounts.passwords import Passwords
from app.features.accounts.proving import require_proven
from app.features.accounts.schemas import OperatorUserRead, OperatorUserUpdate, Registration, TokenPair
from app.features.accounts.tokens import (
    ACCESS_SECONDS,
    REFRESH_SECONDS,
    fingerprint,
    issue_access_token,
    new_refresh_token,
)
from app.shared.audit import forget_person, record
from app.shared.exceptions import Conflict, Malformed, NotFound
from app.shared.http import Page, Paging, Principal, convert
from app.shared.keys import Keys
from app.shared.paging import paged

LONGEST_EMAIL = 320
LARGEST_BUDGET = 1_000_000
ORDERS = {"created_at": User.created_at, "email": User.email, "role": User.role}


class AccountService:
    """Accounts, their sign-ins, and the tokens that come of them."""

    def __init__(self, session: AsyncSession, keys: Keys, passwords: Passwords) -> None:
        self.session = session
        self._keys, self._passwords = keys, passwords

    @classmethod
    def of(cls, session: AsyncSession, settings: Settings) -> Self:
        return cls(session, Keys.of(settings), Passwords.of(settings))

    async def register(self, data: Registration, role: Role = Role.CREATOR) -> User:
        email = data.email.lower()
        if len(email) > LONGEST_EMAIL:  # some letters grow when they are made small
            raise Malformed("The e-mail is too long.", extra=[{"field": "email", "message": "is too long"}])
        taken = Conflict("An account with this e-mail exists; sign in, or use another e-mail.", code="email_taken")
        password_hash = await self._passwords.hash(data.password)  # before the transaction has begun
        if await self.session.scalar(select(User.id).where(User.email == email)):
            raise taken
        user = User(email=email, password_hash=password_hash, display_name=data.display_name, role=role)
        if role is Role.OPERATOR:  # made at the machine itself, by somebody who knows the address
            user.email_verified_at = datetime.now(UTC)
        self.session.add(user)
        try:
            await self.session.flush()
        except IntegrityError:  # somebody was faster
            raise taken from None
        return user

    async def refresh(self, token: str, address: str | None) -> TokenPair | None:
        """A new pair for the token, which is spent by it. None: it is no good, and one that is used a second time was
        stolen, so its family ends; that has to be committed, so it is not an exception."""
        found = await self.session.scalar(
            select(RefreshToken).where(RefreshToken.token_hash == fingerprint(token)).with_for_update()
        )
        if found is None or found.expires_at < datetime.now(UTC):
            return None
        family = await self.session.get_one(UserSession, found.session_id)
        if found.spent_at is not None:
            if family.revoked_at is None:
                family.revoked_at = datetime.now(UTC)
                whose = ("user", family.user_id)
                record(self.session, None, "sign_in.token_reused", whose, address=address, session_id=family.id)
            return None
        user = await self.session.get_one(User, family.user_id)
        if family.revoked_at is not None or not user.is_active:
            return None
        found.spent_at = datetime.now(UTC)
        family.expires_at = refresh_end()
        return await self.issue(user, family.id)

    async def logout(self, token: str, address: str | None) -> None:
        """End the sign-in that the token belongs to; an unknown token ends nothing and is no error."""
        family = select(RefreshToken.session_id).where(RefreshToken.token_hash == fingerprint(token)).scalar_subquery()
        ended = update(UserSession).where(UserSession.id == family, UserSession.revoked_at.is_(None))
        whose = ended.values(revoked_at=datetime.now(UTC)).returning(UserSession.user_id, UserSession.id)
        if row := (await self.session.execute(whose)).first():
            user = await self.get(row.user_id)
            record(
                self.session,
                Principal(user.id, user.role, row.id, address=address),
                "sign_in.ended",
                ("session", row.id),
            )

    async def get(self, user_id: UUID, *, lock: bool = False) -> User:
        user = await self.session.get(User, user_id, with_for_update=lock)
        if user is None:
            raise NotFound("There is no such account.")
        return user

    async def rename(self, user_id: UUID, display_name: str) -> User:
        user = await self.get(user_id)
        user.display_name = display_name
        await self.session.flush()
        return user

    async def page(self, paging: Paging) -> Page[OperatorUserRead]:
        """Everybody's accounts, for operators."""
        found = await paged(self.session, select(User), paging, ORDERS)
        return found.of([convert(row, OperatorUserRead) for row in found.items])

    async def administer(self, user: User, data: OperatorUserUpdate, by: Principal) -> User:
        """An operator's change. A role that changed and an account that was closed end what is signed in."""
        if user.id == by.id and (data.is_active is False or data.role is Role.CREATOR):
            raise Conflict("An operator can't lock itself out; ask another operator.", code="own_account")
        if isinstance(data.monthly_budget_usd, Decimal) and not 0 <= data.monthly_budget_usd < LARGEST_BUDGET:
            raise Malformed(
                f"The budget is between 0 and {LARGEST_BUDGET} USD.",
                extra=[{"field": "monthly_budget_usd", "message": "is out of range"}],
            )
        changes: dict[str, Any] = {}
        closed = data.is_active is False or (data.role is not UNSET and data.role is not user.role)
        for name in ("role", "is_active", "monthly_budget_usd"):
            if (value := getattr(data, name)) is not UNSET:
                changes[name] = {"from": getattr(user, name), "to": value}
                setattr(user, name, value)
        if closed:
            open_ = UserSession.user_id == user.id, UserSession.revoked_at.is_(None)
            await self.session.execute(update(UserSession).where(*open_).values(revoked_at=func.now()))
        record(self.session, by, "user.changed", ("user", user.id), **changes)
        await self.session.flush()
        return user

    async def erase(self, by: Principal, proven: str) -> None:
        """Delete the account and everything that it owns; its files are the caller's to delete, once this is committed.
        *proven*: the hash that the password was found to fit."""
        user_id = by.id
        user = await self.get(user_id, lock=True)  # waits for uploads that are on their way
        require_proven(user, proven)
        record(self.session, by, "user.erased", ("user", user_id))
        await forget_person(self.session, user_id)
        await Leaving(self.session).erase(user_id)

    async def issue(self, user: User, session_id: UUID) -> TokenPair:
        token = new_refresh_token()
        self.session.add(RefreshToken(session_id=session_id, token_hash=fingerprint(token), expires_at=refresh_end()))
        await self.session.flush()
        access = issue_access_token(self._keys, user.id, session_id, user.role)
        return TokenPair(access_token=access, expires_in=ACCESS_SECONDS, refresh_token=token)


def refresh_end() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=REFRESH_SECONDS)
