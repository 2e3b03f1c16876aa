"""Many who follow jobs on one API process: whether each event arrives, how late, and what a listener costs.

`python -m benchmarks.listeners [--listeners 5000] [--rate 1000] [--seconds 15]`. Events are written as workers write them, with a
hint after each; the listeners read raw Server-Sent Events in this process, on the same cores.
"""

import argparse
import asyncio
import itertools
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from uuid import UUID

import asyncpg
import httpx
import msgspec
import psutil
from msgspec.structs import replace

from app.config import Settings
from app.db.models import Role
from app.db.session import plain_url
from app.evaluate.retrieval import own_database
from app.features.accounts.tokens import issue_access_token
from app.shared.hints import Hints, open_wire
from app.shared.keys import Keys
from benchmarks.record import record
from tests.conftest import free_port

JOBS_A_CREATOR = 100
OPENING_AT_ONCE = 50
PULSE_SECONDS = 0.05
SEED = 20261121

CREATORS = """
insert into users (id, email, password_hash, display_name, role, is_active, revision, created_at, updated_at)
select gen_random_uuid(), 'listener' || n || '@example.com', 'x', 'Listener', 'creator', true, 1, now(), now()
from generate_series(1, $1::int) n
"""
SIGN_INS = """
insert into user_sessions (id, user_id, expires_at, created_at, updated_at)
select gen_random_uuid(), id, now() + interval '1 day', now(), now() from users returning id, user_id
"""
JOBS = """
insert into jobs (id, owner_id, kind, input, status, max_attempts, code_version, event_seq, lease_until, deadline_at)
select gen_random_uuid(), users.id, 'benchmark.followed', '{}', 'running', 6, '0', 0, now() + interval '1 day', now() + interval '1 day'
from users, generate_series(1, $1::int) returning id, owner_id
"""
HAPPEN = """
with moved as (update jobs set event_seq = event_seq + 1 where id = any($1::uuid[]) returning id, event_seq)
insert into job_events (job_id, seq, type, data)
select id, event_seq, 'progress', jsonb_build_object('sent', $2::float8) from moved
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=5_000)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=15)
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with own_database() as settings:
        ready = replace(settings, secret_key=settings.secret_key or "a key of the benchmark, long enough to be one")
        table = asyncio.run(measure(ready, given.listeners, given.rate, given.seconds))
    record("Listeners", "python -m benchmarks.listeners", table)


async def measure(settings: Settings, listeners: int, rate: int, seconds: int) -> str:
    connection = await asyncpg.connect(plain_url(settings.database_url or ""))
    await connection.execute(CREATORS, -(-listeners // JOBS_A_CREATOR))
    signed = {row["user_id"]: row["id"] for row in await connection.fetch(SIGN_INS)}
    jobs = [(row["id"], row["owner_id"]) for row in await connection.fetch(JOBS, JOBS_A_CREATOR)][:listeners]
    await connection.execute("vacuum analyze")
    keys, port = Keys.of(settings), free_port()
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": settings.database_url or "", "SECRET_KEY": settings.secret_key or "",
        "STRAND_HOME": str(settings.home), "LOG_LEVEL": "WARNING", "PORT": str(port),
    }  # fmt: skip
    process = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-m", "app.serving"], env=environment)
    try:
        await up(port)
        seen = psutil.Process(process.pid)
        empty = seen.memory_info().rss
        late: list[float] = []
        followed = [(job, issue_access_token(keys, owner, signed[owner], Role.CREATOR)) for job, owner in jobs]
        gate = asyncio.Semaphore(OPENING_AT_ONCE)
        opened = [asyncio.Event() for _ in followed]
        following = [
            asyncio.create_task(follow(port, job, token, late, gate, ready))
            for (job, token), ready in zip(followed, opened, strict=True)
        ]
        began = time.perf_counter()
        for ready in opened:
            await ready.wait()
        opening = time.perf_counter() - began
        await asyncio.sleep(2)
        memory, before = (seen.memory_info().rss - empty) / listeners, sum(seen.cpu_times()[:2])
        sent = await happen(settings, connection, [job for job, _ in jobs], rate, seconds)
        for _ in range(200):
            if len(late) >= sent:
                break
            await asyncio.sleep(0.1)
        spent = sum(seen.cpu_times()[:2]) - before
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 60)
        await connection.close()
    ordered = sorted(late)
    rows = [
        ("listeners, each on a job of its own", f"{listeners:,}"),
        ("to open them all", f"{opening:.1f} s"),
        ("memory a listener", f"{memory / 1000:.0f} kB"),
        ("events sent, in a second", f"{sent:,}, {rate:,}"),
        ("events that never came", f"{sent - len(late):,}"),
        ("event to client, p50", f"{statistics.median(ordered) * 1000:.0f} ms"),
        ("event to client, p99", f"{ordered[int(len(ordered) * 0.99)] * 1000:.0f} ms"),
        ("processor time of the API an event", f"{spent / max(1, sent) * 1e6:.0f} us"),
    ]
    return "\n".join(("| what | measured |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in rows)))


async def up(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1") as client:
        for _ in range(600):
            try:
                if (await client.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise TimeoutError("The API didn't start.")


async def follow(
    port: int, job: UUID, token: str, late: list[float], gate: asyncio.Semaphore, ready: asyncio.Event
) -> None:
    """Read one stream; each event says when it was written."""
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(asked.encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        while (await reader.readline()).strip():
            pass
        ready.set()
    try:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                late.append(time.time() - msgspec.json.decode(line[6:])["sent"])
    finally:
        writer.close()


async def happen(settings: Settings, connection: asyncpg.Connection, jobs: list[UUID], rate: int, seconds: int) -> int:
    """Events at an even pace, in turns over all jobs; gives how many."""
    hints, chance, sent = Hints(open_wire(settings)), random.Random(SEED), 0
    chance.shuffle(jobs)
    turns = itertools.cycle(jobs)
    began = time.perf_counter()
    for pulse in range(int(seconds / PULSE_SECONDS)):
        await asyncio.sleep(max(0.0, began + pulse * PULSE_SECONDS - time.perf_counter()))
        some = list(itertools.islice(turns, int(rate * PULSE_SECONDS)))
        await connection.execute(HAPPEN, some, time.time())
        for job in some:
            hints.touch(job)
        sent += len(some)
    await asyncio.sleep(0.2)
    await hints.close()
    return sent


if __name__ == "__main__":
    main()
