"""The only module that begins, commits or rolls back a transaction."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from socket import gaierror
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import msgspec
from asyncpg import exceptions as asyncpg_errors
from pgvector.asyncpg import register_vector
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

log = logging.getLogger(__name__)

T = TypeVar("T")

DEADLOCKS = {"40P01", "40001"}
AWAY = {"57P01", "57P02", "57P03", "25P03", "25P04", "53100", "53300"}
"""Told by a server that stops, starts, has no room for data or connections, or cut this session: the driver may not have
noticed yet that it is closed."""
CUT = (asyncpg_errors.InterfaceError, asyncpg_errors.InternalClientError)
"""What asyncpg says where a session was cut while it was between two messages."""
BELIEVED_SECONDS = 1.0
"""A connection that was used so short ago is there, unless the driver has seen it end; an older one is asked."""
_AFTER_COMMIT = "after_commit"
_AFTER_ROLLBACK = "after_rollback"
_BACKGROUND: set[asyncio.Task[Any]] = set()


def plain_url(url: str) -> str:
    """The URL as PostgreSQL's own programs and drivers write it."""
    parts = urlsplit(url)
    return urlunsplit(("postgresql", *parts[1:]))


class Unchanged(asyncpg.Connection):
    """A pooled connection for single statements, which leave nothing to be reset: giving it back costs no round trip."""

    def get_reset_query(self) -> str:
        return ""


def engine_url(url: str) -> str:
    """The URL as SQLAlchemy writes it; libpq's sslmode becomes asyncpg's ssl."""
    parts = urlsplit(url)
    query = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(parts.query)]
    return urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, urlencode(query, safe="/"), ""))


def unreachable(error: BaseException) -> bool:
    """Whether the database is away, busy, or cut this session, rather than asked for something wrong."""
    if isinstance(error, DBAPIError):
        told = error.orig and (error.orig.__cause__ or error.orig)  # asyncpg's own, beneath SQLAlchemy's adapter
        return isinstance(error, OperationalError) or error.connection_invalidated or (told is not None and _away(told))
    return isinstance(error, PoolTimeout) or _away(error)


def _away(error: BaseException) -> bool:
    """The same of asyncpg's own errors: they come as they are while a connection is made, and without SQLAlchemy."""
    if isinstance(error, FileNotFoundError):
        return error.filename is None  # a socket that isn't there; a missing file has a name
    if isinstance(error, ConnectionError | TimeoutError | gaierror):
        return True
    if isinstance(error, CUT):
        return not isinstance(error, ValueError)  # values that asyncpg can't send are its interface errors too
    sqlstate = getattr(error, "sqlstate", None)
    return sqlstate is not None and (sqlstate in DEADLOCKS | AWAY or sqlstate.startswith("08"))


class Database:
    """One pool of connections, and the transactions on it."""

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = plain_url(url)
        self.engine = create_async_engine(
            engine_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,  # an error's text goes to the log; hashes and personal data don't
            pool_timeout=10,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            connect_args={
                "server_settings": {"application_name": "strand", "idle_in_transaction_session_timeout": "15000"},
                "timeout": 5,
            },
        )
        event.listen(self.engine.sync_engine, "connect", _prepare_connection)
        event.listen(self.engine.sync_engine, "checkin", _remember_use)
        event.listen(self.engine.sync_engine, "checkout", _prove_alive)
        self.pool_limit = 2 * pool_size
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit on a clean exit, roll back on any exception, then start what waited for the commit."""
        async with self._sessions() as session:
            try:
                async with session.begin():
                    yield session
            except BaseException as error:
                if not unreachable(error):  # where the connection is cut, the commit may have been made all the same
                    _start(session.info.pop(_AFTER_ROLLBACK, ()))
                raise
            _start(session.info.pop(_AFTER_COMMIT, ()))

    async def patiently(self, work: Callable[[AsyncSession], Awaitable[T]], seconds: float = 60) -> T:
        """Run *work*, which must be idempotent, in a transaction: again and again while PostgreSQL is away."""
        give_up, pause = time.monotonic() + seconds, 0.1
        while True:
            try:
                async with self.transaction() as session:
                    return await work(session)
            except Exception as error:
                if not unreachable(error) or time.monotonic() > give_up:
                    raise
                log.warning("PostgreSQL can't be reached, trying again: %s", type(error).__name__)
                await asyncio.sleep(pause * random.random())
                pause = min(pause * 2, 2)

    def connections_in_use(self) -> int:
        pool: Any = self.engine.pool
        taken: int = pool.checkedout()
        return taken

    async def close(self) -> None:
        if _BACKGROUND:
            await asyncio.wait(set(_BACKGROUND), timeout=2)
        await self.engine.dispose()


def after_commit(session: AsyncSession, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start *work* once this transaction has committed, and not at all if it rolls back. Nobody waits for it."""
    session.info.setdefault(_AFTER_COMMIT, []).append(work)


def after_rollback(session: AsyncSession, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start *work* if this transaction certainly rolls back: to take away what was made outside of the database."""
    session.info.setdefault(_AFTER_ROLLBACK, []).append(work)


def _start(waiting: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    for work in waiting:
        background = asyncio.create_task(work())
        _BACKGROUND.add(background)
        background.add_done_callback(_forget)


def _prepare_connection(connection: Any, record: ConnectionPoolEntry) -> None:
    _remember_use(connection, record)
    with suppress(ValueError):  # before the first migration there is no vector type
        connection.run_async(register_vector)


def _remember_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _prove_alive(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Before each use, so that a server's restart is nobody's error; asking takes three round trips."""
    if time.monotonic() - record.info["used_at"] > BELIEVED_SECONDS:
        try:
            connection.ping()
        except Exception as error:
            raise InvalidatePoolError from error
    elif connection.driver_connection.is_closed():
        raise InvalidatePoolError


def _forget(task: asyncio.Task[Any]) -> None:
    _BACKGROUND.discard(task)
    if not task.cancelled() and (error := task.exception()):
        log.warning("Work after a transaction failed: %r", error)
