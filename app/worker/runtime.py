"""Runs jobs: claims rows, keeps their leases alive, puts back what dead workers held. `jobs` is the only truth."""

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

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import VERSION
from app.config import Settings
from app.shared.bell import Bell
from app.shared.faults import fault
from app.shared.job_sql import HELD, TELL
from app.shared.job_store import ClaimedJob, JobStore
from app.shared.jobs import TASKS, Task
from app.shared.pipeline import Cancelled, Drained, Superseded
from app.shared.resources import Resources
from app.worker.execution import Run
from app.worker.retention import sweep

log = logging.getLogger(__name__)

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
        self.lanes = [
            frozenset(name for name, task in self.tasks.items() if task.aside is aside) for aside in (False, True)
        ]
        """Kinds that share slots; what runs aside has as many of its own."""
        self.runs: dict[UUID, Run] = {}
        self.stopping = False
        self.last_beat = time.monotonic()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._background: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.store.enlist(sorted(self.tasks), self.settings.worker_slots, VERSION)
        loops: tuple[Callable[[], Any], ...] = (self._claiming, self._beating, self._ticking, self._sweeping)
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
            await self.resources.metrics.write(self.resources.db)

    async def _claiming(self) -> None:
        """The one claimer: woken by the bell, by a free slot, and by a jittered look of its own."""
        while not self.stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.settings.job_look_seconds * random.uniform(0.75, 1.25)):
                    await self._wake.wait()
            self._wake.clear()
            for lane in filter(None, self.lanes):
                await self._claim_in(lane)

    async def _claim_in(self, lane: frozenset[str]) -> None:
        """Fill the lane's slots, as far as there are jobs."""
        while not self.stopping:
            free = self.settings.worker_slots - sum(run.job.kind in lane for run in self.runs.values())
            if free <= 0:
                break
            try:
                claimed = await self.store.claim(sorted(lane), free)
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

    async def tell(self, job_id: UUID) -> None:
        """Let the job's feature know that it failed or was cancelled: once, in the transaction that ticks it off."""

        async def work(session: AsyncSession) -> None:
            job = (await session.execute(text(TELL), {"id": job_id})).first()
            task = self.tasks.get(job.kind) if job else None
            if job is not None and task is not None and task.ended is not None:
                await task.ended(session, job.input, job.error)

        await self.resources.db.patiently(work)

    async def end(self, job: ClaimedJob, status: str, **change: Any) -> str | None:
        """Settle a job that failed or was cancelled, and let its feature know in the same transaction: whoever sees that
        it has ended sees what became of what it worked on. The feature's rows come before the job's, as in requests."""
        task = self.tasks[job.kind]

        async def work(session: AsyncSession) -> str | None:
            if not await session.scalar(text(HELD), {"id": job.id, "epoch": job.epoch}):
                return None
            if task.ended is not None:
                await task.ended(session, job.input, change.get("error"))
            raw = await (await session.connection()).get_raw_connection()
            settled = await self.store.settle(job, status, within=raw.driver_connection, **change)
            if settled is None:
                raise Superseded
            await session.execute(text(TELL), {"id": job.id})
            return settled

        try:
            settled = await self.resources.db.patiently(work)
        except Superseded:
            return None
        except Exception as error:  # the job ends all the same; its feature is told later
            log.warning("What job %s worked on could not be told of its end: %r", job.id, error)
            return await self.store.settle(job, status, **change)
        self.store.changed(job.id)
        return settled

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
                    if self.runs.get(run.job.id) is run:  # not one that ended while the beat was on its way
                        self.resources.metrics.count("strand_leases_lost_total", 1, kind=run.job.kind)
                    run.interrupt(Superseded)
                elif alive[run.job.id]:
                    run.interrupt(Cancelled)

    async def _ticking(self) -> None:
        """Put back what dead workers held. After an outage that we saw, the living get one lease to report first."""
        well_since: float | None = 0.0
        while True:
            await asyncio.sleep(self.settings.job_tick_seconds * random.uniform(0.75, 1.25))
            try:
                await self.resources.metrics.write(self.resources.db)
                if well_since is None:
                    await self.store.beat([])
                    well_since = time.monotonic()
                if time.monotonic() - well_since < self.settings.job_lease_seconds and well_since > 0:
                    continue
                moved = await self.store.reap()
                for job_id in [*moved, *await self.store.untold(sorted(self.tasks))]:
                    await self.tell(job_id)
                if moved:
                    self._wake.set()
                    await self.bell.ring()
            except Exception as error:
                log.warning("The tick failed: %r", error)
                well_since = None

    async def _sweeping(self) -> None:
        """Old rows go, in batches; what waits for a budget that was raised since goes on."""
        while True:
            try:
                await sweep(self.resources)
            except Exception as error:
                log.warning("The sweep failed: %r", error)
            await asyncio.sleep(self.settings.job_sweep_seconds * random.uniform(0.75, 1.25))


def _fail_loudly(task: asyncio.Task[None]) -> None:
    """A worker whose heartbeat or claimer died is worse than none: leave, and be started again."""
    if not task.cancelled() and (error := task.exception()):
        log.critical("The worker's %s died: %r", task.get_name(), error)
        os._exit(70)
