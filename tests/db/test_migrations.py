import asyncio
from pathlib import Path

import asyncpg
import pytest

from app.db import design, migrate
from app.db.session import plain_url
from app.shared import embedded
from tests.conftest import in_a_thread

TABLES = (
    "select count(*) from information_schema.tables where table_schema = 'public' and table_name <> 'alembic_version'"
)


@pytest.fixture
def empty_database(settings):
    """A new database in the run's cluster."""
    base = plain_url(settings.database_url)

    async def create():
        connection = await asyncpg.connect(base)
        await connection.execute("drop database if exists migrations with (force)")
        await connection.execute("create database migrations")
        await connection.close()

    in_a_thread(lambda: asyncio.run(create()))
    return base.replace("/strand?", "/migrations?")


async def count(url):
    connection = await asyncpg.connect(url)
    tables = await connection.fetchval(TABLES)
    functions = await connection.fetchval("select count(*) from pg_proc where proname like 'job_%'")
    await connection.close()
    return tables, functions


def test_the_newest_revision_is_known_without_alembic():
    assert embedded.newest_revision() == migrate.head()


async def test_the_schema_goes_up_down_and_up_again(empty_database):
    in_a_thread(lambda: migrate.upgrade(empty_database))
    there = await count(empty_database)
    in_a_thread(lambda: migrate.downgrade(empty_database, "base"))
    gone = await count(empty_database)
    in_a_thread(lambda: migrate.upgrade(empty_database))

    assert there == await count(empty_database)
    assert there[0] == 50
    assert gone == (0, 0)


async def test_models_and_migrations_agree(empty_database):
    in_a_thread(lambda: migrate.upgrade(empty_database))
    in_a_thread(lambda: migrate.check(empty_database))


def test_the_design_document_is_what_the_models_say():
    written = Path(__file__).parents[2] / "database_design.md"

    assert written.read_text() == design.design(), "run `make database-design`"


def test_every_column_says_what_it_means():
    silent = [
        f"{table.name}.{column.name}"
        for table in design.Base.metadata.sorted_tables
        for column in table.columns
        if not column.comment and column.name not in {"id", "created_at", "updated_at"}
    ]

    assert silent == []
