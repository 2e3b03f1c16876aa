"""What operators do at the command line: `strand jobs ...`, `strand workers` and `strand audit`, on the database itself."""

import asyncio
import sys
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings, SettingsError
from app.db.models import Job, JobStatus
from app.db.session import Database
from app.features import feature_modules
from app.features.operations.audit import AuditService
from app.features.operations.schemas import OperatorJobRead
from app.features.operations.service import OperationsService, alive_seconds
from app.shared.audit import AT_THE_MACHINE, record
from app.shared.bell import Bell, build_bell
from app.shared.embedded import embedded_database, with_secrets
from app.shared.exceptions import AppError
from app.shared.http import Paging
from app.shared.jobs import TASKS, JobQueue

LOOK_SECONDS = 0.5
Act = Callable[[OperationsService, AsyncSession, JobQueue], Awaitable[int]]


def run(given: Namespace) -> int:
    """Run one of the commands; exit code 1 where there is nothing to show or do."""
    for _ in feature_modules("tasks"):
        pass
    command = COMMANDS[given.action if given.command == "jobs" else given.command]
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    with embedded_database(with_secrets(Settings.from_env())) as settings:
        try:
            return asyncio.run(_act(settings, partial(command, given, console), _kind(given)))
        except AppError as error:
            raise SettingsError(error.message) from None
        except KeyboardInterrupt:
            return 130


async def _act(settings: Settings, act: Act, kind: str) -> int:
    db = Database(settings.database_url or "", 2)
    bell = Bell(build_bell(settings.broker_url or settings.database_url or ""))
    try:
        async with db.transaction() as session:
            code = await act(OperationsService(session), session, JobQueue(bell, settings))
        while code == WAIT:  # for what runs to end, each look in a transaction of its own
            await asyncio.sleep(LOOK_SECONDS)
            async with db.transaction() as session:
                code = WAIT if await OperationsService(session).running(kind) else 0
    finally:
        await db.close()
        await bell.close()
    return code


WAIT = -1


async def _list(given: Namespace, console: Console, operations: OperationsService, _: AsyncSession, __: JobQueue) -> int:  # fmt: skip
    status = JobStatus(given.status) if given.status else None
    page = await operations.jobs(Paging(given.limit), status, given.kind, _uuid(given.owner), given.waits_for)
    table = Table("id", "kind", "status", "stage", "tries", "age", "owner", box=None, pad_edge=False)
    for job in page.items:
        tries = f"{job.attempt}/{job.max_attempts}" + (f" +{job.crashes} crashes" if job.crashes else "")
        table.add_row(
            str(job.id), job.kind, job.status, _short(job), tries, _ago(job.created_at), str(job.owner_id)[:8]
        )
    console.print(table)
    console.print(f"{len(page.items)} of {page.total} jobs")
    return 0


async def _why(given: Namespace, console: Console, operations: OperationsService, session: AsyncSession, jobs: JobQueue) -> int:  # noqa: ARG001  # fmt: skip
    story = await operations.why(_job(given), alive_seconds(jobs.settings.job_beat_seconds))
    job = story.job
    console.print(f"{job.kind} {job.id}: {job.status}, {job.progress:.0%}, epoch {job.epoch}, {job.attempts} starts")
    console.print(story.because)
    for step in job.steps:
        console.print(f"  step {step.name}: {step.status}, started {step.attempts} times")
    for call in story.calls:
        console.print(
            f"  call {call.sent_at:%H:%M:%S} {call.provider} {call.model} in {call.step}: {call.state},"
            f" {call.input_tokens} + {call.output_tokens} tokens, {call.cost_usd:f} USD{f', {call.error}' if call.error else ''}"
        )
    for event in story.events:
        console.print(f"  {event.at:%Y-%m-%d %H:%M:%S} {event.what}: {event.data}")
    return 0


async def _cancel(given: Namespace, console: Console, operations: OperationsService, session: AsyncSession, _: JobQueue) -> int:  # fmt: skip
    job = await operations.cancel(_job(given))
    record(session, None, "job.cancelled", ("job", job.id), address=AT_THE_MACHINE, owner_id=job.owner_id)
    console.print(f"{job.id} is {'cancelled' if job.status == JobStatus.CANCELLED else 'being cancelled'}.")
    return 0


