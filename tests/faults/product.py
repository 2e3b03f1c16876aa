"""A feature made to be broken: paid steps whose outputs are known beforehand, with its door and its worker.

`python -m tests.faults.worker` and `uvicorn tests.faults.product:app` are the real worker and the real API with this
feature beside the product's own.
"""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings
from app.features.accounts.guards import require_access_token
from app.features.jobs.schemas import JobRead
from app.features.jobs.service import JobService
from app.features.projects.service import ProjectService
from app.main import create_app
from app.shared.clients.llm import Prompt, Source
from app.shared.http import Principal, accepted
from app.shared.idempotency import read_idempotency
from app.shared.jobs import JobContext, JobQueue, Result, task
from app.shared.logs import configure_logs
from app.shared.pipeline import PipelineRun, streamed
from app.shared.resources import Resources


class Essay(Struct, forbid_unknown_fields=True):
    """What is asked for."""

    title: Annotated[str, Meta(min_length=1, max_length=100)]
    sections: Annotated[int, Meta(ge=1, le=20)] = 4
    together: bool = False
    """All sections in parallel branches."""
    manner: str = "plain"
    """`plain`; `stubborn` swallows cancellation; `poison` waits to be killed; `streamed` tells of its words."""


class Section(Struct, forbid_unknown_fields=True):
    text: str


def sentence(title: str, number: int) -> str:
    """What a section is known to say."""
    return f"Section {number} of {title} says that water finds its level."


async def write_section(resources: Resources, title: str, number: int) -> Section:
    """One paid call."""
    source = Source("S1", sentence(title, number))
    return await resources.llm.generate(Prompt("essay", "Copy the sentence.", (source,), "Copy it."), returns=Section)


async def say_section(resources: Resources, title: str, number: int) -> Section:
    """One paid call, told of as it comes."""
    source = Source("S1", sentence(title, number))
    pieces = resources.llm.stream(Prompt("essay", "Say the sentence.", (source,), "Say it."))
    await streamed(pieces, section=number)
    return Section(sentence(title, number))


async def dawdle(_: Resources, seconds: float) -> None:
    """A step that will not be told to stop."""
    for _ in range(int(seconds * 10)):
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            continue


async def bind_essay(_: Resources, title: str, sections: list[Section]) -> str:
    return f"{title}: {len(sections)}"


async def compose(run: PipelineRun, title: str, sections: int, manner: str, *, together: bool) -> None:
    """Sections, one after the other or in branches, and then the binding."""
    run.expect(sections + 1)
    write = say_section if manner == "streamed" else write_section
    if together:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run.branch(f"section_{n}", write, title, n)) for n in range(sections)]
        written = [one.result() for one in tasks]
    else:
        written = [await run.branch(f"section_{n}", write, title, n) for n in range(sections)]
    if manner == "stubborn":
        await run.step(dawdle, 4.0)
    await run.step(bind_essay, title, written)


@task(timeout_seconds=120, steps=5)
async def write_essay(job: JobContext, title: str, sections: int, together: bool, manner: str) -> Result | None:
    await compose(PipelineRun(job), title, sections, manner, together=together)
    return None


class EssayController(Controller):
    path = "/projects/{project_id:uuid}/essays"

    @post(status_code=202)
    async def ask_for_essay(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[Essay],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        jobs: NamedDependency[JobQueue],
        request: Request[Any, Any, Any],
    ) -> Response[JobRead]:
        await ProjectService(session=session).owned(user.id, project_id)
        idempotency = await read_idempotency(request)
        job = await jobs.earlier(session, user.id, idempotency)
        if job is None:
            job = await jobs.enqueue(
                session, write_essay, user.id, project_id, idempotency,
                title=data.title, sections=data.sections, together=data.together, manner=data.manner,
            )  # fmt: skip
        return accepted(await JobService(session).describe_one(job), job.id)


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(name)
    settings = Settings.from_env()
    configure_logs(settings)
    app = create_app(settings)
    app.register(Router("/api/v1", route_handlers=[EssayController], guards=[require_access_token]))
    return app
