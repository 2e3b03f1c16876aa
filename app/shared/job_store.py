"""What a worker says to PostgreSQL about jobs. Every write of a run is fenced: it names the job, its epoch, and
`status = 'running'`; where no row answers, another worker has taken over and this run has nothing more to say."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from app.config import Settings
from app.db.session import Unchanged, plain_url, unreachable
from app.shared.faults import fault
from app.shared.job_sql import ALIVE, BEAT, CLAIM, EXPIRE, REAP, SAVE_STEP, SETTLE, START_STEP, STORED_STEPS, UNTOLD

log = logging.getLogger(__name__)

T = TypeVar("T")


class StoredStep(Struct, frozen=True):
    """A finished step; its output is JSON as it was written, to the letter."""

    name: str
    input_hash: str
    output: str


class ClaimedJob(Struct):
    """A row of `jobs` as this run holds it, with the steps that earlier runs finished."""

    id: UUID
    owner_id: UUID
    project_id: UUID | None
    kind: str
    input: dict[str, Any]
    epoch: int
    attempt: int
    max_attempts: int
    deadline_at: datetime | None
    created_at: datetime
    traceparent: str | None
    engine: str | None
    """What its project chose to work with; None: it has no project."""
    external: bool
    """Whether its project lets other people's models see its text."""
    steps: dict[str, StoredStep]


