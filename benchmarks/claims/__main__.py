"""How long a claim takes while the queue grows from 1,000 to 1,000,000 jobs: `python -m benchmarks.claims`.

Each size and shape has a database of its own, filled through the real triggers. The claims go round all of them in
turn, so that a slow moment of the machine falls on every size. Sizes given as arguments replace the three, for a quick
look that is printed and not recorded.
"""

import asyncio
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from app.config import Settings
from app.shared.embedded import Cluster, locate
from app.supervisor import prepare_database
from benchmarks.claims.queues import MAX_RUNNING, SHAPES, WANTED, database, fill
from benchmarks.claims.report import NAIVE_ROUNDS, ROUNDS, report
from benchmarks.claims.rounds import burst, naive, pages, race, work
from benchmarks.record import record

SIZES = (1_000, 100_000, 1_000_000)
WARM_UP = 5


def main() -> None:
    sizes = tuple(int(size) for size in sys.argv[1:]) or SIZES
    home = Path(tempfile.mkdtemp(prefix="strand-bench-"))
    cluster = locate(Settings.from_env({"STRAND_HOME": str(home)}))
    try:
        cluster.create()
        cluster.start()
        prepare_database(Settings.from_env({"STRAND_HOME": str(home), "DATABASE_URL": cluster.url}))
        text = asyncio.run(measure(cluster, sizes))
    finally:
        cluster.remove()
        shutil.rmtree(home, ignore_errors=True)
    if sizes == SIZES:
        record("Claims", "python -m benchmarks.claims", text)
    else:
        print(text)


async def measure(cluster: Cluster, sizes: tuple[int, ...]) -> str:
    async with AsyncExitStack() as stack:
        most, refused, lost = await race(cluster, stack)
        assert most == MAX_RUNNING, f"{most} jobs of an owner ran, {MAX_RUNNING} may"
        assert lost == 0, f"{lost} jobs that were added during a claim were not found"
        first, last = await burst(await database(cluster, stack, "burst"))
        queues = [
            await fill(shape, size, await database(cluster, stack, f"queue_{number}_{size}"))
            for number, shape in enumerate(SHAPES)
            for size in sizes
        ]
        for number in range(WARM_UP + ROUNDS):
            if number == WARM_UP:
                for queue in queues:
                    queue.times.clear()
            for queue in queues if number % 2 else reversed(queues):
                for wanted in WANTED:
                    await work(queue, wanted)
        for _ in range(NAIVE_ROUNDS):  # last, as these read whole queues into the cache
            for queue in queues:
                for wanted in WANTED:
                    await pages(queue, wanted)
                await naive(queue)
        version = await queues[0].connection.fetchval("show server_version")
        return report(queues, version, refused, first, last)


if __name__ == "__main__":
    main()
