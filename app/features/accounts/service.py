from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import ContentSource, RefreshToken, Role, User, UserSession
from app.features.accounts.passwords import hash_password, password_matches
from app.features.accounts.schemas import OperatorUserRead, OperatorUserUpdate, Registration, TokenPair
from app.features.accounts.tokens import (
    ACCESS_SECONDS,
    REFRESH_SECONDS,
    fingerprint,
    issue_access_token,
    new_refresh_token,
    read_access_token,
)
from app.shared.exceptions import Conflict, Forbidden, Malformed, NotFound, Unauthenticated
from app.shared.http import Page, Paging, Principal, convert

LONGEST_EMAIL = 320
LARGEST_BUDGET = 1_000_000
ORDERS = {"created_at": User.created_at, "email": User.email, "role": User.role}
WRONG_SIGN_IN = "The e-mail or the password is wrong."


class AccountService:
    """Accounts, their sign-ins, and the tokens that come of them."""

    def __init__(self, session: AsyncSession, key: str) -> None:
        self.session = session
        self._key = key

    async def register(self, data: Registration, role: Role = Role.CREATOR) -> User:
        email = data.email.lower()
        if len(email) > LONGEST_EMAIL:  # some letters grow when they are made small
            raise Malformed("The e-mail is too long.", extra=[{"field": "email", "message": "is too long"}])
        taken = Conflict("An account with this e-mail exists; sign in, or use another e-mail.", code="email_taken")
        if await self.session.scalar(select(User.id).where(User.email == email)):
            raise taken
        user = User(
            email=email, password_hash=await hash_password(data.password), display_name=data.display_name, role=role
        )
        self.session.add(user)
        try:
            await self.session.flush()
        except IntegrityError:  # somebody was faster
            raise taken from None
        return user

    async def login(self, email: str, password: str, user_agent: str | None, address: str | None) -> TokenPair:
        user = await self.session.scalar(select(User).where(User.email == email.lower()))
        if not await password_matches(password, user.password_hash if user else None) or user is None:
            raise Unauthenticated(WRONG_SIGN_IN, code="wrong_credentials")
        if not user.is_active:
            raise Forbidden("This account is closed; ask an operator.", code="account_inactive")
        signed_in = UserSession(
            id=uuid7(), user_id=user.id, expires_at=_refresh_end(), user_agent=(user_agent or "")[:300], address=address
        )
        self.session.add(signed_in)
        await self.session.flush()
        return await self._issue(user, signed_in.id)

    async def refresh(self, token: str) -> TokenPair | None:
        """A new pair for the token, which is spent by it. None: it is no good, and one that is used a second time was
        stolen, so its family ends; that has to be committed, so it is not an exception."""
        found = await self.session.scalar(
            select(RefreshToken).where(RefreshToken.token_hash == fingerprint(token)).with_for_update()
        )
        if found is None or found.expires_at < datetime.now(UTC):
            return None
        family = await self.session.get_one(UserSession, found.session_id)
        if found.spent_at is not None:
            family.revoked_at = family.revoked_at or datetime.now(UTC)
            return None
        user = await self.session.get_one(User, family.user_id)
        if family.revoked_at is not None or not user.is_active:
            return None
        found.spent_at = datetime.now(UTC)
        family.expires_at = _refresh_end()
        return await self._issue(user, family.id)

    async def logout(self, token: str) -> None:
        """End the sign-in that the token belongs to; an unknown token ends nothing and is no error."""
        family = select(RefreshToken.session_id).where(RefreshToken.token_hash == fingerprint(token)).scalar_subquery()
        ended = update(UserSession).where(UserSession.id == family, UserSession.revoked_at.is_(None))
        await self.session.execute(ended.values(revoked_at=datetime.now(UTC)))

    async def authenticate(self, token: str) -> Principal:
        """Who the access token speaks for, if its sign-in was not ended meanwhile."""
        claims = read_access_token(self._key, token)
        row = (
            await self.session.execute(
                select(User.id, User.role)
                .join(UserSession, UserSession.user_id == User.id)
                .where(
                    UserSession.id == claims.session_id,
                    User.id == claims.user_id,
                    User.is_active,
                    UserSession.revoked_at.is_(None),
                )
            )
        ).first()
        if row is None:
            raise Unauthenticated("This sign-in has ended; sign in again.", code="session_ended")
        return Principal(row.id, row.role, claims.session_id)

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
        total = await self.session.scalar(select(func.count()).select_from(User)) or 0
        order = ORDERS.get(paging.order_by or "created_at", User.created_at)
        ordered = select(User).order_by(order.desc() if paging.sort_order == "desc" else order, User.id.desc())
        rows = await self.session.scalars(ordered.limit(paging.limit).offset(paging.offset))
        return Page([convert(row, OperatorUserRead) for row in rows], total, paging.limit, paging.offset)

    async def administer(self, user: User, data: OperatorUserUpdate, *, by: UUID) -> User:
        """An operator's change. A role that changed and an account that was closed end what is signed in."""
        if user.id == by and (data.is_active is False or data.role is Role.CREATOR):
            raise Conflict("An operator can't lock itself out; ask another operator.", code="own_account")
        if isinstance(data.monthly_budget_usd, Decimal) and not 0 <= data.monthly_budget_usd < LARGEST_BUDGET:
            raise Malformed(
                f"The budget is between 0 and {LARGEST_BUDGET} USD.",
                extra=[{"field": "monthly_budget_usd", "message": "is out of range"}],
            )
        closed = data.is_active is False or (data.role is not UNSET and data.role is not user.role)
        for name in ("role", "is_active", "monthly_budget_usd"):
            if (value := getattr(data, name)) is not UNSET:
                setattr(user, name, value)
        if closed:
            open_ = UserSession.user_id == user.id, UserSession.revoked_at.is_(None)
            await self.session.execute(update(UserSession).where(*open_).values(revoked_at=func.now()))
        await self.session.flush()
        return user

    async def erase(self, user_id: UUID, password: str) -> list[str]:
        """Delete the account and everything that it owns; gives the storage keys that are left to delete."""
        user = await self.get(user_id, lock=True)  # waits for uploads that are on their way
        if not await password_matches(password, user.password_hash):
            raise Forbidden("The password is wrong; nothing was erased.", code="wrong_password")
        keys = await self.session.scalars(
            select(ContentSource.storage_key).where(
                ContentSource.owner_id == user_id, ContentSource.storage_key.is_not(None)
            )
        )
        left = [key for key in keys if key]
        await self.session.execute(delete(User).where(User.id == user_id))
        return left

    async def _issue(self, user: User, session_id: UUID) -> TokenPair:
        token = new_refresh_token()
        self.session.add(RefreshToken(session_id=session_id, token_hash=fingerprint(token), expires_at=_refresh_end()))
        await self.session.flush()
        access = issue_access_token(self._key, user.id, session_id, user.role)
        return TokenPair(access_token=access, expires_in=ACCESS_SECONDS, refresh_token=token)


def _refresh_end() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=REFRESH_SECONDS)
