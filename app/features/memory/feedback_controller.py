from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.memory.schemas import FeedbackCreate, FeedbackMade, FeedbackRead, PreferenceRead, TargetType
from app.features.memory.service import FeedbackService
from app.shared.http import Page, Paging, Principal, convert
from app.shared.openapi import errors


def provide_feedback(session: NamedDependency[AsyncSession]) -> FeedbackService:
    return FeedbackService(session)


class FeedbackController(Controller):
    path = "/feedback"
    tags = ["memory"]
    dependencies = {"feedback": Provide(provide_feedback, sync_to_thread=False)}

    @post(responses=errors(400, 401, 404, 422))
    async def give_feedback(
        self,
        data: JSONBody[FeedbackCreate],
        user: NamedDependency[Principal],
        feedback: NamedDependency[FeedbackService],
    ) -> FeedbackMade:
        """Say what you think of something that was made for you; a correction becomes a preference."""
        given, learnt = await feedback.give(user.id, data)
        preferences = [convert(one, PreferenceRead) for one in learnt]
        first = preferences[0] if preferences else None
        return convert(given, FeedbackMade, preference=first, preferences=preferences)

    @get(responses=errors(400, 401))
    async def list_feedback(
        self,
        user: NamedDependency[Principal],
        feedback: NamedDependency[FeedbackService],
        paging: NamedDependency[Paging],
        target_type: FromQuery[TargetType | None] = None,
        target_id: FromQuery[UUID | None] = None,
    ) -> Page[FeedbackRead]:
        """What you said, newest first; of one thing with `target_id`."""
        return await feedback.page(user.id, paging, target_type, target_id)
