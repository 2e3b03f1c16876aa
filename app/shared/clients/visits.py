"""The requests of one reading: its connections, and the addresses that it was given at first."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpcore2

from app.shared.clients.addresses import Allowed, CheckedNetwork, Resolver
from app.shared.clients.urls import Target
from app.shared.clients.web_answers import of_connection


class Visit:
    def __init__(self, pool: httpcore2.AsyncConnectionPool, agent: str, timeouts: Mapping[str, float]) -> None:
        self._pool = pool
        self._agent = agent
        self._timeouts = timeouts

    @asynccontextmanager
    async def get(self, target: Target, headers: Mapping[str, str]) -> AsyncIterator[httpcore2.Response]:
        async with self.send("GET", target, headers) as response:
            yield response

    @asynccontextmanager
    async def send(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[httpcore2.Response]:
        """One request, nothing followed; what goes wrong on the way, also while the answer is read, becomes ours."""
        url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        sent = [("Host", target.authority), ("User-Agent", self._agent), *headers.items()]
        try:
            async with self._pool.stream(
                method, url, headers=sent, content=body, extensions={"timeout": self._timeouts}
            ) as response:
                yield response
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            raise of_connection(target.host, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    agent: str
    resolver: Resolver
    allowed: Allowed
    trust: ssl.SSLContext | None
    """None: the certificates that the world trusts."""
    connect_seconds: float
    silence_seconds: float

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Visit]:
        network = CheckedNetwork(self.resolver, self.allowed)
        pool = httpcore2.AsyncConnectionPool(ssl_context=self.trust or _usual_trust(), network_backend=network)
        timeouts = {"connect": self.connect_seconds, "write": self.silence_seconds, "read": self.silence_seconds}
        async with pool:
            yield Visit(pool, self.agent, timeouts)


@cache
def _usual_trust() -> ssl.SSLContext:
    """Read by the first visit: two megabytes that a process without any doesn't need."""
    return httpcore2.default_ssl_context()
