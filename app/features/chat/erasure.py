"""What a deleted source leaves behind in a conversation: nothing of its words."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.chat.storing import AnswerStore


async def forget_source(session: AsyncSession, source_id: UUID) -> None:
    """Take its quotes out of every answer, with the sentences that nothing else carries."""
    store = AnswerStore(session)
    for message in await store.citing(source_id):
        store.erase(message, source_id)
    await session.flush()
