"""The connection that a request came on: waiting on it, writing to it, breaking it."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Self

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

DRIPS = 40
SECONDS_TO_ARRIVE = 0.05


class Cut(Exception):
    """The answer did not arrive as a whole; says why."""


class Connection:
    """Notices, while it waits, that the other side has gone."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._gone: asyncio.Future[Any] | None = None

    async def body(self) -> bytes:
        """The whole request."""
        pieces = []
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Cut("the client left before its request was read")
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(pieces)

    async def wait(self, seconds: float) -> None:
        """Sleep. Raises `Cut` as soon as the client leaves."""
        if self._gone is None:
            self._gone = asyncio.ensure_future(self._receive())
        done, _ = await asyncio.wait({self._gone}, timeout=seconds)
        if done:
            raise Cut("the client left")

    async def start(self, status: int, headers: dict[str, str]) -> None:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, piece: bytes) -> None:
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def finish(self) -> None:
        """End the answer. Raises `Cut` where nobody is there to get it."""
        left = self._send.__self__.disconnected  # type: ignore[attr-defined]
        await self._send({"type": "http.response.body", "body": b""})
        if left:
            raise Cut("the client left")

    async def drip(self, pieces: list[bytes], seconds: float) -> None:
        """The same bytes in small pieces over so long."""
        whole = b"".join(pieces)
        size = max(1, -(-len(whole) // DRIPS))
        small = [whole[start : start + size] for start in range(0, len(whole), size)]
        for piece in small:
            await self.wait(seconds / len(small))
            await self.write(piece)

    async def reset(self) -> None:
        """Break off as a crashed machine does: the other side gets a reset, no ending. What was written may still
        arrive before it."""
        await asyncio.sleep(SECONDS_TO_ARRIVE)
        transport = self._send.__self__.transport  # type: ignore[attr-defined]
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._gone:
            self._gone.cancel()
