"""What this process's resources and workers are when their engine is the provider."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from sqlalchemy import text

from app.config import Settings
from app.shared.bell import Bell, build_bell
from app.shared.jobs import JobQueue, Task
from app.shared.resources import Resources, open_resources
from tests.conftest import working

KEY = "sk-provider"


def task(name: str, function: Any, steps: int = 3) -> Task[Any]:
    """One of the product's own tasks under a name that only a test's own worker claims."""
    return Task(name, function.run, 120, steps, function.ended)


@asynccontextmanager
async def engine(settings: Settings, name: str, url: str, **change: Any) -> AsyncIterator[Resources]:
    """Resources whose engine is the provider at this address; no lane is closed."""
    keys = {
        "openai_api_key": KEY, "openai_base_url": f"{url}/v1",
        "anthropic_api_key": KEY, "anthropic_base_url": url,
    }  # fmt: skip
    given = {"provider_pause_seconds": 0.2, "job_backoff_seconds": 0.05, **keys, **change}
    async with open_resources(msgspec.structs.replace(settings, engine=name, **given)) as resources:
        async with resources.db.transaction() as session:  # what another test's provider had refused
            await session.execute(text("delete from provider_lanes"))
        yield resources


@asynccontextmanager
async def engine_worker(
    settings: Settings, name: str, url: str, tasks: dict[str, Task[Any]], **change: Any
) -> AsyncIterator[Resources]:
    """The same with a worker that claims these tasks."""
    async with engine(settings, name, url, **change) as resources, working(resources.settings, resources, tasks):
        yield resources


async def enqueue(
    resources: Resources, creator: httpx.AsyncClient, task: Task[Any], project: str, /, **arguments: Any
) -> dict[str, Any]:
    """A job of this task for this creator."""
    bell = Bell(build_bell(resources.settings.database_url or ""))
    me = (await creator.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        job = await JobQueue(bell, resources.settings).enqueue(session, task, me, project, None, **arguments)
    await bell.close()
    return {"id": str(job.id)}
