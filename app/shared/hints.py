"""'Something happened to this job': a hint for those who follow it, so that they need not wait for their next look.

Hints go by Redis pub/sub, or by LISTEN and NOTIFY where there is no Redis: one connection a process, collected over a
few milliseconds, fanned out in memory by job. They carry no state: a lost hint costs latency, nothing else. Deltas, the
words of a text as they are written, go by hints alone and are not kept.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from app.config import Settings
from app.db.session import plain_url
from app.shared.broker import is_redis, open_redis

log = logging.getLogger(__name__)

CHANNEL = "strand_hints"
COLLECT_SECONDS = 0.03
LONGEST_MESSAGE = 7_000
"""PostgreSQL takes payloads of up to 8,000 bytes."""
SEND_SECONDS = 2.0
RETRY_SECONDS = (0.2, 0.5, 1, 2, 5)
WAITING_DELTAS = 1_000


class Message(msgspec.Struct):
    """Jobs that have new events, and pieces of text by job."""

    jobs: list[UUID] = []
    deltas: list[tuple[UUID, dict[str, Any]]] = []


class Wire(Protocol):
    async def send(self, payload: bytes) -> None: ...

    def listen(self) -> contextlib.AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Connected once entered; ends or raises when the connection is lost."""
        ...

    async def close(self) -> None: ...


class RedisWire:
    def __init__(self, url: str) -> None:
        self._redis = open_redis(
            url, socket_timeout=SEND_SECONDS, socket_connect_timeout=SEND_SECONDS, socket_keepalive=True
        )
        self._url = url

    async def send(self, payload: bytes) -> None:
        await self._redis.publish(CHANNEL, payload)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[bytes]]:
        redis = open_redis(self._url, socket_timeout=None, socket_connect_timeout=SEND_SECONDS, socket_keepalive=True, health_check_interval=10)  # fmt: skip
        try:
            async with redis.pubsub() as channel:
                await channel.subscribe(CHANNEL)

                async def payloads() -> AsyncIterator[bytes]:
                    while True:
                        said = await channel.get_message(ignore_subscribe_messages=True, timeout=10)
                        if said is None:
                            async with asyncio.timeout(SEND_SECONDS):
                                await channel.ping()
                        elif isinstance(said["data"], bytes) and said["type"] == "message":
                            yield said["data"]

                yield payloads()
        finally:
            with suppress(Exception):
                await redis.aclose()

    async def close(self) -> None:
        await self._redis.aclose()


class PostgresWire:
    def __init__(self, url: str) -> None:
        self._url = plain_url(url)
        self._sender: asyncpg.Connection | None = None

    async def send(self, payload: bytes) -> None:
        if self._sender is None or self._sender.is_closed():
            self._sender = await self._connect()
        await self._sender.execute("select pg_notify($1, $2)", CHANNEL, payload.decode(), timeout=SEND_SECONDS)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[bytes]]:
        connection = await self._connect()
        heard: asyncio.Queue[bytes | None] = asyncio.Queue()
        try:
            connection.add_termination_listener(lambda _: heard.put_nowait(None))
            await connection.add_listener(CHANNEL, lambda *said: heard.put_nowait(said[3].encode()))

            async def payloads() -> AsyncIterator[bytes]:
                while (payload := await heard.get()) is not None:
                    yield payload

            yield payloads()
        finally:
            connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(
            self._url, timeout=5, command_timeout=5, server_settings={"application_name": "strand-hints"}
        )
        return connection

    async def close(self) -> None:
        if self._sender is not None:
            self._sender.terminate()


def open_wire(settings: Settings) -> Wire:
    url = settings.broker_url or settings.database_url
    assert url is not None
    return RedisWire(url) if is_redis(url) else PostgresWire(url)


