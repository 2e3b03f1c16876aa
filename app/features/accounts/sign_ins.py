from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import User, UserSession
from app.features.accounts.passwords import hash_password, password_matches
from app.features.accounts.schemas import PasswordChange, SignInRead
from app.shared.exceptions import Forbidden, NotFound
from app.shared.http import Page, Paging, Principal, convert

ORDERS = {"created_at": UserSession.created_at, "expires_at": UserSession.expires_at}


class SignInService:
    """A person's open sign-ins, and the password that opens new ones."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def page(self, user: Principal, paging: Paging) -> Page[SignInRead]:
        """Those that still work."""
        open_ = (
            UserSession.user_id == user.id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > datetime.now(UTC),
        )
        total = await self.session.scalar(select(func.count()).select_from(UserSession).where(*open_)) or 0
        order = ORDERS.get(paging.order_by or "created_at", UserSession.created_at)
        ordered = select(UserSession).where(*open_)
        ordered = ordered.order_by(order.desc() if paging.sort_order == "desc" else order, UserSession.id.desc())
        rows = await self.session.scalars(ordered.limit(paging.limit).offset(paging.offset))
        items = [convert(row, SignInRead, current=row.id == user.session_id) for row in rows]
        return Page(items, total, paging.limit, paging.offset)

    async def end(self, user_id: UUID, session_id: UUID) -> None:
        mine = UserSession.id == session_id, UserSession.user_id == user_id, UserSession.revoked_at.is_(None)
        ended = update(UserSession).where(*mine).values(revoked_at=func.now()).returning(UserSession.id)
        if await self.session.scalar(ended) is None:
            raise NotFound("There is no such sign-in.")

    async def change_password(self, user: Principal, change: PasswordChange) -> None:
        """Every other sign-in ends: whoever knew the old password is out."""
        account = await self.session.get_one(User, user.id, with_for_update=True)
        if not await password_matches(change.current_password, account.password_hash):
            raise Forbidden("The current password is wrong; nothing was changed.", code="wrong_password")
        account.password_hash = await hash_password(change.new_password)
        others = UserSession.user_id == user.id, UserSession.id != user.session_id, UserSession.revoked_at.is_(None)
        await self.session.execute(update(UserSession).where(*others).values(revoked_at=func.now()))
