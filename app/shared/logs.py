"""One line of JSON per log record in production, one readable line in development. Never a secret, never a body.

Everybody logs as ever, by `logging.getLogger(__name__)`; structlog renders it, libraries' lines included. What the
lines of a request or job have in common is bound once, by the door that it came in by.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import structlog

from app.config import SECRETS, Settings
from app.shared.masking import masked, pattern_of, seen
from app.shared.tracing import current_trace

Event = MutableMapping[str, Any]

LONGEST_TEXT = 4_000
LONGEST_TRACEBACK = 12_000
CHATTY = {
    "alembic": "WARNING", "saq": "ERROR", "psycopg.pool": "WARNING", "httpcore2": "WARNING", "httpx": "WARNING",
    "openai": "WARNING", "anthropic": "WARNING", "uvicorn.access": "CRITICAL", "uvicorn.error": "WARNING", "opentelemetry": "CRITICAL",
}  # fmt: skip
"""The access line is our own; of a collector that is away the tracing speaks itself, once."""


def configure_logs(settings: Settings) -> None:
    """Send all logging of this process through one handler, uvicorn's and the warnings' too."""
    chain: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(),
        _describe,
    ]
    render = Lines(settings) if settings.production else ReadableLines(settings)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[render], foreign_pre_chain=chain))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, level in CHATTY.items():
        logging.getLogger(name).setLevel(level)
    if not settings.production and settings.log_level != "DEBUG":
        logging.getLogger("strand.access").setLevel(logging.WARNING)
    sys.excepthook = _log_the_end


def bind(**fields: Any) -> None:
    """What every further line of this request or job says."""
    structlog.contextvars.bind_contextvars(**fields)


def unbind_all() -> None:
    structlog.contextvars.clear_contextvars()


def _describe(_: Any, __: str, event: Event) -> Event:
    record: logging.LogRecord = event["_record"]
    event["level"], event["logger"] = record.levelname.lower(), record.name
    event["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    event["template"] = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    event.pop("color_message", None)  # uvicorn's, the same again for terminals
    event["exception"] = event.pop("exc_info", None)
    return event


def _log_the_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("strand").critical("The process ends: %s", kind.__name__, exc_info=(kind, error, trace))


class _Renderer:
    """What both forms share: our own secrets are known by their values, whatever they look like."""

    def __init__(self, settings: Settings) -> None:
        self._secrets = pattern_of(_values(settings))
        self._formatter = logging.Formatter()

    def clean(self, text: str) -> str:
        return masked(text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}... [cut]", self._secrets)

    def traceback(self, error: Any) -> str:
        """Its beginning and its end: what was raised stands there."""
        text: str = masked(self._formatter.formatException(error), self._secrets)
        if len(text) > LONGEST_TRACEBACK:
            half = LONGEST_TRACEBACK // 2
            text = f"{text[:half]}\n... [{len(text) - 2 * half} characters cut] ...\n{text[-half:]}"
        return text


class Lines(_Renderer):
    """`event` is the message's template, the same for every line of its kind; `message` is what it says this time."""

    def __call__(self, _: Any, __: str, event: Event) -> str:
        message, error = str(event.pop("event")), event.pop("exception")
        line = {
            "time": event.pop("time"),
            "level": event.pop("level"),
            "logger": event.pop("logger"),
            "event": self.clean(event.pop("template")),
            "message": self.clean(message),
        }
        for name, value in event.items():
            if not name.startswith("_"):
                plain = value if isinstance(value, int | float | bool | None) else self.clean(str(value))
                line[name] = plain
        if trace := current_trace():
            line["trace_id"], line["span_id"] = trace.trace_id, trace.span_id
        if error and error[0]:
            line["exception"] = self.traceback(error)
        whole = {name: _whole(value) for name, value in line.items()}
        return seen(msgspec.json.encode(whole).decode())


class ReadableLines(_Renderer):
    def __call__(self, _: Any, __: str, event: Event) -> str:
        message, error = str(event.pop("event")), event.pop("exception")
        at = datetime.fromtimestamp(event["_record"].created).strftime("%H:%M:%S")  # noqa: DTZ006  for who sits at it
        line = f"{at} {event['level'].upper():<7} {event['logger']}  {seen(self.clean(message))}"
        if error and error[0]:
            line += "\n" + seen(self.traceback(error), lines=True)
        return line


def _whole(value: Any) -> Any:
    """Halves of characters can't be encoded; they come from paths that are no text."""
    return re.sub("[\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else value


def _values(settings: Settings) -> list[str]:
    """The values of the settings that are secrets; of a URL its password."""
    found = []
    for name in SECRETS:
        value = getattr(settings, name, None)
        for one in str(value or "").split(","):
            if "://" in one:
                found += [password, unquote(password)] if (password := urlsplit(one).password) else []
            else:
                found.append(one.strip())
    return found