class Hints:
    """The sending side: nobody waits for a hint, and a failure is a line in the log."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._jobs: dict[UUID, None] = {}
        self._deltas: list[tuple[UUID, dict[str, Any]]] = []
        self._sending: asyncio.Task[None] | None = None

    def touch(self, job_id: UUID) -> None:
        """The job has a new event."""
        self._jobs[job_id] = None
        self._soon()

    def delta(self, job_id: UUID, data: dict[str, Any]) -> None:
        """A piece of what the job is writing."""
        self._deltas.append((job_id, data))
        self._soon()

    def _soon(self) -> None:
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        while self._jobs or self._deltas:
            await asyncio.sleep(COLLECT_SECONDS)
            jobs, deltas = list(self._jobs), self._deltas
            self._jobs, self._deltas = {}, []
            try:
                for payload in _packed(jobs, deltas):
                    async with asyncio.timeout(SEND_SECONDS):
                        await self._wire.send(payload)
            except Exception as error:
                log.debug("A hint was lost: %r", error)

    async def close(self) -> None:
        if self._sending is not None and not self._sending.done():
            await asyncio.wait({self._sending}, timeout=1)
            self._sending.cancel()
        with suppress(Exception):
            await self._wire.close()


def _packed(jobs: list[UUID], deltas: list[tuple[UUID, dict[str, Any]]]) -> Iterator[bytes]:
    """As few messages as fit; a delta that fits into none is left out, as its text comes with the step's result."""
    if len(whole := msgspec.json.encode(Message(jobs, deltas))) <= LONGEST_MESSAGE:
        yield whole
        return
    for start in range(0, len(jobs), 100):
        yield msgspec.json.encode(Message(jobs[start : start + 100]))
    for delta in deltas:
        if len(one := msgspec.json.encode(Message([], [delta]))) <= LONGEST_MESSAGE:
            yield one


class Follower:
    """One listener's ear: woken by a hint on its job, with the deltas that came."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._hinted = False
        self._deltas: list[dict[str, Any]] = []

    def hear(self, delta: dict[str, Any] | None) -> None:
        if delta is None:
            self._hinted = True
        elif len(self._deltas) < WAITING_DELTAS:
            self._deltas.append(delta)
        self._woken.set()

    async def wait(self, seconds: float) -> tuple[bool, list[dict[str, Any]]]:
        """Until something is heard or the time is over: whether there are new events, and the deltas since the last
        call."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()
        hinted, taken = self._hinted, self._deltas
        self._hinted, self._deltas = False, []
        return hinted, taken


class Hub:
    """The receiving side of a process: one connection, any number of followers."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._followers: dict[UUID, set[Follower]] = {}
        self._task: asyncio.Task[None] | None = None
        self.connected = False
        self.leaving = False
        """The process ends: whoever follows is to go elsewhere."""

    @contextmanager
    def follow(self, job_id: UUID) -> Iterator[Follower]:
        follower = Follower()
        self._followers.setdefault(job_id, set()).add(follower)
        try:
            yield follower
        finally:
            present = self._followers[job_id]
            present.discard(follower)
            if not present:
                del self._followers[job_id]

    def listeners(self) -> int:
        return sum(map(len, self._followers.values()))

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with self._wire.listen() as payloads:
                    self.connected, failures = True, 0
                    self._wake_all()  # what was said while nobody listened is found in the table
                    async for payload in payloads:
                        self._hear(payload)
            except Exception as error:
                log.debug("Hints can't be heard: %r", error)
            self.connected = False
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1

    def _hear(self, payload: bytes) -> None:
        try:
            message = msgspec.json.decode(payload, type=Message)
        except msgspec.DecodeError:
            return
        for job_id in message.jobs:
            for follower in self._followers.get(job_id, ()):
                follower.hear(None)
        for job_id, data in message.deltas:
            for follower in self._followers.get(job_id, ()):
                follower.hear(data)

    def leave(self) -> None:
        self.leaving = True
        self._wake_all()

    def _wake_all(self) -> None:
        for followers in self._followers.values():
            for follower in followers:
                follower.hear(None)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=2)
        with suppress(Exception):
            await self._wire.close()
