"""Spans sent to a collector by OTLP over HTTP. Imported only where one is named: see `tracing`."""

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as SdkSpan
from sqlalchemy import event

from app import VERSION
from app.shared.tracing import TRACEPARENT, Kind, Span, Value, current_trace

log = logging.getLogger(__name__)

EXPORT_SECONDS = 5
FLUSH_SECONDS = 3
LONGEST_STATEMENT = 2_000
KINDS = {
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
    "internal": SpanKind.INTERNAL,
}


class SentSpan:
    """One of the SDK's, as `tracing.Span` describes it."""

    __slots__ = ("_span", "recorded", "span_id", "trace_id")

    def __init__(self, span: SdkSpan) -> None:
        context = span.get_span_context()
        self._span = span
        self.trace_id, self.span_id = f"{context.trace_id:032x}", f"{context.span_id:016x}"
        self.recorded = span.is_recording()

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.recorded else '00'}"

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, values: Mapping[str, Value | None]) -> None:
        self._span.set_attributes({name: value for name, value in values.items() if value is not None})

    def fail(self, reason: str) -> None:
        self._span.set_attribute("error.type", reason)
        self._span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        self._span.end()


class Patient(SpanExporter):
    """The exporter with a voice of ours: one line when the collector goes away, one when it is back; and it counts."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._away = False
        self.dropped = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception:
            result = SpanExportResult.FAILURE
        failed = result is not SpanExportResult.SUCCESS
        if failed:
            self.dropped += len(spans)
        if failed != self._away:
            self._away = failed
            said = "takes no spans: they are thrown away until it does" if failed else "takes spans again"
            log.warning("The collector of traces %s.", said)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class OtlpTracer:
    """What the SDK says of failures itself is silenced in `logs`. Its variables are read as ever: OTEL_TRACES_SAMPLER,
    OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_...; the queue holds 2,048 spans."""

    def __init__(self, url: str, service: str) -> None:
        given = any(
            os.environ.get(name) for name in ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
        )
        self._exporter = Patient(OTLPSpanExporter(url, timeout=None if given else EXPORT_SECONDS))
        resource = Resource.create({"service.name": service, "service.namespace": "strand", "service.version": VERSION})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # sampling: OTEL_TRACES_SAMPLER
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("strand", VERSION)

    def start(self, name: str, kind: Kind, parent: Span | str | None, values: Mapping[str, Value | None]) -> Span:
        given = {name: value for name, value in values.items() if value is not None}
        return SentSpan(self._tracer.start_span(name, context=_context(parent), kind=KINDS[kind], attributes=given))

    def dropped(self) -> int:
        """Spans that the collector didn't take. What found no room in the queue before it is not counted."""
        return self._exporter.dropped

    def watch(self, engine: Any) -> None:
        """A span for each statement that belongs to a span, without its values."""
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._broken)

    def _before(self, _: Any, __: Any, statement: str, ___: Any, context: Any, ____: Any) -> None:
        parent = current_trace()
        if context is None or parent is None or not parent.recorded:
            return
        verb = statement.lstrip().partition(" ")[0].partition("\n")[0].upper()[:20]
        context.strand_span = self.start(
            verb or "SQL", "client", parent,
            {"db.system.name": "postgresql", "db.operation.name": verb, "db.query.text": statement[:LONGEST_STATEMENT]},
        )  # fmt: skip

    def _after(self, _: Any, __: Any, ___: Any, ____: Any, context: Any, _____: Any) -> None:
        if (span := getattr(context, "strand_span", None)) is not None:
            span.end()

    def _broken(self, error: Any) -> None:
        if (span := getattr(error.execution_context, "strand_span", None)) is not None:
            span.fail(type(error.original_exception).__name__)
            span.end()

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(FLUSH_SECONDS)


def _context(parent: Span | str | None) -> Any:
    if isinstance(parent, str) and (known := TRACEPARENT.fullmatch(parent)):
        trace_id, span_id, flags = known.groups()
    elif parent is not None and not isinstance(parent, str):
        trace_id, span_id, flags = parent.trace_id, parent.span_id, parent.traceparent[-2:]
    else:
        return set_span_in_context(NonRecordingSpan(SpanContext(0, 0, is_remote=False)))
    remote = isinstance(parent, str)
    context = SpanContext(int(trace_id, 16), int(span_id, 16), remote, TraceFlags(int(flags, 16) & 1))
    return set_span_in_context(NonRecordingSpan(context))
