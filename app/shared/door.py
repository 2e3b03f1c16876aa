"""What happens to every request, whatever it asks for: it gets an id, a span, a line in the log and a place in the
figures; HEAD is a GET without the body; and nobody may hold a place for ever."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec

from app.config import Settings
from app.shared.addresses import origin
from app.shared.exceptions import TooSlow
from app.shared.logs import bind, unbind_all
from app.shared.packing import Packer, may_be_packed, takes_gzip
from app.shared.tracing import Span, entered

log = logging.getLogger("strand.access")

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SLOWEST_BYTES_A_SECOND = 1024
QUIET = ("/api/v1/health", "/metrics")
"""Asked every few seconds by machines: seen in the figures, not in the log, unless something is wrong."""
NO_ROOM = {
    "status_code": 503,
    "detail": "The service has more requests than it can work on; try again in a moment.",
    "code": "overloaded",
    "extra": [],
}


class Door:
    """Wraps what Litestar answers with."""

    def __init__(self, app: Any, settings: Settings, state: Any) -> None:
        self._app, self._settings, self._state = app, settings, state
        self.inside = 0
        """Requests that are being worked on; a stream that has begun is none any more."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        visit = Visit(scope, headers, send, self._left)
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        unbind_all()
        bind(request_id=visit.request_id)
        traceparent = headers.get(b"traceparent", b"").decode("latin-1")
        self.inside += 1
        try:
            with entered(method, "server", traceparent, {"http.request.method": method}) as span:
                try:
                    await self._admit(visit, receive)
                finally:
                    self._told(visit, method, span)
        finally:
            if not visit.streams:
                self._left()

    def _left(self) -> None:
        self.inside -= 1

    async def _admit(self, visit: "Visit", receive: Any) -> None:
        scope = visit.scope
        if self.inside > self._settings.requests_at_once and not scope["path"].startswith(QUIET):
            await visit.refuse(503, NO_ROOM)
            return
        inner = visit.send
        if scope["method"] == "HEAD":
            scope, inner = {**scope, "method": "GET"}, visit.send_head
            visit.inner_scope = scope
            await self._app(scope, visit.hanging_up(receive), inner)
            return
        if may_be_packed(scope["method"], scope["path"]):
            inner = Packer(visit.send, wanted=takes_gzip(visit.headers))
        await self._app(scope, Hurried(receive, self._settings.headers_seconds), inner)

    def _told(self, visit: "Visit", method: str, span: Span) -> None:
        scope, took = visit.inner_scope, time.monotonic() - visit.began
        route = scope.get("path_template") or "other"
        status = visit.status or 499  # nobody was there any more to hear the answer
        span.name(f"{method} {route}")
        span.set({"http.route": route, "http.response.status_code": status, "strand.request_id": visit.request_id})
        if status >= 500:
            span.fail(str(status))
        resources = self._state.get("resources")
        if resources is not None and not visit.streams:
            resources.metrics.observe(
                "strand_http_request_seconds", took, method=method, route=route, status=str(status)
            )
        level = logging.ERROR if status >= 500 else logging.INFO
        if level == logging.INFO and scope["path"].startswith(QUIET):
            level = logging.DEBUG
        if not log.isEnabledFor(level):
            return
        peer = scope["client"][0] if scope.get("client") else None
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        fields = {
            "method": method, "route": route, "path": scope["path"], "status": status,
            "milliseconds": round(took * 1000, 1), "client": origin(peer, forwarded, self._settings.proxies),
            "agent": visit.headers.get(b"user-agent", b"").decode("latin-1")[:200],
        }  # fmt: skip
        log.log(level, "request", extra=fields)


class Visit:
    """One request, and what has been said to it."""

    def __init__(self, scope: Any, headers: dict[bytes, bytes], send: Any, streaming: Callable[[], None]) -> None:
        self.scope = self.inner_scope = scope
        self.headers = headers
        self.began = time.monotonic()
        self.status: int | None = None
        self.streams = False
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        self.request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = self.request_id
        self._send, self._streaming = send, streaming
        self._over = asyncio.Event()

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id.encode())]
            self.streams = any(
                name.lower() == b"content-type" and value.startswith(b"text/event-stream")
                for name, value in message["headers"]
            )
            if self.streams:
                self._streaming()
        await self._send(message)

    async def send_head(self, message: Any) -> None:
        """The head of the answer that a GET would get, and its end."""
        if self._over.is_set():
            return
        if message["type"] == "http.response.start":
            await self.send(message)
            await self._send({"type": "http.response.body", "body": b""})
            self._over.set()

    def hanging_up(self, receive: Any) -> Any:
        """Once the head is sent, a stream that goes on sees that nobody listens."""

        async def next_message() -> Any:
            if self._over.is_set():
                return {"type": "http.disconnect"}
            hearing = asyncio.ensure_future(receive())
            over = asyncio.ensure_future(self._over.wait())
            try:
                await asyncio.wait({hearing, over}, return_when=asyncio.FIRST_COMPLETED)
                return hearing.result() if hearing.done() else {"type": "http.disconnect"}
            finally:
                hearing.cancel()
                over.cancel()

        return next_message

    async def refuse(self, status: int, body: Any) -> None:
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"2")]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": msgspec.json.encode(body)})


class Hurried:
    """Receives a body that may not come at a drip: so many seconds to begin with, then a kilobyte a second on average.
    Only the time that we wait for the client counts, not what we take ourselves between two pieces."""

    def __init__(self, receive: Any, seconds: float) -> None:
        self._receive, self._seconds = receive, seconds
        self._waited, self._received, self._whole = 0.0, 0, False

    async def __call__(self) -> Any:
        if self._whole:  # who waits now waits for the client to leave
            return await self._receive()
        left = self._seconds + self._received / SLOWEST_BYTES_A_SECOND - self._waited
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, left)):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow("The body came too slowly; send it again over a better connection.") from None
        self._waited += time.monotonic() - began
        self._received += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body")
        return message
