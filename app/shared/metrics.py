"""Counters for operators: counted in memory, added to `metric_totals` in batches, shown by /metrics."""

from bisect import bisect_left

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Database

BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
QUICK = {"strand_http_request_seconds": (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)}
"""Histograms with bounds of their own."""
ADD = """
insert into metric_totals (name, labels, value)
select * from unnest(cast(:names as text[]), cast(:labels as text[]), cast(:values as float8[]))
on conflict (name, labels) do update set value = metric_totals.value + excluded.value
"""


def bounds_of(name: str) -> tuple[float, ...]:
    return QUICK.get(name, BUCKETS)


class Metrics:
    """What this process has counted since it last wrote. What a killed process had not written is lost: these are
    figures to watch, the books are `model_calls`."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], float] = {}

    def count(self, name: str, value: float = 1, /, **labels: str) -> None:
        key = name, msgspec.json.encode(labels, order="sorted").decode()
        self._counts[key] = self._counts.get(key, 0) + value

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """Into a histogram, in seconds."""
        bounds = bounds_of(name)
        place = bisect_left(bounds, seconds)
        self.count(f"{name}_bucket", 1, **labels, le=str(bounds[place]) if place < len(bounds) else "+Inf")
        self.count(f"{name}_sum", seconds, **labels)

    async def write(self, db: Database) -> None:
        """Add what was counted to the totals; on failure it stays for the next time."""
        if not self._counts:
            return
        taken, self._counts = self._counts, {}
        rows = sorted(taken.items())  # one order for all processes, so that none waits for another in a circle
        given = {
            "names": [name for (name, _), _ in rows],
            "labels": [labels for (_, labels), _ in rows],
            "values": [float(value) for _, value in rows],
        }

        async def add(session: AsyncSession) -> None:
            await session.execute(text(ADD), given)

        try:
            await db.patiently(add, seconds=1)
        except Exception:
            for key, value in taken.items():
                self._counts[key] = self._counts.get(key, 0) + value
            raise
