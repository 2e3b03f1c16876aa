"""Pipelines of three steps that do nothing, a second and worker process, beside plain SAQ jobs that do nothing once.

`python -m benchmarks.pipelines [--rounds 3] [--jobs 2000] [--workers 10]`. One PostgreSQL for all, whose commits are on disk before
they are answered; a Redis without persistence. A rate is that of the jobs between the first and the last tenth to end.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import asyncpg

from app.config import Settings
from app.db import migrate
from app.db.session import plain_url
from app.shared import embedded
from benchmarks.record import record
from tests.conftest import in_a_thread
from tests.faults.servers import RedisServer

OWNERS = 200
SLOTS = 10
SECONDS = 120
ACCOUNTS = """
insert into users (id, email, password_hash, display_name, role, is_active, revision, created_at, updated_at)
select gen_random_uuid(), 'owner' || n || '@example.com', 'x', 'Owner', 'creator', true, 1, now(), now() from generate_series(1, $1::int) n
"""
JOBS = """
insert into jobs (id, owner_id, kind, input, status, max_attempts, code_version)
select gen_random_uuid(), owner.id, 'pipelines.three_steps', '{}', 'queued', 6, '0'
from (select id, row_number() over () as place from users) owner, generate_series(1, $1::int) n where n % $2::int = owner.place - 1
"""
ENDED = "select count(*) from jobs where status = 'succeeded'"
RATE = """
select count(*) / extract(epoch from max(finished_at) - min(finished_at)) from (
  select finished_at, ntile(10) over (order by finished_at) as tenth from jobs) ended where tenth between 2 and 9
"""
ONCE = """
select (select count(*) from jobs where status <> 'succeeded') as left,
  (select count(*) from (select job_id from job_events where type = 'end' group by 1 having count(*) <> 1) twice) as ended_twice,
  (select coalesce(sum(attempts - 1), 0) from job_steps) as steps_again,
  (select count(*) from jobs) * 3 - (select count(*) from job_steps where status = 'done') as steps_missing
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=10)
    given = parser.parse_args()
    redis = RedisServer()
    try:
        with own_cluster() as (settings, url):
            ways: dict[str, Callable[[], float]] = {
                "Strand, 3 steps, bell on Redis": lambda: strand(settings, url, redis.url, given.jobs, 1),
                "Strand, 3 steps, bell on PostgreSQL": lambda: strand(settings, url, None, given.jobs, 1),
                "plain SAQ, 1 step, on Redis": lambda: plain(redis.url, given.jobs),
                "plain SAQ, 1 step, on PostgreSQL": lambda: plain(database(url), given.jobs // 4),
                f"Strand, 3 steps, {given.workers} workers, bell on Redis": lambda: strand(
                    settings, url, redis.url, given.jobs, given.workers
                ),
            }
            rates: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(given.rounds):
                for name, way in ways.items():
                    rates[name].append(way())
                    sys.stderr.write(f"{name}: {rates[name][-1]:.0f}\n")
    finally:
        redis.remove()
    rows = [
        f"| {name} | {statistics.median(several):,.0f} | {min(several):,.0f} to {max(several):,.0f} |"
        for name, several in rates.items()
    ]
    said = (
        f"{given.jobs:,} jobs of {OWNERS} owners, {SLOTS} slots a process, {given.rounds} rounds in turn. After each run of Strand: "
        "every job ended once, every step ran once, none was left. 0: plain SAQ had not worked its jobs off after a minute.\n\n"
    )
    head = "| what | jobs a second, median | from, to |\n| --- | --- | --- |"
    record("Pipelines that do nothing", "python -m benchmarks.pipelines", f"{said}{head}\n" + "\n".join(rows))


@contextmanager
def own_cluster() -> Iterator[tuple[Settings, str]]:
    with tempfile.TemporaryDirectory(prefix="strand-pipelines-") as home:
        settings = Settings.from_env({"STRAND_HOME": home, "ENGINE": "offline"})
        cluster = embedded.locate(settings)
        try:
            cluster.create()
            cluster.start()
            yield settings, cluster.url
        finally:
            cluster.remove()


def database(url: str) -> str:
    """A new one in the cluster."""
    name = f"b{uuid4().hex}"

    async def create() -> None:
        connection = await asyncpg.connect(plain_url(url))
        await connection.execute(f"create database {name}")
        await connection.close()

    in_a_thread(lambda: asyncio.run(create()))
    return url.replace("/strand?", f"/{name}?")


def strand(settings: Settings, cluster: str, broker: str | None, jobs: int, workers: int) -> float:
    url = database(cluster)
    migrate.upgrade(url)
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": url, "STRAND_HOME": str(settings.home), "SECRET_KEY": "k" * 40,
        "WORKER_SLOTS": str(SLOTS), "LOG_LEVEL": "WARNING", **({"BROKER_URL": broker} if broker else {}),
    }  # fmt: skip
    asyncio.run(fill(url, jobs))
    command = [sys.executable, "-m", "benchmarks.pipelines.worker"]
    started = [subprocess.Popen(command, env=environment) for _ in range(workers)]
    try:
        return asyncio.run(worked_off(url, jobs))
    finally:
        for process in started:
            process.terminate()
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(40)


async def fill(url: str, jobs: int) -> None:
    connection = await asyncpg.connect(plain_url(url))
    await connection.execute(ACCOUNTS, OWNERS)
    await connection.execute(JOBS, jobs, OWNERS)
    await connection.execute("analyze")
    await connection.close()


async def worked_off(url: str, jobs: int) -> float:
    connection = await asyncpg.connect(plain_url(url))
    give_up = time.monotonic() + SECONDS
    while await connection.fetchval(ENDED) < jobs:
        assert time.monotonic() < give_up, f"after {SECONDS} s {await connection.fetchval(ENDED)} jobs were done"
        await asyncio.sleep(0.25)
    found = await connection.fetchrow(ONCE)
    assert not any(found.values()), dict(found)
    rate: float = float(await connection.fetchval(RATE))
    await connection.close()
    return rate


def plain(url: str, jobs: int) -> float:
    """0 where it did not end in time."""
    address = url.replace("postgresql://@/", "postgresql:///")
    command = [sys.executable, "-m", "benchmarks.pipelines.plain", address, str(jobs), str(SLOTS)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS / 2)
    except subprocess.TimeoutExpired:
        return 0.0
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
