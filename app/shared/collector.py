"""Whether, and where, a process sends its spans."""

import os
from collections.abc import Callable

from app.config import Settings
from app.shared.tracing import send_by


def start_tracing(settings: Settings, service: str) -> Callable[[], None]:
    """Send spans from now on, where the environment names a collector; gives what sends the last ones and stops."""
    named = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not (named or settings.otel_exporter_otlp_endpoint):
        return lambda: None
    from app.shared.otlp import OtlpTracer  # noqa: PLC0415  the SDK: time that few need to spend

    url = named or f"{(settings.otel_exporter_otlp_endpoint or '').rstrip('/')}/v1/traces"
    return send_by(OtlpTracer(url, service))
