"""What belongs together: a request, the job that it made, the job's steps and their calls, under one trace.

Every request and job has a trace's id, in its log lines too. Spans are made and sent only where a collector is named
(`OTEL_EXPORTER_OTLP_ENDPOINT`); without one the SDK is never imported, and a span costs a look at a variable. Spans
carry names, ids and numbers; never a prompt, a text, or what somebody typed.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

log = logging.getLogger(__name__)

Kind = Literal["server", "consumer", "client", "internal"]
Value = str | int | float | bool
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
"""The W3C's header, version 00."""


class Span(Protocol):
    """A part of a trace, while it lasts."""

    trace_id: str
    span_id: str
    recorded: bool
    """Whether anybody will see it: not without a collector, and not where sampling left the trace out."""

    @property
    def traceparent(self) -> str: ...

    def name(self, name: str) -> None: ...

    def set(self, values: Mapping[str, Value | None]) -> None: ...

    def fail(self, reason: str) -> None: ...

    def end(self) -> None: ...


class Unsent:
    """A span that is only an id for log lines and for whoever comes next."""

    __slots__ = ("span_id", "trace_id")
    recorded = False

    def __init__(self, trace_id: str, span_id: str) -> None:
        self.trace_id, self.span_id = trace_id, span_id

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-00"

    def name(self, name: str) -> None: ...

    def set(self, values: Mapping[str, Value | None]) -> None: ...

    def fail(self, reason: str) -> None: ...

    def end(self) -> None: ...


class Tracer(Protocol):
    """What makes spans that are sent."""

    def start(self, name: str, kind: Kind, parent: Span | str | None, values: Mapping[str, Value | None]) -> Span: ...

    def dropped(self) -> int: ...

    def watch(self, engine: Any) -> None: ...

    def close(self) -> None: ...


_CURRENT: ContextVar[Span | None] = ContextVar("span", default=None)
_tracer: Tracer | None = None


def send_by(tracer: Tracer) -> Callable[[], None]:
    """Spans go by this tracer from now on; gives what sends the last ones and stops."""
    global _tracer  # noqa: PLW0603  one per process, as OpenTelemetry's own
    _tracer = tracer

    def stop() -> None:
        global _tracer  # noqa: PLW0603
        if _tracer is tracer:
            _tracer = None
        tracer.close()

    return stop


def tracer() -> Tracer | None:
    """What sends this process's spans, if anything does."""
    return _tracer


def current_trace() -> Span | None:
    return _CURRENT.get()


@contextmanager
def entered(
    name: str, kind: Kind, traceparent: str | None, values: Mapping[str, Value | None] | None = None
) -> Iterator[Span]:
    """A door's span: a request's or a job's, in the trace that *traceparent* names, else in a new one."""
    if _tracer is None:
        known = TRACEPARENT.fullmatch(traceparent or "")
        span: Span = Unsent(known.group(1) if known else secrets.token_hex(16), secrets.token_hex(8))
    else:
        span = _tracer.start(name, kind, traceparent, values or {})
    with _lasting(span):
        yield span


def begun(name: str, kind: Kind, values: Mapping[str, Value | None]) -> Span | None:
    """A span within the current one, for the caller to end; None where nobody would see it."""
    parent = _CURRENT.get()
    if _tracer is None or parent is None or not parent.recorded:
        return None
    return _tracer.start(name, kind, parent, values)


@contextmanager
def traced(name: str, kind: Kind, values: Mapping[str, Value | None]) -> Iterator[None]:
    """A span within the current one, with what is begun inside as its children."""
    span = begun(name, kind, values)
    if span is None:
        yield
        return
    with _lasting(span):
        yield


@contextmanager
def _lasting(span: Span) -> Iterator[None]:
    token = _CURRENT.set(span)
    try:
        yield
    except BaseException as error:
        span.fail(type(error).__name__)  # not its words: they may quote what was sent
        raise
    finally:
        _CURRENT.reset(token)
        span.end()
