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
from asyncpg.exceptions import InterfaceError
from msgspec import Struct

from app.config import Settings
from app.db.session import plain_url

log = logging.getLogger(__name__)

T = TypeVar("T")
UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""PostgreSQL is away or on its way back; the statement may be tried again, as each is idempotent under its fence."""


class StoredStep(Struct, frozen=True):
    name: str
    input_hash: str
    output: Any


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
    steps: dict[str, StoredStep]


CLAIM = """
select id, owner_id, project_id, kind, input::text, epoch, attempt, attempts, max_attempts, deadline_at
from job_claim($1, $2, $3, $4, make_interval(secs => $5))
"""

START_STEP = """
with run as (
  update jobs set stage = $3, event_seq = event_seq + 1
  where id = $1 and epoch = $2 and status = 'running' and cancel_requested_at is null
  returning id, event_seq
), started as (
  insert into job_steps as step (job_id, name, ordinal, status, input_hash, epoch, started_at)
  select id, $3, (select count(*) from job_steps where job_id = $1), 'running', $4, $2, clock_timestamp() from run
  on conflict (job_id, name) do update
    set attempts = step.attempts + 1, epoch = excluded.epoch, started_at = excluded.started_at, input_hash = excluded.input_hash
    where step.status <> 'done'
  returning attempts
), told as (
  insert into job_events (job_id, seq, type, data)
  select id, event_seq, 'step', jsonb_build_object('name', $3::text, 'status', 'running') from run
)
select (select count(*) from run) as alive, (select count(*) from started) as started
"""

SAVE_STEP = """
with job as (
  select id from jobs where id = $1 for update
), saved as (
  update job_steps set status = 'done', output = $4::text::jsonb, usage = $5::text::jsonb, finished_at = clock_timestamp()
  where job_id = (select id from job) and name = $3 and status <> 'done'
  returning name
), run as (
  update jobs set attempt = 0, event_seq = event_seq + 1, progress = greatest(progress, least(1, (
      select count(*) + 1 from job_steps where job_id = $1 and status = 'done') / $6::float))
  where id = $1 and epoch = $2 and status = 'running' and exists (select 1 from saved)
  returning id, event_seq, progress
), told as (
  insert into job_events (job_id, seq, type, data)
  select id, event_seq, 'step', jsonb_build_object('name', $3::text, 'status', 'done', 'progress', progress) from run
)
select (select count(*) from saved) as saved, (select count(*) from run) as alive
"""

SETTLE = """
with run as (
  update jobs set status = $3::text, stage = $4, result = $5::text::jsonb, error = $6::text::jsonb,
    run_at = coalesce(now() + make_interval(secs => $7::float), run_at), attempt = coalesce($8::int, attempt),
    progress = case when $3::text = 'succeeded' then 1 else progress end,
    lease_until = null, worker = null, event_seq = event_seq + 1,
    finished_at = case when $3::text = 'queued' then null else clock_timestamp() end
  where id = $1 and epoch = $2 and status = 'running'
  returning id, event_seq
)
insert into job_events (job_id, seq, type, data)
select id, event_seq, $9::text, $10::text::jsonb from run returning seq
"""

BEAT = """
with alive as (
  update worker_processes set seen_at = now(), running = $4 where name = $5
)
update jobs set lease_until = now() + make_interval(secs => $3)
from unnest($1::uuid[], $2::int[]) as mine(id, epoch)
where jobs.id = mine.id and jobs.epoch = mine.epoch and jobs.status = 'running'
returning jobs.id, jobs.cancel_requested_at is not null as cancelled
"""

REAP = """
with expired as (
  select id from jobs
  where status = 'running' and lease_until < now()
    and now() - pg_postmaster_start_time() > make_interval(secs => $2)
  order by owner_id for update skip locked
), reaped as (
  update jobs set crashes = crashes + 1, worker = null, lease_until = null, event_seq = event_seq + 1,
    status = case when cancel_requested_at is not null then 'cancelled' when crashes + 1 >= $1 then 'failed' else 'queued' end,
    stage = case when cancel_requested_at is not null or crashes + 1 >= $1 then null else 'waiting for a worker' end,
    error = case when cancel_requested_at is null and crashes + 1 >= $1 then jsonb_build_object('code', 'gave_up',
      'message', 'The workers that ran this job stopped unexpectedly ' || $1 || ' times.', 'retryable', true) end,
    finished_at = case when cancel_requested_at is not null or crashes + 1 >= $1 then clock_timestamp() end
  where id in (select id from expired)
  returning id, event_seq, status, error
)
insert into job_events (job_id, seq, type, data)
select id, event_seq, case when status = 'queued' then 'status' else 'end' end,
  jsonb_strip_nulls(jsonb_build_object('status', status, 'error', error)) from reaped
