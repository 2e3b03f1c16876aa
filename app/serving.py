"""The API's process: `python -m app.serving`. uvicorn with what it has no option for: patience with headers that ends."""

import asyncio
import gc
import signal
import sys
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.config import Settings, SettingsError
from app.shared.garbage import collect_rarely
from app.shared.logs import configure_logs

DRAIN_SECONDS = 10
LONGEST_HEAD = 64 * 1024
"""Bytes of a request's line and headers."""


class StrictProtocol(HttpToolsProtocol):
    """A connection that never gets to the end of a request's headers is closed, and so is one whose headers don't end."""

    headers_seconds = 20.0
    _deadline: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._deadline is not None:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self._give_up()

    def on_headers_complete(self) -> None:
        self._headers_came()
        super().on_headers_complete()

    def _await_headers(self) -> None:
        self._headers_came()
        self._head = 0
        self._deadline = self.loop.call_later(self.headers_seconds, self._give_up)

    def _headers_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._headers_came()
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()


def server_config(settings: Settings, app: Any, **more: Any) -> uvicorn.Config:
    """No banner, no believing of forwarded headers (we read them ourselves), no access line (ours says more)."""
    protocol = type("Protocol", (StrictProtocol,), {"headers_seconds": settings.headers_seconds})
    return uvicorn.Config(
        app, host=settings.host, port=settings.port, http=protocol, ws="none", server_header=False, proxy_headers=False,
        access_log=False, log_config=None, timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=DRAIN_SECONDS, lifespan="on", **more,
    )  # fmt: skip


def main() -> int:
    gc.disable()  # what modules make stays: looking through it again and again took a sixth of the start
    from app.main import create_app  # noqa: PLC0415

    try:
        settings = Settings.from_env()
        configure_logs(settings)
        server = uvicorn.Server(server_config(settings, create_app(settings)))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    collect_rarely()
    # once everything is closed, uvicorn raises the signal again, and a process with a parent would end by it: told to
    # leave and left in order is exit code 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run()
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main())
