"""Reads without a transaction: one prepared statement each, straight from PostgreSQL's driver.

What is read most is one statement that sees one moment by itself. A session, a transaction around it and entities between the
rows and the answer cost several times what the statement does. Statements are still written with SQLAlchemy's Core, once, when
their module is loaded.
"""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
from asyncpg import exceptions as asyncpg_errors
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as sqlalchemy_asyncpg

from app.db.session import Unchanged, plain_url
from app.shared.tracing import begun

_DIALECT = sqlalchemy_asyncpg.dialect()  # type: ignore[no-untyped-call]
GONE = (asyncpg_errors.ConnectionDoesNotExistError, asyncpg_errors.InterfaceError, ConnectionError)
"""Of a connection that was cut while it lay idle: the next one answers."""
WAIT_SECONDS = 10.0


class Statement:
    """A query of Core's as the driver takes it. Its parameters are given by name; the columns come as PostgreSQL has them:
    enums by value, JSON as text."""

    def __init__(self, query: ClauseElement) -> None:
        compiled: Any = query.compile(dialect=_DIALECT)
        self.sql: str = compiled.string
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._fixed = {
            name: self._bound(compiled, name, value)
            for name, value in compiled.params.items()
            if not compiled.binds[name].required
        }

    @staticmethod
    def _bound(compiled: Any, name: str, value: Any) -> Any:
        process = compiled._bind_processors.get(name)
        return process(value) if process else value

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        fixed = self._fixed
        return [values[name] if name in values else fixed[name] for name in self._names]


class Reads:
    """A pool of connections that are only read from, opened when it is first needed."""

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size = plain_url(url), size
        self.made = 0
        """Statements so far."""
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def rows(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        arguments = statement.arguments(values)
        self.made += 1
        span = begun("SELECT", "client", {"db.system.name": "postgresql", "db.query.text": statement.sql})
        try:
            try:
                return await self._fetch(statement.sql, arguments)
            except GONE:
                return await self._fetch(statement.sql, arguments)
        finally:
            if span is not None:
                span.end()

    async def row(self, statement: Statement, **values: Any) -> asyncpg.Record | None:
        found = await self.rows(statement, **values)
        return found[0] if found else None

    async def _fetch(self, sql: str, arguments: list[Any]) -> list[asyncpg.Record]:
        pool = self._pool or await self._open()
        async with pool.acquire(timeout=WAIT_SECONDS) as connection:
            found: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return found

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url, min_size=0, max_size=self._size, connection_class=Unchanged, timeout=5,
                    max_inactive_connection_lifetime=300,
                    server_settings={"application_name": "strand-reads", "default_transaction_read_only": "on"},
                )  # fmt: skip
            return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            with suppress(Exception):
                async with asyncio.timeout(2):
                    await self._pool.close()
            self._pool.terminate()