returning job_id
"""

EXPIRE = """
with late as (
  update jobs set status = 'failed', stage = null, event_seq = event_seq + 1, finished_at = clock_timestamp(),
    error = jsonb_build_object('code', 'deadline', 'message', 'The job was not done by its deadline.', 'retryable', true)
  where status = 'queued' and deadline_at < now()
  returning id, event_seq, error
)
insert into job_events (job_id, seq, type, data)
select id, event_seq, 'end', jsonb_build_object('status', 'failed', 'error', error) from late
"""


class JobStore:
    """A worker's own connections: a small pool for transitions, one connection for signs of life."""

    def __init__(self, url: str, settings: Settings, worker: str) -> None:
        self.worker = worker
        self._url = plain_url(url)
        self._settings = settings
        self._pool: asyncpg.Pool | None = None
        self._life: asyncpg.Pool | None = None

    async def __aenter__(self) -> Self:
        options = {"server_settings": {"application_name": "strand-worker"}, "timeout": 5}
        self._pool = await asyncpg.create_pool(self._url, min_size=1, max_size=6, command_timeout=10, **options)
        self._life = await asyncpg.create_pool(self._url, min_size=1, max_size=1, command_timeout=5, **options)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for pool in (self._pool, self._life):
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
            except UNREACHABLE as error:
                if time.monotonic() > give_up:
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

        async def take(connection: asyncpg.Connection) -> list[ClaimedJob]:
            async with connection.transaction():
                rows = await connection.fetch(CLAIM, list(kinds), self.worker, wanted, limit, lease)
                resumed = [row["id"] for row in rows if row["attempts"] > 1]
                steps = await connection.fetch(STORED_STEPS, resumed) if resumed else []
            stored: dict[UUID, dict[str, StoredStep]] = {}
            for step in steps:
                output = msgspec.json.decode(step["output"])
                stored.setdefault(step["job_id"], {})[step["name"]] = StoredStep(
                    step["name"], step["input_hash"], output
                )
            return [
                ClaimedJob(
                    row["id"], row["owner_id"], row["project_id"], row["kind"], msgspec.json.decode(row["input"]),
                    row["epoch"], row["attempt"], row["max_attempts"], row["deadline_at"], stored.get(row["id"], {}),
                )
                for row in rows
            ]  # fmt: skip

        return await self.patiently(take, seconds=5)

    async def start_step(self, job: ClaimedJob, name: str, input_hash: str) -> bool | StoredStep:
        """True: go on. False: superseded or cancelled. A stored step: a late receipt came in; nothing is to be run."""

        async def write(connection: asyncpg.Connection) -> bool | StoredStep:
            row = await connection.fetchrow(START_STEP, job.id, job.epoch, name, input_hash)
            if not row["alive"]:
                return False
            if row["started"]:
                return True
            (found,) = await connection.fetch(f"{STORED_STEPS} and name = $2", [job.id], name)
            return StoredStep(name, found["input_hash"], msgspec.json.decode(found["output"]))

        return await self.patiently(write)

    async def save_step(self, job: ClaimedJob, name: str, output: Any, usage: Any, expected_steps: int) -> bool:
        """Store the output; the first to store wins. False: another run has the job now."""
        packed = msgspec.json.encode(output).decode()
        used = msgspec.json.encode(usage).decode() if usage else None

        async def write(connection: asyncpg.Connection) -> bool:
            row = await connection.fetchrow(SAVE_STEP, job.id, job.epoch, name, packed, used, float(expected_steps))
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
    ) -> bool:
        """Move the job out of 'running', with the event that tells of it. False: superseded."""
        told = {"status": status, "stage": stage, "result": result, "error": error}
        event = msgspec.json.encode({name: value for name, value in told.items() if value is not None}).decode()

        def pack(value: Any) -> str | None:
            return None if value is None else msgspec.json.encode(value).decode()

        async def write(connection: asyncpg.Connection) -> bool:
            seq = await connection.fetchval(
                SETTLE, job.id, job.epoch, status, stage, pack(result), pack(error), wait_seconds, attempt,
                "status" if status == "queued" else "end", event,
            )  # fmt: skip
            return seq is not None

        return await self.patiently(write)

    async def beat(self, jobs: Sequence[ClaimedJob]) -> dict[UUID, bool]:
        """Renew the leases of all runs at once: job id -> whether its owner asked for it to stop."""
        assert self._life is not None
        rows = await self._life.fetch(
            BEAT,
            [job.id for job in jobs],
            [job.epoch for job in jobs],
            self._settings.job_lease_seconds,
            len(jobs),
            self.worker,
        )
        return {row["id"]: row["cancelled"] for row in rows}

    async def reap(self) -> int:
        """Put back the jobs of workers that fell silent. Only one worker does it at a time."""
        assert self._life is not None
        async with self._life.acquire() as connection, connection.transaction():
            if not await connection.fetchval("select pg_try_advisory_xact_lock(7002, 0)"):
                return 0
            reaped = await connection.fetch(REAP, self._settings.job_max_crashes, self._settings.job_lease_seconds)
            await connection.execute(EXPIRE)
            return len(reaped)


STORED_STEPS = (
    "select job_id, name, input_hash, output::text from job_steps where job_id = any($1::uuid[]) and status = 'done'"
)
