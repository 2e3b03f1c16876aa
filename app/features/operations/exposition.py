"""What operators watch, in Prometheus' text format: gauges from the tables, totals that all processes add to."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec
from msgspec import Struct
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import VERSION
from app.features.operations.service import alive_seconds
from app.shared.metrics import bounds_of
from app.shared.resources import Resources
from app.shared.tracing import tracer

log = logging.getLogger(__name__)

DATABASE_SECONDS = 5

DEPTH = """
select kind, status, count(*) as jobs,
  coalesce(extract(epoch from now() - min(run_at) filter (where status = 'queued' and run_at <= now())), 0)::float8 as due,
  coalesce(extract(epoch from now() - min(started_at)), 0)::float8 as age
from jobs where status in ('queued', 'running') group by kind, status
"""
WAITING = (
    "select waits_for, count(*) as jobs from jobs where status = 'queued' and waits_for is not null group by waits_for"
)
WORKERS = """
select count(*) as alive, coalesce(sum(slots), 0) as slots from worker_processes
where seen_at > now() - make_interval(secs => :within)
"""
LANES = "select provider, model, code from provider_lanes where paused_until > now()"
UNKNOWN = "select count(*) from model_calls where state = 'unknown' and id > :since"
TOTALS = "select name, labels, value from metric_totals order by name, labels"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
A_DAY_MS = 24 * 3600 * 1000

HELP = {
    "strand_jobs_ended": "Jobs that ended, by kind and status.",
    "strand_job_retries": "Tries that failed and are made again.",
    "strand_job_seconds": "From the request to the job's end.",
    "strand_step_seconds": "A step's run.",
    "strand_http_request_seconds": "Answers by route and status; event streams are left out.",
    "strand_leases_lost": "Runs that were superseded: a worker was silent for too long.",
    "strand_model_calls": "Calls to providers, by how they ended.",
    "strand_model_call_seconds": "From sending a call to its answer.",
    "strand_repeats": "Calls whose outcome is unknown: each may have been paid twice.",
    "strand_tokens": "Tokens by model, as the providers counted them.",
    "strand_webhook_tries": "Requests to webhooks, by whether they were taken.",
    "strand_cost_usd": "Cost by model, from the price table.",
}


class Here(Struct, frozen=True):
    """What only the process that answers can tell; None: it has no such thing."""

    requests_in_flight: int | None = None
    event_listeners: int | None = None
    jobs_running: int | None = None


class _Given(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


async def page(resources: Resources, here: Here) -> bytes:
    """All of it, as text. While the database is away, what the process knows by itself."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await resources.metrics.write(resources.db)
            async with resources.db.transaction() as session:
                shared = [
                    _one("strand_database_up", "Whether the database answers.", 1),
                    *await _shared(session, resources),
                ]
    except Exception as error:
        log.warning("The metrics come without the database: %s", type(error).__name__)
        shared = [_one("strand_database_up", "Whether the database answers.", 0)]
    registry = CollectorRegistry()
    registry.register(_Given([*shared, *_own(resources, here)]))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


async def _shared(session: AsyncSession, resources: Resources) -> list[Metric]:
    within = alive_seconds(resources.settings.job_beat_seconds)
    return [*await _gauges(session, within), *await _totals(session)]


def _own(resources: Resources, here: Here) -> Iterator[Metric]:
    build = GaugeMetricFamily("strand_build_info", "The version of Strand that answers.", labels=["version"])
    build.add_metric([VERSION], 1)
    yield build
    taken = resources.db.connections_in_use()
    yield _one("strand_process_db_connections_in_use", "Connections of this process's pool that are taken.", taken)
    limit = resources.db.pool_limit
    yield _one("strand_process_db_connections_limit", "Connections that this process's pool may open.", limit)
    for name, said, value in (
        ("http_requests_in_flight", "Requests that this process works on.", here.requests_in_flight),
        ("event_listeners", "Event streams that this process holds open.", here.event_listeners),
        ("jobs_running", "Jobs that this worker runs.", here.jobs_running),
    ):
        if value is not None:
            yield _one(f"strand_process_{name}", said, value)
    if (sending := tracer()) is not None:
        yield CounterMetricFamily(
            "strand_process_traces_dropped", "Spans that the collector did not take.", value=sending.dropped()
        )


def _one(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


async def _gauges(session: AsyncSession, within_seconds: float) -> list[Metric]:
    depth = GaugeMetricFamily("strand_jobs", "Jobs that wait or run, by kind.", labels=["kind", "status"])
    due = GaugeMetricFamily(
        "strand_queue_oldest_seconds", "How long the oldest due job waits, by kind.", labels=["kind"]
    )
    age = GaugeMetricFamily(
        "strand_running_oldest_seconds", "How long the job that runs longest has run, by kind.", labels=["kind"]
    )
    for row in await session.execute(text(DEPTH)):
        depth.add_metric([row.kind, row.status], row.jobs)
        if row.status == "queued":
            due.add_metric([row.kind], row.due)
        else:
            age.add_metric([row.kind], row.age)
    waiting = GaugeMetricFamily("strand_jobs_waiting", "Begun jobs that wait, by what for.", labels=["waits_for"])
    for row in await session.execute(text(WAITING)):
        waiting.add_metric([row.waits_for], row.jobs)
    living = (await session.execute(text(WORKERS), {"within": within_seconds})).one()
    lanes = GaugeMetricFamily(
        "strand_provider_paused", "Providers that are not called.", labels=["provider", "model", "code"]
    )
    for lane in await session.execute(text(LANES)):
        lanes.add_metric([lane.provider, lane.model, lane.code], 1)
    since = UUID(int=(int(time.time() * 1000) - A_DAY_MS) << 80)  # ids begin with their time
    unknown = await session.scalar(text(UNKNOWN), {"since": since}) or 0
    return [
        depth, due, age, waiting, lanes,
        _one("strand_workers", "Workers that live.", living.alive),
        _one("strand_worker_slots", "Jobs that these can run at once.", float(living.slots)),
        _one("strand_model_calls_unknown", "Calls of the last day whose outcome is unknown.", unknown),
    ]  # fmt: skip


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
        for place in [*map(str, bounds_of(name)), "+Inf"]:
            running += counts.get(place, 0)
            upward.append((place, running))
        families[name].add_metric(list(labels.values()), upward, sums.get((name, key), 0))  # type: ignore[attr-defined]
    return list(families.values())


def _key(labels: dict[str, str]) -> str:
    return msgspec.json.encode(labels, order="sorted").decode()
