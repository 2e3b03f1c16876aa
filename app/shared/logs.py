"""One line of JSON per log record in production, one readable line in development. Never a secret, never a body."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.config import Settings


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class ReadableLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's own name
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")


def configure_logs(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.production else ReadableLines())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for chatty in ("alembic", "saq", "psycopg.pool", "httpcore2", "httpx", "openai", "anthropic"):
        logging.getLogger(chatty).setLevel(logging.ERROR if chatty == "saq" else logging.WARNING)
