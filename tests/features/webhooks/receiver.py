"""Somebody's server that is told of events: it keeps what it gets, and answers what a test says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec


@dataclass
class Got:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.json.decode(self.body)
        return told


def answer(status: int, *lines: str, body: bytes = b"") -> bytes:
    head = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@dataclass
class Receiver:
    answers: list[bytes] = field(default_factory=list)
    """The next first; 200 once there are none."""
    got: list[Got] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """If there is one, it is awaited before anything is answered."""
    url: str = ""

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        receiver = cls()
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?for=tests"
        try:
            yield receiver
        finally:
            server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            request, *lines = head.strip().split("\r\n")
            assert request == "POST /hook?for=tests HTTP/1.1"
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self.got.append(Got(headers, await reader.readexactly(int(headers["content-length"]))))
            if self.hold is not None:
                await self.hold.wait()
            writer.write(self.answers.pop(0) if self.answers else answer(200))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def gets(self, count: int, seconds: float = 15) -> list[Got]:
        give_up = time.monotonic() + seconds
        while len(self.got) < count:  # what is waited for is sent by code that knows no event of ours
            assert time.monotonic() < give_up, f"{len(self.got)} of {count} came: {[one.event for one in self.got]}"
            await asyncio.sleep(0.02)
        return self.got
