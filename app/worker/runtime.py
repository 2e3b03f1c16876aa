"""Runs jobs: claims rows, runs their tasks, keeps their leases alive, settles them. `jobs` is the only truth."""

import asyncio
import contextlib
import logging
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from app import VERSION
from app.config import Settings
from app.db.session import unreachable
from app.shared.bell import Bell
from app.shared.exceptions import AppError, Unavailable
from app.shared.faults import fault
from app.shared.job_store import ClaimedJob, JobStore
from app.shared.jobs import TASKS, JobContext, Task
from app.shared.pipeline import Cancelled, Drained, Superseded
from app.shared.resources import Resources

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 300
CLAIM_SECONDS = 6


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


class Runtime:
    """One worker process: one claimer, a number of slots, one heartbeat for all runs, one reaper's tick."""

    def __init__(
        self,
        settings: Settings,
        resources: Resources,
        store: JobStore,
        bell: Bell,
        tasks: Mapping[str, Task[Any]] = TASKS,
    ) -> None:
        self.settings, self.resources, self.store, self.bell = settings, resources, store, bell
        self.tasks = dict(tasks)
        """The kinds that this worker knows: it claims no others."""
        self.runs: dict[UUID, Run] = {}
        self.stopping = False
        self.last_beat = time.monotonic()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._background: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.store.enlist(sorted(self.tasks), self.settings.worker_slots, VERSION)
        loops: tuple[Callable[[], Any], ...] = (self._claiming, self._beating, self._ticking)
        self.last_beat = time.monotonic()
        self._background = [asyncio.create_task(loop(), name=loop.__name__) for loop in loops]
        for task in self._background:
            task.add_done_callback(_fail_loudly)

    async def drain(self, _: Any = None) -> None:
        """What SAQ runs when the bell rings."""
        self._wake.set()

    def may_pay(self) -> bool:
        """False after almost a lease without a sign of life: another worker may hold our jobs by now."""
        return time.monotonic() - self.last_beat < 0.8 * self.settings.job_lease_seconds

    async def stop(self) -> None:
        """No new claims; runs leave at their next step boundary, or after the grace with their receipt saved."""
        self.stopping = True
        self._wake.set()
        if self._background:  # a claim on its way is ours to give back
            await asyncio.wait({self._background[0]}, timeout=CLAIM_SECONDS)
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=self.settings.job_grace_seconds)
        for run in list(self.runs.values()):
            run.interrupt(Drained)
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=self.settings.job_receipt_seconds + 2)
        for task in self._background:
            task.remove_done_callback(_fail_loudly)
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self.store.delist()

    async def _claiming(self) -> None:
        """The one claimer: woken by the bell, by a free slot, and by a jittered look every second."""
        while not self.stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS * random.uniform(0.75, 1.25)):
                    await self._wake.wait()
            self._wake.clear()
            while not self.stopping and (free := self.settings.worker_slots - len(self.runs)) > 0:
                try:
                    claimed = await self.store.claim(sorted(self.tasks), free)
                except Exception as error:
                    log.warning("No job could be claimed: %r", error)
                    break
                for job in claimed:
                    fault("B")
                    self._begin(job)
                if len(claimed) < free:
                    break

    def _begin(self, job: ClaimedJob) -> None:
        run = Run(self, job)
        self.runs[job.id] = run
        task = asyncio.create_task(run.go(), name=f"job {job.id}")
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self.runs.get(job.id) is run:
                del self.runs[job.id]
            self._wake.set()
            if not task.cancelled() and (error := task.exception()):
                log.error("The run of job %s ended badly: %r", job.id, error)

        task.add_done_callback(ended)

    async def tell_task(self, kind: str, given: dict[str, Any], error: dict[str, Any] | None) -> None:
        """Let the task's feature know that a job of it failed or was cancelled."""
        task = self.tasks.get(kind)
        if task is not None and (ended := task.ended) is not None:
            await self.resources.db.patiently(lambda session: ended(session, given, error))

    async def _beating(self) -> None:
        while True:
            await asyncio.sleep(self.settings.job_beat_seconds)
            runs = list(self.runs.values())
            try:
                async with asyncio.timeout(self.settings.job_beat_seconds * 2):
                    alive = await self.store.beat([run.job for run in runs])
            except Exception as error:
                log.warning("No sign of life could be given: %r", error)
                continue
            self.last_beat = time.monotonic()
            for run in runs:
                if run.job.id not in alive:
                    run.interrupt(Superseded)
                elif alive[run.job.id]:
                    run.interrupt(Cancelled)

    async def _ticking(self) -> None:
        """Put back what dead workers held. After an outage that we saw, the living get one lease to report first."""
        well_since: float | None = 0.0
        while True:
            await asyncio.sleep(self.settings.job_tick_seconds * random.uniform(0.75, 1.25))
            try:
                if well_since is None:
                    await self.store.beat([])
                    well_since = time.monotonic()
                if time.monotonic() - well_since < self.settings.job_lease_seconds and well_since > 0:
                    continue
                fault("J")
                endings = await self.store.reap()
                for ending in endings:
                    if ending.status != "queued":
                        await self.tell_task(ending.kind, ending.input, ending.error)
                if endings:
                    self._wake.set()
                    await self.bell.ring()
            except Exception as error:
                log.warning("The tick failed: %r", error)
                well_since = None


def _fail_loudly(task: asyncio.Task[None]) -> None:
    """A worker whose heartbeat or claimer died is worse than none: leave, and be started again."""
    if not task.cancelled() and (error := task.exception()):
        log.critical("The worker's %s died: %r", task.get_name(), error)
        os._exit(70)


