"""What answers quote from a source that was read anew: found again in its newest text, or marked stale."""

from msgspec import to_builtins
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceVersion
from app.features.chat.storing import AnswerStore, citations_of
from app.features.research.ground import Ground


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every quote of the source stand in this version of its text."""
    ground = Ground(version)
    for message in await AnswerStore(session).citing(version.source_id):
        citations = citations_of(message)
        for one in citations:
            if one.source_id == version.source_id:
                ground.follow(one)
        message.citations = to_builtins(citations)
    await session.flush()