class JobStore:
    """A worker's own connections: a small pool for transitions, one connection for signs of life."""

    def __init__(
        self, url: str, settings: Settings, worker: str, changed: Callable[[UUID], None] = lambda _: None
    ) -> None:
        self.worker = worker
        self.changed = changed
        """Called with each job that has a new event, so that who follows it need not wait for the next look."""
        self._url = plain_url(url)
        self._settings = settings
        self._closing = False
        self._pool: asyncpg.Pool | None = None
        self._life: asyncpg.Pool | None = None
        self._tick: asyncpg.Pool | None = None

    async def __aenter__(self) -> Self:
        # a worker that stands still inside a transaction must not hold its locks for long
        idle = str(int(max(0.5, self._settings.job_lease_seconds / 4) * 1000))
        session = {
            "application_name": "strand-worker", "idle_in_transaction_session_timeout": idle,
            # each statement finds its rows by their keys; a plan that was made while the tables were small must not read them whole
            "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_bitmapscan": "off",
        }  # fmt: skip
        options = {"server_settings": session, "timeout": 5, "connection_class": Unchanged}
        self._pool = await asyncpg.create_pool(self._url, min_size=1, max_size=6, command_timeout=10, **options)
        self._life = await asyncpg.create_pool(self._url, min_size=1, max_size=1, command_timeout=5, **options)
        self._tick = await asyncpg.create_pool(self._url, min_size=0, max_size=1, command_timeout=10, **options)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._closing = True
        for pool in (self._pool, self._life, self._tick):
            if pool:
                try:
                    async with asyncio.timeout(3):
                        await pool.close()
                except Exception:
                    pool.terminate()

    async def patiently(self, work: Callable[[asyncpg.Connection], Awaitable[T]], seconds: float = 90) -> T:
        """Run one idempotent statement, again and again while PostgreSQL is away."""
        assert self._pool is not None
        give_up, pause = time.monotonic() + seconds, 0.1
        while True:
            try:
                async with self._pool.acquire(timeout=5) as connection:
                    return await work(connection)
            except Exception as error:
                if not unreachable(error) or self._closing or time.monotonic() > give_up:
                    raise
                log.warning("PostgreSQL can't be reached, trying again: %r", error)
                await asyncio.sleep(pause * random.random())
                pause = min(pause * 2, 2)

    async def enlist(self, kinds: Sequence[str], slots: int, version: str) -> None:
        """Make this worker known to health and operators, and forget those long silent."""

        async def write(connection: asyncpg.Connection) -> None:
            await connection.execute("delete from worker_processes where seen_at < now() - interval '1 day'")
            await connection.execute(
                "insert into worker_processes (name, kinds, slots, code_version) values ($1, $2::text::jsonb, $3, $4)"
                " on conflict (name) do update set seen_at = now()",
                self.worker, msgspec.json.encode(list(kinds)).decode(), slots, version,
            )  # fmt: skip

        await self.patiently(write)

    async def delist(self) -> None:
        async def write(connection: asyncpg.Connection) -> None:
            await connection.execute("delete from worker_processes where name = $1", self.worker)

        await self.patiently(write, seconds=2)

    async def claim(self, kinds: Sequence[str], wanted: int) -> list[ClaimedJob]:
        """Take up to *wanted* due jobs, fairly among owners, with what their earlier runs stored."""
        limit, lease = self._settings.owner_max_running, self._settings.job_lease_seconds

        async def take(connection: asyncpg.Connection) -> list[asyncpg.Record]:
            rows: list[asyncpg.Record] = await connection.fetch(CLAIM, list(kinds), self.worker, wanted, limit, lease)
            return rows

        rows = await self.patiently(take, seconds=5)
        for row in rows:
            self.changed(row["id"])
        stored = await self._stored_steps([row["id"] for row in rows if row["attempts"] > 1])
        return [_claimed(row, stored.get(row["id"], {})) for row in rows]

    async def _stored_steps(self, jobs: list[UUID]) -> dict[UUID, dict[str, StoredStep]]:
        """What earlier runs of these jobs finished."""
        if not jobs:
            return {}
        stored: dict[UUID, dict[str, StoredStep]] = {}
        for step in await self.patiently(lambda connection: connection.fetch(STORED_STEPS, jobs)):
            finished = StoredStep(step["name"], step["input_hash"], step["output"])
            stored.setdefault(step["job_id"], {})[step["name"]] = finished
        return stored

    async def start_step(self, job: ClaimedJob, name: str, input_hash: str, began: float) -> bool | StoredStep:
        """True: go on. False: superseded or cancelled. A stored step: a late receipt came in; nothing is to be run. *began*:
        when it did, by the monotonic clock."""

        async def write(connection: asyncpg.Connection) -> bool | StoredStep:
            row = await connection.fetchrow(START_STEP, job.id, job.epoch, name, input_hash, time.monotonic() - began)
            if not row["alive"]:
                return False
            self.changed(job.id)
            if row["started"]:
                return True
            return await _stored(connection, job, name)

        return await self.patiently(write)

    async def stored_step(self, job: ClaimedJob, name: str) -> StoredStep:
        """What a late receipt stored."""
        return await self.patiently(lambda connection: _stored(connection, job, name))

    async def save_step(
        self,
        job: ClaimedJob,
        name: str,
        input_hash: str,
        output: str,
        usage: Any,
        expected_steps: int,
        unsaid: float | None,
    ) -> bool:
        """Store the output, JSON to the letter; the first to store wins. False: another run has the job now. *unsaid*: how many
        seconds ago the step began, where `start_step` has not said that."""
        used = msgspec.json.encode(usage).decode() if usage else None
        given = name, output, used, float(expected_steps), input_hash, unsaid

        async def write(connection: asyncpg.Connection) -> bool:
            row = await connection.fetchrow(SAVE_STEP, job.id, job.epoch, *given)
            self.changed(job.id)
            return bool(row["alive"]) or not row["saved"]

        return await self.patiently(write)

    async def settle(
        self,
        job: ClaimedJob,
        status: str,
        *,
        stage: str | None = None,
        result: Any = None,
        error: Any = None,
        wait_seconds: float | None = None,
        attempt: int | None = None,
        waits_for: str | None = None,
        deadline_seconds: float | None = None,
        within: asyncpg.Connection | None = None,
    ) -> str | None:
        """Move the job out of 'running': gives the status that it has then ('cancelled' where that was asked for
        meanwhile), or None where the run was superseded. *deadline_seconds* counts from the end of the wait. *within*: a
        connection whose transaction the caller commits, and says then that the job has `changed`."""

        def pack(value: Any) -> str | None:
            return None if value is None else msgspec.json.encode(value).decode()

        async def write(connection: asyncpg.Connection) -> str | None:
            settled: str | None = await connection.fetchval(
                SETTLE, job.id, job.epoch, status, stage, pack(result), pack(error), wait_seconds, attempt, waits_for,
                deadline_seconds,
            )  # fmt: skip
            if within is None:
                self.changed(job.id)
            return settled

        return await (self.patiently(write) if within is None else write(within))

    async def beat(self, jobs: Sequence[ClaimedJob]) -> dict[UUID, bool]:
        """Renew the leases of all runs at once: job id -> whether its owner asked for it to stop."""
        assert self._life is not None
        await self._life.execute(ALIVE, self.worker, len(jobs))
        ids, epochs = [job.id for job in jobs], [job.epoch for job in jobs]
        rows = await self._life.fetch(BEAT, ids, epochs, self._settings.job_lease_seconds)
        return {row["id"]: row["cancelled"] for row in rows}

    async def still_mine(self, job: ClaimedJob) -> bool | None:
        """Whether the run's owner asked for it to stop; None where another run has the job."""

        async def look(connection: asyncpg.Connection) -> bool | None:
            query = (
                "select cancel_requested_at is not null from jobs where id = $1 and epoch = $2 and status = 'running'"
            )
            asked: bool | None = await connection.fetchval(query, job.id, job.epoch)
            return asked

        return await self.patiently(look)

    async def reap(self) -> list[UUID]:
        """Put back the jobs of workers that fell silent, end those past their deadline; gives which. One worker at a
        time does it."""
        assert self._tick is not None
        all_moved: list[UUID] = []
        settings = self._settings
        for statement, given in ((REAP, (settings.job_max_crashes, settings.job_lease_seconds)), (EXPIRE, ())):
            moved = [row["id"] for row in await self._tick.fetch(statement, *given)]
            fault("J")
            for job_id in moved:
                self.changed(job_id)
            all_moved += moved
        return all_moved

    async def untold(self, kinds: Sequence[str]) -> list[UUID]:
        """Jobs of these kinds that ended badly a while ago without their feature being told."""
        assert self._tick is not None
        return [row["id"] for row in await self._tick.fetch(UNTOLD, list(kinds))]


async def _stored(connection: asyncpg.Connection, job: ClaimedJob, name: str) -> StoredStep:
    (found,) = await connection.fetch(f"{STORED_STEPS} and name = $2", [job.id], name)
    return StoredStep(name, found["input_hash"], found["output"])


def _claimed(row: asyncpg.Record, steps: dict[str, StoredStep]) -> ClaimedJob:
    return ClaimedJob(
        row["id"], row["owner_id"], row["project_id"], row["kind"], msgspec.json.decode(row["input"]), row["epoch"],
        row["attempt"], row["max_attempts"], row["deadline_at"], row["created_at"], row["traceparent"],
        row["engine"], row["external"], steps,
    )  # fmt: skip