class TooLate(Exception):
    """The run took longer than its task or its job's deadline allows."""


def _weightiest(error: BaseException) -> BaseException:
    """Of a group of errors from parallel branches the one that decides; any other error itself."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    inside = [_weightiest(one) for one in error.exceptions]

    def weight(one: BaseException) -> int:
        if isinstance(one, Superseded | Cancelled | Drained):
            return (Superseded, Cancelled, Drained).index(type(one))
        if isinstance(one, AppError):
            return 4 if one.transient else 3
        return 5

    return min(inside, key=weight)


class Run:
    """One execution of one job, under one epoch."""

    def __init__(self, runtime: Runtime, job: ClaimedJob) -> None:
        self.runtime, self.job = runtime, job
        self._why: type[BaseException] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._ending: asyncio.Task[None] | None = None

    def interrupt(self, why: type[BaseException]) -> None:
        if self._why is None and self._task is not None:
            self._why = why
            self._task.cancel()
            if why is Cancelled:  # the row says so at once; a receipt on its way is awaited after that
                self._ending = asyncio.create_task(self._settle("cancelled"))

    async def go(self) -> None:
        runtime, job = self.runtime, self.job
        task = runtime.tasks[job.kind]
        context = JobContext(
            job, runtime.resources, runtime.store, lambda: runtime.stopping, runtime.may_pay, task.steps
        )
        log.info("Job %s starts: %s, epoch %d", job.id, job.kind, job.epoch)
        self._task = asyncio.create_task(task.call(context))
        try:
            async with asyncio.timeout(self._seconds_left(task.timeout_seconds)) as limit:
                result = await self._task
            fault("H")
            await self._settle("succeeded", result=msgspec.to_builtins(result) if result else None)
            fault("I")
        except TimeoutError as error:
            await self._end_by(TooLate() if limit.expired() else error)
        except asyncio.CancelledError:
            await self._interrupted()
        except BaseException as error:
            await self._end_by(error)

    def _seconds_left(self, timeout_seconds: float) -> float:
        """The task's own limit, or what the job's deadline leaves of it."""
        if self.job.deadline_at is None:
            return timeout_seconds
        return max(0.0, min(timeout_seconds, (self.job.deadline_at - datetime.now(UTC)).total_seconds()))

    async def _end_by(self, error: BaseException) -> None:
        """Settle by what went wrong; of several branches' errors, by the weightiest."""
        error = _weightiest(error)
        if isinstance(error, Superseded):
            await self._superseded()
        elif isinstance(error, Cancelled):
            await self._settle("cancelled")
        elif isinstance(error, Drained):
            await self._give_back()
        elif isinstance(error, TooLate):
            expired = self.job.deadline_at is not None and self.job.deadline_at <= datetime.now(UTC)
            code, what = ("deadline", "by its deadline") if expired else ("too_slow", "in the time that it is given")
            await self._settle(
                "failed", error={"code": code, "message": f"The job was not done {what}.", "retryable": True}
            )
        elif unreachable(error):
            await self._give_back(wait_seconds=1.0)
        elif isinstance(error, AppError) and not error.transient:
            await self._fail(error)
        elif isinstance(error, Exception):
            if not isinstance(error, AppError):
                log.error("Job %s failed on our side", self.job.id, exc_info=error)
            await self._try_later(error)
        else:
            raise error

    async def _superseded(self) -> None:
        """Another worker has it and nothing is to be said; or it is still ours, cancelled or without a sign of life."""
        asked = await self.runtime.store.still_mine(self.job)
        if asked is not None:
            await (self._settle("cancelled") if asked else self._give_back())

    async def _interrupted(self) -> None:
        if self._why is Cancelled:
            if self._ending:
                await self._ending
        elif self._why is Drained:
            await self._give_back()
        elif self._why is None:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                await self._give_back()
                raise asyncio.CancelledError
            await self._try_later(RuntimeError("a step was cancelled from within"))

    async def _give_back(self, wait_seconds: float | None = None) -> None:
        await self._settle("queued", stage="waiting for a worker", wait_seconds=wait_seconds)

    async def _settle(self, status: str, **change: Any) -> None:
        settled = await self.runtime.store.settle(self.job, status, **change)
        if settled is None:
            return
        log.info("Job %s is %s", self.job.id, settled)
        if settled in {"failed", "cancelled"}:
            await self.runtime.tell_task(self.job.kind, self.job.input, change.get("error"))

    async def _fail(self, error: AppError) -> None:
        await self._settle("failed", error={"code": error.error_code, "message": error.message, "retryable": error.error_code.startswith("provider_")})  # fmt: skip

    async def _try_later(self, error: Exception) -> None:
        """Backoff min(2^n, 300) seconds with jitter, or what the provider asked for; then it gives up."""
        attempt = self.job.attempt + 1
        known = isinstance(error, AppError)
        message = error.message if isinstance(error, AppError) else "Something went wrong on our side."
        if attempt >= self.job.max_attempts:
            error_row = {"code": "gave_up", "message": f"{message} It was tried {attempt} times.", "retryable": True}
            await self._settle("failed", error=error_row, attempt=attempt)
            return
        backoff = min(self.runtime.settings.job_backoff_seconds * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS)
        wait = backoff * random.uniform(0.5, 1)
        if isinstance(error, Unavailable):
            wait = max(wait, error.retry_after_seconds)
        stage = f"trying again in {wait:.0f} s: {message}" if known else f"trying again in {wait:.0f} s"
        await self._settle("queued", stage=stage[:200], wait_seconds=wait, attempt=attempt)
