"""What operators watch, in Prometheus' text format: gauges from the tables, totals that all processes add to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.shared.metrics import BUCKETS

DEPTH = """
select kind, status, count(*) as jobs,
  coalesce(extract(epoch from now() - min(run_at) filter (where status = 'queued' and run_at <= now())), 0)::float8 as age
from jobs where status in ('queued', 'running') group by kind, status
"""
WORKERS = "select count(*) from worker_processes where seen_at > now() - make_interval(secs => :within)"
LANES = "select provider, model, code from provider_lanes where paused_until > now()"
TOTALS = "select name, labels, value from metric_totals order by name, labels"

HELP = {
    "strand_jobs_ended": "Jobs that ended, by kind and status.",
    "strand_job_retries": "Tries that failed and are made again.",
    "strand_job_seconds": "From the request to the job's end.",
    "strand_leases_lost": "Runs that were superseded: a worker was silent for too long.",
    "strand_model_calls": "Calls to providers, by how they ended.",
    "strand_model_call_seconds": "From sending a call to its answer.",
    "strand_repeats": "Calls whose outcome is unknown: each may have been paid twice.",
    "strand_tokens": "Tokens by model, as the providers counted them.",
    "strand_cost_usd": "Cost by model, from the price table.",
}


class _Given(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


async def expose(session: AsyncSession, within_seconds: float) -> bytes:
    """All of it, as text."""
    registry = CollectorRegistry()
    registry.register(_Given([*await _gauges(session, within_seconds), *await _totals(session)]))
    return generate_latest(registry)


async def _gauges(session: AsyncSession, within_seconds: float) -> list[Metric]:
    depth = GaugeMetricFamily("strand_jobs", "Jobs that wait or run, by kind.", labels=["kind", "status"])
    age = GaugeMetricFamily(
        "strand_queue_oldest_seconds", "How long the oldest due job waits, by kind.", labels=["kind"]
    )
    for row in await session.execute(text(DEPTH)):
        depth.add_metric([row.kind, row.status], row.jobs)
        if row.status == "queued":
            age.add_metric([row.kind], row.age)
    workers = GaugeMetricFamily("strand_workers", "Workers that live.")
    workers.add_metric([], await session.scalar(text(WORKERS), {"within": within_seconds}) or 0)
    lanes = GaugeMetricFamily(
        "strand_provider_paused", "Providers that are not called.", labels=["provider", "model", "code"]
    )
    for lane in await session.execute(text(LANES)):
        lanes.add_metric([lane.provider, lane.model, lane.code], 1)
    return [depth, age, workers, lanes]


async def _totals(session: AsyncSession) -> list[Metric]:
    families: dict[str, Metric] = {}
    buckets: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    sums: dict[tuple[str, str], float] = {}
    for row in await session.execute(text(TOTALS)):
        labels: dict[str, str] = msgspec.json.decode(row.labels)
        if row.name.endswith("_bucket"):
            place = labels.pop("le")
            buckets[row.name.removesuffix("_bucket"), _key(labels)][place] = row.value
        elif row.name.endswith("_sum"):
            sums[row.name.removesuffix("_sum"), _key(labels)] = row.value
        else:
            name = row.name.removesuffix("_total")
            if name not in families:
                families[name] = CounterMetricFamily(name, HELP.get(name, name), labels=list(labels))
            families[name].add_metric(list(labels.values()), row.value)  # type: ignore[attr-defined]
    for (name, key), counts in buckets.items():
        labels = msgspec.json.decode(key)
        if name not in families:
            families[name] = HistogramMetricFamily(name, HELP.get(name, name), labels=list(labels))
        running, upward = 0.0, []
        for place in [*map(str, BUCKETS), "+Inf"]:
            running += counts.get(place, 0)
            upward.append((place, running))
        families[name].add_metric(list(labels.values()), upward, sums.get((name, key), 0))  # type: ignore[attr-defined]
    return list(families.values())


def _key(labels: dict[str, str]) -> str:
    return msgspec.json.encode(labels, order="sorted").decode()
