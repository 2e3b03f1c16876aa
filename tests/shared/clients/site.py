"""A web site that does what a test says down to the byte, and a resolver that answers what a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from app.shared.clients.addresses import Address, is_public
from app.shared.clients.web import Web, WebLimits

HOME = ip_address("127.0.0.1")
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no authority at all; loading the system's takes longer than most of the tests."""
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Seen:
    path: str
    headers: dict[str, str]


@dataclass
class Site:
    """*pages*: by path, or by host and path where sites share the server."""

    port: int = 0
    pages: dict[str, bytes | Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    connections: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[Self]:
        site = cls()
        if tls:
            tls.sni_callback = lambda _, name, __: site.server_names.append(name)
        server = await asyncio.start_server(site.serve, address, 0, ssl=tls)
        site.port = server.sockets[0].getsockname()[1]
        try:
            yield site
        finally:
            server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                request, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                path = request.split(" ")[1]
                self.seen.append(Seen(path, headers))
                host = headers["host"].partition(":")[0]
                page = self.pages.get(host + path, self.pages.get(path, reply(b"", "404 Not Found")))
                if isinstance(page, bytes):
                    writer.write(page)
                else:
                    await page(writer)
                    break
                await writer.drain()
                if b"Connection: close" in page:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        finally:
            writer.close()

    def asked_for(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def url(self, path: str = "/page", host: str = "library.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def reply(body: bytes, status: str = "200 OK", media_type: str = "text/html; charset=utf-8", *lines: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def moved(location: str, status: str = "302 Found", *lines: str) -> bytes:
    return reply(b"", status, "text/html", f"Location: {location}", *lines)


def endless(head: bytes, part: bytes, pause: float = 0.0) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


class Names:
    """Each look-up of a name takes the next of its answers; the last one stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str) -> list[Address]:
        self.asked.append(host)
        given = self.answers.get(host, [["127.0.0.1"]])
        return [ip_address(text) for text in (given.pop(0) if len(given) > 1 else given[0])]


def only_home(address: Address) -> bool:
    """What a test site needs: this machine's first address besides the public ones."""
    return address == HOME or is_public(address)


def visitor(
    *sites: Site,
    names: Names | None = None,
    limits: WebLimits | None = None,
    trust: ssl.SSLContext | None = None,
    now: Callable[[], float] = lambda: 0.0,
) -> Web:
    ports = {80, 443, *(site.port for site in sites)}
    return Web(
        "Strand/0.1 (+https://strand.example/robot)",
        limits,
        resolver=names or Names(),
        allowed=only_home,
        ports=ports,
        trust=trust or NOBODY,
        now=now,
    )


def content(into: Path) -> bytes | None:
    return into.read_bytes() if into.exists() else None


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for happens in code that knows no event of ours
            await asyncio.sleep(0.01)
