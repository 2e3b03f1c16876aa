"""A plain SAQ job that does nothing: `python -m benchmarks.pipelines.plain URL JOBS SLOTS` enqueues them, works them off in this
process, and says how many a second."""

import asyncio
import sys
import time
from typing import Any

from saq import Queue, Worker

ENQUEUED_AT_ONCE = 50
ended: list[float] = []
over = asyncio.Event()


async def do_nothing(_: Any, *, number: int, of: int) -> int:
    ended.append(time.perf_counter())
    if len(ended) == of:
        over.set()
    return number


async def main(url: str, jobs: int, slots: int) -> None:
    queue = Queue.from_url(url)
    await queue.connect()
    for start in range(0, jobs, ENQUEUED_AT_ONCE):
        several = range(start, min(jobs, start + ENQUEUED_AT_ONCE))
        await asyncio.gather(*(queue.enqueue("do_nothing", number=number, of=jobs) for number in several))
    worker: Worker[Any] = Worker(queue, functions=[do_nothing], concurrency=slots)
    working = asyncio.create_task(worker.start())
    await over.wait()
    tenth = jobs // 10
    sys.stdout.write(f"{(jobs - 2 * tenth) / (ended[-tenth - 1] - ended[tenth - 1]):.1f}\n")
    await worker.stop()
    await asyncio.wait({working}, timeout=5)
    await queue.disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
