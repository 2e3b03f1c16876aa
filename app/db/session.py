"""The only module that begins, commits or rolls back a transaction."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from pgvector.asyncpg import register_vector
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

log = logging.getLogger(__name__)

_AFTER_COMMIT = "after_commit"
_BACKGROUND: set[asyncio.Task[Any]] = set()


def plain_url(url: str) -> str:
    """The URL as PostgreSQL's own programs and drivers write it."""
    parts = urlsplit(url)
    return urlunsplit(("postgresql", *parts[1:]))


def engine_url(url: str) -> str:
    """The URL as SQLAlchemy writes it; libpq's sslmode becomes asyncpg's ssl."""
    parts = urlsplit(url)
    query = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(parts.query)]
    return urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, urlencode(query, safe="/"), ""))


class Database:
    """One pool of connections, and the transactions on it."""

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = plain_url(url)
        self.engine = create_async_engine(
            engine_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            pool_timeout=10,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            connect_args={"server_settings": {"application_name": "strand"}, "timeout": 5},
        )
        event.listen(self.engine.sync_engine, "connect", _prepare_connection)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit on a clean exit, roll back on any exception, then start what waited for the commit."""
        async with self._sessions() as session:
            async with session.begin():
                yield session
            for work in session.info.pop(_AFTER_COMMIT, ()):
                background = asyncio.create_task(work())
                _BACKGROUND.add(background)
                background.add_done_callback(_forget)

    async def close(self) -> None:
        if _BACKGROUND:
            await asyncio.wait(set(_BACKGROUND), timeout=2)
        await self.engine.dispose()


def after_commit(session: AsyncSession, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start *work* once this transaction has committed, and not at all if it rolls back. Nobody waits for it."""
    session.info.setdefault(_AFTER_COMMIT, []).append(work)


def _prepare_connection(connection: Any, _: Any) -> None:
    with suppress(ValueError):  # before the first migration there is no vector type
        connection.run_async(register_vector)


def _forget(task: asyncio.Task[Any]) -> None:
    _BACKGROUND.discard(task)
    if not task.cancelled() and (error := task.exception()):
        log.warning("Work after a commit failed: %r", error)
