"""One trace from a request to the model call of its job, as a collector gets it; and none of it where none is named."""

import asyncio
import json
import logging
import subprocess
import sys
from typing import Any

import httpx
import msgspec
import pytest
import structlog
from litestar import post
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.accounts.guards import require_access_token
from app.main import create_app
from app.shared import tracing
from app.shared.clients.llm import Prompt, Source
from app.shared.collector import start_tracing
from app.shared.http import Principal
from app.shared.jobs import JobContext, JobQueue, Task
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources
from tests.conftest import finished, free_port, serving, sign_up
from tests.provider.collector import collector
from tests.provider.engines import engine_worker
from tests.provider.server import provider, written

SECRET = "the-creators-unpublished-sentence"
TRACE = f"00-{'5a' * 16}-{'7b' * 8}-01"


class Said(Struct):
    text: str


async def ask_model(resources: Resources, about: str) -> str:
    async with resources.db.transaction() as session:
        await session.execute(text("select :about"), {"about": about})
    answer = await resources.llm.generate(Prompt("p.v1", f"Tell of {about}.", (Source("S1", about),)), Said)
    return answer.text


async def tell(context: JobContext, about: str) -> None:
    await PipelineRun(context).step(ask_model, about)


TELL: Task[Any] = Task("traced.tell", tell, 60, 1)


@post("/tell", guards=[require_access_token])
async def tell_route(
    user: NamedDependency[Principal], session: NamedDependency[AsyncSession], jobs: NamedDependency[JobQueue]
) -> dict[str, str]:
    job = await jobs.enqueue(session, TELL, user.id, None, None, about=SECRET)
    return {"id": str(job.id)}


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    return monkeypatch


async def told(settings: Any, endpoint: str) -> tuple[dict[str, Any], list[Any]]:
    """The job of a request to an API, done by a worker that asks a provider: how it ended, and its log lines' traces."""
    seen: list[Any] = []

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name == "app.worker.execution" and (span := tracing.current_trace()):
                bound = structlog.contextvars.get_contextvars()
                seen.append((span.trace_id, bound["job_id"], bound["kind"]))

    watch, logger = Watch(), logging.getLogger("app.worker.execution")
    logger.addHandler(watch)
    logger.setLevel(logging.INFO)
    given = msgspec.structs.replace(settings, otel_exporter_otlp_endpoint=endpoint)
    app = create_app(given)
    app.register(tell_route)
    try:
        async with serving(app) as address, provider() as models:
            models.script.append(written(json.dumps({"text": SECRET})))
            async with (
                engine_worker(given, "compatible", models.url, {TELL.name: TELL}),
                httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as client,
            ):
                account = await sign_up(client)
                client.headers["Authorization"] = f"Bearer {account['access_token']}"
                made = await client.post(f"{address}/tell", headers={"traceparent": TRACE, "User-Agent": SECRET})
                assert made.status_code == 201, made.text
                return await finished(client, made.json()), seen
    finally:
        logger.removeHandler(watch)


async def test_one_trace_goes_from_the_request_to_the_model_call_and_carries_nothing_of_what_was_said(
    settings, quickly
):
    with collector() as sent:
        job, logged = await told(settings, sent.url)

    spans = [one for one in sent.spans() if one["trace"] == "5a" * 16]
    by_name = {one["name"]: one for one in spans}
    request, run = by_name["POST /tell"], by_name["job traced.tell"]
    step, call = by_name["step ask_model"], next(one for one in spans if one["name"].startswith("chat "))
    assert job["status"] == "succeeded", job
    assert request["parent"] == "7b" * 8
    assert (run["parent"], step["parent"], call["parent"]) == (request["id"], run["id"], step["id"])
    assert {one["parent"] for one in spans if one["name"] == "INSERT"} >= {request["id"]}
    assert any(one["name"] == "SELECT" and one["parent"] == step["id"] for one in spans)
    assert (request["kind"], run["kind"], call["kind"]) == (2, 5, 3)
    assert request["has"]["http.route"] == "/tell"
    assert request["has"]["http.response.status_code"] == 201
    assert run["has"]["strand.job.id"] == job["id"]
    assert run["has"]["strand.job.status"] == "succeeded"
    assert call["has"]["gen_ai.operation.name"] == "chat"
    assert call["has"]["gen_ai.provider.name"] == "compatible"
    assert call["has"]["gen_ai.request.model"]
    assert call["has"]["gen_ai.usage.input_tokens"] == job["usage"]["input_tokens"] > 0
    assert call["has"]["gen_ai.usage.output_tokens"] == job["usage"]["output_tokens"] > 0
    assert not any(one["error"] for one in spans)
    assert set(logged) == {("5a" * 16, job["id"], "traced.tell")}
    everything = b"".join(sent.bodies)
    assert SECRET.encode() not in everything
    assert b"example.com" not in everything, "nor the e-mail that signed up meanwhile"


async def test_a_collector_that_is_away_hurts_nobody_and_is_told_of_once(settings, quickly, caplog):
    away = msgspec.structs.replace(settings, otel_exporter_otlp_endpoint=f"http://127.0.0.1:{free_port()}")
    quickly.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    quickly.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    quickly.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")

    stop = start_tracing(away, "strand")
    for number in range(1000):
        with tracing.entered(f"GET {number}", "server", None) as span:
            assert span.recorded

    def said() -> list[str]:
        return [record.message for record in caplog.records if record.name == "app.shared.otlp"]

    async with asyncio.timeout(10):
        while not said():  # noqa: ASYNC110  it is said in the exporter's own thread
            await asyncio.sleep(0.02)
        await asyncio.to_thread(stop)

    assert said() == ["The collector of traces takes no spans: they are thrown away until it does."]
    assert tracing.tracer() is None


async def test_what_sampling_leaves_out_is_not_sent_and_still_has_its_trace_in_the_log(settings, quickly):
    quickly.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    quickly.setenv("OTEL_TRACES_SAMPLER_ARG", "0")

    with collector() as sent:
        stop = start_tracing(msgspec.structs.replace(settings, otel_exporter_otlp_endpoint=sent.url), "strand")
        with tracing.entered("GET", "server", TRACE) as span, tracing.traced("step x", "internal", {}):
            assert tracing.begun("chat y", "client", {}) is None
        await asyncio.to_thread(stop)

    assert (span.trace_id, span.recorded, sent.spans()) == ("5a" * 16, False, [])


def test_without_a_collector_the_sdk_is_never_imported_and_a_trace_is_passed_on_all_the_same():
    with tracing.entered("GET", "server", TRACE) as span:
        assert span.traceparent.startswith(f"00-{'5a' * 16}-")
        assert tracing.begun("x", "client", {}) is None
    for forged in ("", "00-xyz", f"00-{'0' * 32}-{'7b' * 8}-01", TRACE + "\n", TRACE.upper()):
        with tracing.entered("GET", "server", forged) as span:
            assert span.trace_id != "5a" * 16
    # redis brings OpenTelemetry's figures along where the package is there; what makes and sends spans is ours to spare
    asked = "import sys, app.serving, app.worker.run; print([m for m in sys.modules if m.startswith(('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'google.protobuf'))])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
