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
from typing import Any
from uuid import UUID

import msgspec

from app import VERSION
from app.config import Settings
from app.shared.bell import Bell
from app.shared.exceptions import AppError, NotFound, Unavailable
from app.shared.faults import fault
from app.shared.job_store import ClaimedJob, JobStore
from app.shared.jobs import TASKS, JobContext, Task
from app.shared.pipeline import Cancelled, Drained, Superseded
from app.shared.resources import Resources

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 300
LATE_RECEIPT_SECONDS = 60


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
                if await self.store.reap():
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
            async with asyncio.timeout(task.timeout_seconds):
                result = await self._task
            fault("H")
            await self._settle("succeeded", result=msgspec.to_builtins(result) if result else None)
            fault("I")
        except Superseded:
            await self._superseded()
        except Cancelled:
            await self._settle("cancelled")
        except Drained:
            await self._settle("queued", stage="waiting for a worker")
        except asyncio.CancelledError:
            await self._interrupted(context)
        except TimeoutError:
            await self._try_later(Unavailable(f"The job took longer than {task.timeout_seconds:.0f} s."))
        except AppError as error:
            await (self._try_later(error) if error.transient else self._fail(error))
        except Exception as error:
            log.exception("Job %s failed on our side", job.id)
            await self._try_later(error)

    async def _superseded(self) -> None:
        """Either another worker has it, or its owner cancelled it before a step; the second still needs an ending."""
        if (await self.runtime.store.beat([self.job])).get(self.job.id):
            await self._settle("cancelled")

    async def _interrupted(self, context: JobContext) -> None:
        if self._why is Cancelled:
            if self._ending:
                await self._ending
            if context.receipts:  # recorded, whatever they say
                await asyncio.wait(set(context.receipts), timeout=LATE_RECEIPT_SECONDS)
        elif self._why is Drained:
            await self._settle("queued", stage="waiting for a worker")
        elif self._why is None:
            await self._settle("queued", stage="waiting for a worker")
            raise asyncio.CancelledError

    async def _settle(self, status: str, **change: Any) -> None:
        if not await self.runtime.store.settle(self.job, status, **change):
            return
        log.info("Job %s is %s", self.job.id, status)
        if status in {"failed", "cancelled"} and (ended := self.runtime.tasks[self.job.kind].ended):
            async with self.runtime.resources.db.transaction() as session:
                await ended(session, self.job.input, change.get("error"))

    async def _fail(self, error: AppError) -> None:
        await self._settle("failed", error={"code": error.error_code, "message": error.message, "retryable": not isinstance(error, NotFound)})  # fmt: skip

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
