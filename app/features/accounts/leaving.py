"""An account that goes: its rows at once, its files as soon as that is committed, and again until nobody can write any
more."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ErasedAccount, JobLine, ModelCall, User
from app.shared.resources import Resources

FOLDERS = ("sources", "exports")
"""In which of the storage an account has a folder of its own, named by its id."""
LINGERS = timedelta(hours=2)
"""How long something may still arrive: an upload's address takes its bytes for an hour, and a job that was running when
the account went stops at its worker's next sign of life."""


class Leaving:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def erase(self, account_id: UUID) -> None:
        """Delete every row that is the account's. What models cost stays in the books, as nobody's."""
        await self.session.execute(delete(User).where(User.id == account_id))
        await self.forget_traces(account_id)
        self.session.add(ErasedAccount(account_id=account_id))
        await self.session.flush()

    async def forget_traces(self, account_id: UUID) -> None:
        """What names the account without belonging to it: its places in line, which its jobs' own deletion has just counted
        anew, and receipts. A receipt keeps what was paid for what model and when; a provider's error may quote what it
        was sent."""
        await self.session.execute(delete(JobLine).where(JobLine.owner_id == account_id))
        nobodys = {"owner_id": None, "project_id": None, "job_id": None, "request_id": None, "error": None}
        await self.session.execute(update(ModelCall).where(ModelCall.owner_id == account_id).values(nobodys))

    async def erased(self) -> list[tuple[UUID, bool]]:
        """The accounts that were erased lately, and whether nothing of theirs can arrive any more."""
        is_over = ErasedAccount.erased_at < func.now() - LINGERS
        return [(one, over) for one, over in await self.session.execute(select(ErasedAccount.account_id, is_over))]

    async def forget(self, account_id: UUID) -> None:
        await self.session.execute(delete(ErasedAccount).where(ErasedAccount.account_id == account_id))


async def delete_files(resources: Resources, account_id: UUID) -> None:
    """Everything that lies in the storage for the account."""
    for one in FOLDERS:
        await resources.storage.delete_all(f"{one}/{account_id}")


async def look_again(resources: Resources) -> int:
    """Delete what a crash left of accounts that were erased, or what arrived since; gives how many are over with."""
    async with resources.db.transaction() as session:
        erased = await Leaving(session).erased()
    for account_id, is_over in erased:
        await delete_files(resources, account_id)
        async with resources.db.transaction() as session:
            await Leaving(session).forget_traces(account_id)
            if is_over:
                await Leaving(session).forget(account_id)
    return sum(is_over for _, is_over in erased)
