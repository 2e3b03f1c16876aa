from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import User, UserSession
from app.features.accounts.proving import require_proven
from app.features.accounts.schemas import SignInRead
from app.shared.audit import record
from app.shared.exceptions import NotFound
from app.shared.http import Page, Paging, Principal, convert
from app.shared.paging import paged

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
        found = await paged(self.session, select(UserSession).where(*open_), paging, ORDERS)
        return found.of([convert(row, SignInRead, current=row.id == user.session_id) for row in found.items])

    async def end(self, user: Principal, session_id: UUID) -> None:
        mine = UserSession.id == session_id, UserSession.user_id == user.id, UserSession.revoked_at.is_(None)
        ended = update(UserSession).where(*mine).values(revoked_at=func.now()).returning(UserSession.id)
        if await self.session.scalar(ended) is None:
            raise NotFound("There is no such sign-in.")
        record(self.session, user, "sign_in.ended", ("session", session_id))

    async def change_password(self, user: Principal, proven: str, hashed: str) -> None:
        """From the *proven* password to one that is *hashed* already. Every other sign-in ends: whoever knew the old
        password is out."""
        account = await self.session.get_one(User, user.id, with_for_update=True)
        require_proven(account, proven)
        account.password_hash = hashed
        others = UserSession.user_id == user.id, UserSession.id != user.session_id, UserSession.revoked_at.is_(None)
        await self.session.execute(update(UserSession).where(*others).values(revoked_at=func.now()))
        record(self.session, user, "password.changed", ("user", user.id))
