"""Jobs made for the tests of the engine's rules, and a worker that knows them."""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text

from app.shared.jobs import JobContext, Result, Task
from app.shared.pipeline import PipelineRun
from tests import conftest

KINDS: dict[str, Task[Any]] = {}
"""Known to the workers of these tests only; each module adds its own."""

CALLS: list[str] = []
"""What tasks and steps have done, in order."""


def known(*functions: Any, timeout_seconds: float = 20, steps: int = 3, ended: Any = None) -> None:
    """Let the workers of these tests know tasks of these functions."""
    for function in functions:
        name = f"rules.{function.__name__}"
        KINDS[name] = Task(name, function, timeout_seconds, steps, ended)


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def note(resources: Any, what: str) -> str:
    CALLS.append(what)
    return what


async def enqueue(resources, queue, owner, kind, tag=None, **settings) -> UUID:
    async with resources.db.transaction() as session:
        job = await queue.enqueue(session, KINDS[f"rules.{kind}"], owner, None, None, tag=tag or uuid4().hex)
        for name, value in settings.items():
            setattr(job, name, value)
    return job.id


@asynccontextmanager
async def working(settings, resources, **change):
    """A worker that claims the test's tasks, and waits for nothing that hangs."""
    hurried = {"job_backoff_seconds": 0.02, "job_receipt_seconds": 0.2, "job_grace_seconds": 1, "job_tick_seconds": 0.2}
    chosen = msgspec.structs.replace(settings, job_max_attempts=3, **hurried | change)
    async with conftest.working(chosen, replace(resources, settings=chosen), KINDS) as runtime:
        yield runtime


async def row(resources, job_id):
    async with resources.db.transaction() as session:
        return (await session.execute(text("select * from jobs where id = :id"), {"id": job_id})).mappings().one()


async def ended(resources, job_id, seconds=15):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        found = await row(resources, job_id)
        if found["status"] not in {"queued", "running"}:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"the job did not end: {dict(found)}")


async def until(condition, seconds=10):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


async def steady(context: JobContext, tag: str) -> Result | None:
    run = PipelineRun(context)
    for number in range(3):
        await run.branch(f"note_{number}", note, f"{tag}{number}")
    return None


known(steady)
