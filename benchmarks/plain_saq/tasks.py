"""An essay of four paid steps as a plain SAQ task, as people usually write it: for `benchmarks.plain_saq`.

`saq benchmarks.plain_saq.tasks.settings` is its worker; `python -m benchmarks.plain_saq.tasks ask ID ...` inserts rows
and enqueues them after the commit, `... die ID` dies between the two, `... cancel ID ...` cancels and says when.
"""

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

import asyncpg
import httpx
from saq import Queue

SECTIONS = 4
BEST = os.environ.get("PLAIN_BEST") == "1"
BROKER = os.environ.get("PLAIN_BROKER", "redis://127.0.0.1:1")
BEAT_SECONDS = 0.4
JOB: dict[str, Any] = {"retries": 10, "timeout": 120, "heartbeat": 3} if BEST else {}
WORKER: dict[str, Any] = {
    "timers": {"schedule": 1, "worker_info": 10, "sweep": 5, "abort": 1},
    "dequeue_timeout": 1 if BROKER.startswith("redis") else 10,
    "shutdown_grace_period_s": 3,
    "cancellation_hard_deadline_s": 5,
}
TABLES = """
create table if not exists plain_jobs (id text primary key, title text not null, status text not null, worker int,
                                       result text);
create table if not exists plain_ends (job_id text not null, worker int not null, at timestamptz not null default now())
"""


async def write_section(client: httpx.AsyncClient, job_id: str, title: str, number: int) -> str:
    """One paid call."""
    body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": f"Section {number} of {title}."}]}
    headers = {"Idempotency-Key": f"{job_id}:section_{number}:0:0", "Authorization": "Bearer sk-provider"}
    answer = await client.post(f"{os.environ['PROVIDER_URL']}/v1/chat/completions", json=body, headers=headers)
    answer.raise_for_status()
    text: str = answer.json()["choices"][0]["message"]["content"]
    return text


async def beat(job: Any) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        with suppress(Exception):
            await job.update()


async def write_essay(context: dict[str, Any], *, job_id: str, title: str) -> None:
    pool = context["pool"]
    beating = asyncio.create_task(beat(context["job"])) if BEST else None
    try:
        await pool.execute("update plain_jobs set status = 'running', worker = $2 where id = $1", job_id, os.getpid())
        written = [await write_section(context["client"], job_id, title, number) for number in range(SECTIONS)]
        async with pool.acquire() as connection, connection.transaction():
            text = "\n".join(written)
            await connection.execute("update plain_jobs set status = 'done', result = $2 where id = $1", job_id, text)
            await connection.execute("insert into plain_ends (job_id, worker) values ($1, $2)", job_id, os.getpid())
    except Exception:
        await pool.execute("update plain_jobs set status = 'failed' where id = $1", job_id)
        raise
    finally:
        if beating:
            beating.cancel()


async def startup(context: dict[str, Any]) -> None:
    context["pool"] = await asyncpg.create_pool(os.environ["PLAIN_DATABASE_URL"], min_size=1, max_size=5)
    context["client"] = httpx.AsyncClient(timeout=8)


def build_queue() -> Queue:
    return Queue.from_url(BROKER, name=os.environ["PLAIN_QUEUE"])


def settings() -> dict[str, Any]:
    """What `saq` starts the worker with."""
    given = WORKER if BEST else {}
    return {"queue": build_queue(), "functions": [write_essay], "concurrency": 10, "startup": startup, **given}


async def insert(connection: Any, job_id: str) -> None:
    """One transaction, committed before anything is enqueued."""
    row = "insert into plain_jobs (id, title, status) values ($1, $2, 'queued') on conflict do nothing"
    await connection.execute(row, job_id, f"Essay {job_id}")


async def main(do: str, ids: list[str]) -> None:
    connection = await asyncpg.connect(os.environ["PLAIN_DATABASE_URL"])
    queue = build_queue()
    await queue.connect()
    said = {}
    for job_id in ids:
        if do in {"ask", "die"}:
            await insert(connection, job_id)
            if do == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            await queue.enqueue("write_essay", key=job_id, job_id=job_id, title=f"Essay {job_id}", **JOB)
        else:
            await connection.execute("update plain_jobs set status = 'cancelled' where id = $1", job_id)
            if job := await queue.job(job_id):
                await job.abort("cancelled")
            said[job_id] = time.time()
    sys.stdout.write(json.dumps(said))
    await queue.disconnect()
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