async def _retry(given: Namespace, console: Console, operations: OperationsService, session: AsyncSession, jobs: JobQueue) -> int:  # fmt: skip
    job = await operations.retry(_job(given), jobs)
    record(session, None, "job.retried", ("job", job.id), address=AT_THE_MACHINE, owner_id=job.owner_id)
    jobs.announce(session, job.id)
    console.print(f"{job.id} goes on from its last finished step.")
    return 0


async def _replay(given: Namespace, console: Console, operations: OperationsService, session: AsyncSession, jobs: JobQueue) -> int:  # fmt: skip
    job = await operations.replayable(_job(given))
    again: Job = await jobs.enqueue(session, TASKS[job.kind], job.owner_id, job.project_id, None, **job.input)
    record(session, None, "job.replayed", ("job", job.id), address=AT_THE_MACHINE, owner_id=job.owner_id, made=again.id)
    console.print(f"{again.id} runs the input of {job.id} again from the start.")
    return 0


async def _drain(given: Namespace, console: Console, operations: OperationsService, session: AsyncSession, _: JobQueue) -> int:  # fmt: skip
    drained = await operations.drain(_kind(given), off=given.off)
    record(session, None, "queue.drained", address=AT_THE_MACHINE, kind=_kind(given), off=given.off)
    if given.off:
        console.print(f"Jobs begin again{f'; still paused: {drained.paused}' if drained.paused else ''}.")
        return 0
    console.print(f"No job of {'any kind' if not given.kind else given.kind} begins now; {drained.running} still run.")
    return WAIT if drained.running and not given.no_wait else 0


def _kind(given: Namespace) -> str:
    return getattr(given, "kind", None) or "*"


async def _audit(given: Namespace, console: Console, _: OperationsService, session: AsyncSession, __: JobQueue) -> int:  # fmt: skip
    filters = _uuid(given.actor), given.action, _uuid(given.target)
    page = await AuditService(session).page(Paging(given.limit), *filters)
    for event in page.items:
        who = f"{event.actor_role} {event.actor_id}" if event.actor_id else "nobody signed in"
        target = f" to {event.target_type} {event.target_id}" if event.target_id else ""
        details = f" {msgspec.json.encode(event.details).decode()}" if event.details else ""
        line = (
            f"{event.created_at:%Y-%m-%d %H:%M:%S} {event.action}{target} by {who} from {event.address or '?'}{details}"
        )
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"{len(page.items)} of {page.total} events")
    return 0


async def _workers(_: Namespace, console: Console, operations: OperationsService, __: AsyncSession, jobs: JobQueue) -> int:  # fmt: skip
    workers = await operations.workers(alive_seconds(jobs.settings.job_beat_seconds))
    table = Table("worker", "alive", "running", "version", "up since", "seen", "kinds", box=None, pad_edge=False)
    for worker in workers:
        table.add_row(
            worker.name, "yes" if worker.alive else "no", f"{worker.running}/{worker.slots}", worker.code_version,
            _ago(worker.started_at), _ago(worker.seen_at), str(len(worker.kinds)),
        )  # fmt: skip
    console.print(table)
    for lane in await operations.lanes():
        console.print(f"{lane.provider} {lane.model or '(all models)'} is paused until {lane.paused_until:%H:%M:%S} UTC: {lane.reason}")  # fmt: skip
    if paused := await operations.paused():
        console.print(f"Paused kinds: {', '.join(paused)}")
    return 0 if any(worker.alive for worker in workers) else 1


def _short(job: OperatorJobRead) -> str:
    said = job.error.message if job.error else job.stage or ""
    return said if len(said) <= 60 else f"{said[:57]}..."


def _ago(moment: datetime) -> str:
    seconds = max(0.0, time.time() - moment.astimezone(UTC).timestamp())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _uuid(given: str | None) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        raise SettingsError(f"{given} is not an id.") from None


def _job(given: Namespace) -> UUID:
    job_id = _uuid(given.job_id)
    assert job_id is not None
    return job_id


COMMANDS = {
    "list": _list,
    "why": _why,
    "cancel": _cancel,
    "retry": _retry,
    "replay": _replay,
    "drain": _drain,
    "workers": _workers,
    "audit": _audit,
}
