from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.chat import tasks
from app.features.chat.schemas import ChatCreate, ChatMessageRead
from app.features.chat.service import ChatService
from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.projects.service import ProjectService
from app.shared.http import Page, Paging, Principal
from app.shared.openapi import errors


def provide_chat(session: NamedDependency[AsyncSession]) -> ChatService:
    return ChatService(session)


class ChatController(Controller):
    path = "/projects/{project_id:uuid}/chat"
    tags = ["chat"]
    dependencies = {"chat": Provide(provide_chat, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 422, 429))
    async def ask_sources(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[ChatCreate],
        user: NamedDependency[Principal],
        chat: NamedDependency[ChatService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Ask the project's sources: the answer streams as the job's `delta` events, sentence by cited sentence."""
        project = await ProjectService(session=session).owned(user.id, project_id)
        job = await requested.earlier()
        if job is None:
            source_ids = await chat.usable_sources(project, data.source_ids)
            question = await chat.ask(project, data.message)
            job = await requested.enqueue(
                tasks.answer_message, project_id,
                project_id=project_id, question_id=question.id, source_ids=source_ids,
            )  # fmt: skip
            question.job_id = job.id
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_messages(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        chat: NamedDependency[ChatService],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
    ) -> Page[ChatMessageRead]:
        """The project's conversation with its sources, newest message first."""
        await ProjectService(session=session).owned(user.id, project_id)
        return await chat.page(project_id, paging)

    @delete(status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_messages(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        chat: NamedDependency[ChatService],
        session: NamedDependency[AsyncSession],
    ) -> None:
        """Delete the project's conversation; what is being answered ends without an answer."""
        await ProjectService(session=session).owned(user.id, project_id)
        await chat.remove(project_id)
