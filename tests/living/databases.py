"""Databases of a test's own in the run's cluster, and what stands in them."""

import asyncio
from typing import Any

import asyncpg

from app.config import Settings
from app.db.session import plain_url
from tests.conftest import in_a_thread

TABLES = """
select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
  and relname not like 'saq%' and relname <> 'alembic_version' order by relname
"""


def at_once(url: str, *statements: str) -> list[Any]:
    """The first value of each statement."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(plain_url(url))
        try:
            return [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()

    return in_a_thread(lambda: asyncio.run(run()))  # type: ignore[no-any-return]


def new_database(settings: Settings, name: str) -> str:
    url = plain_url(settings.database_url or "")
    at_once(url, f"drop database if exists {name} with (force)", f"create database {name}")
    return url.replace("/strand?", f"/{name}?")


async def rows_of(url: str) -> dict[str, set[str]]:
    """Every row of every table, as PostgreSQL writes it."""
    connection = await asyncpg.connect(plain_url(url))
    try:
        return {
            table: {row["row"] for row in await connection.fetch(f'select t::text as row from "{table}" t')}
            for (table,) in await connection.fetch(TABLES)
        }
    finally:
        await connection.close()
