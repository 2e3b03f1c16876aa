"""A worker's own `/metrics`, where METRICS_PORT is set: what it answers is the API's page, with its own figures."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.features.operations.exposition import CONTENT_TYPE, Here, page
from app.shared.resources import Resources

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5
LONGEST_HEAD = 16_384


@asynccontextmanager
async def told_to_prometheus(resources: Resources, running: Callable[[], int]) -> AsyncIterator[None]:
    settings = resources.settings
    if not settings.metrics_port:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                status, body = await respond(head)
                head_lines = f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n"
                writer.write(f"{head_lines}Connection: close\r\n\r\n".encode() + body)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.debug("A question for metrics broke off: %r", error)
        finally:
            writer.close()

    async def respond(head: bytes) -> tuple[str, bytes]:
        request, *fields = head.decode("latin-1").split("\r\n")
        if request.split(" ")[:2] not in (["GET", "/metrics"], ["GET", "/"]) or not allowed(fields):
            return "404 Not Found", b""
        return "200 OK", await page(resources, Here(jobs_running=running()))

    def allowed(fields: list[str]) -> bool:
        if settings.metrics_token is None:
            return not settings.production
        given = [
            value.strip()
            for name, _, value in (one.partition(":") for one in fields)
            if name.lower() == "authorization"
        ]
        wanted = f"Bearer {settings.metrics_token}".encode()
        return any(secrets.compare_digest(one.encode(), wanted) for one in given)

    try:
        server = await asyncio.start_server(answer, settings.metrics_host, settings.metrics_port, limit=LONGEST_HEAD)
    except OSError as error:  # as where two workers share a machine: jobs matter more than figures
        log.warning(
            "METRICS_PORT %d can't be listened on; this worker shows no metrics: %s", settings.metrics_port, error
        )
        yield
        return
    try:
        yield
    finally:
        server.close()
