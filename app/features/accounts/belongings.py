"""Who the account is, in its export."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import User
from app.features.accounts.schemas import OperatorUserRead
from app.shared.belongings import Belonging, Written
from app.shared.http import convert


async def belongings(session: AsyncSession, owner_id: UUID) -> AsyncIterator[Belonging]:
    account = await session.get_one(User, owner_id)
    yield Written.of_json("account.json", partial(convert, account, OperatorUserRead))
