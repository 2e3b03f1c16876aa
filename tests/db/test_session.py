"""Which errors mean that PostgreSQL is away, and which that it was asked for something wrong."""

import asyncpg
import pytest
from sqlalchemy import text

from app.db.session import Database, plain_url, unreachable


@pytest.fixture
async def database(settings):
    database = Database(settings.database_url, pool_size=1)
    yield database
    await database.close()


async def failure(database, statement, **given):
    with pytest.raises(Exception) as error:
        async with database.transaction() as session:
            await session.execute(text(statement), given)
    return error.value


async def test_a_session_that_the_server_ends_is_the_database_being_away(database, settings):
    error = await failure(database, "select pg_terminate_backend(pg_backend_pid())")
    plain = await asyncpg.connect(plain_url(settings.database_url))
    with pytest.raises(Exception) as raw:
        await plain.execute("select pg_terminate_backend(pg_backend_pid())")

    assert unreachable(error)
    assert unreachable(raw.value)


def test_a_driver_that_was_cut_between_two_messages_is_the_database_being_away():
    assert unreachable(asyncpg.exceptions.InternalClientError("cannot switch to state 11; another operation (2) is in progress"))  # fmt: skip


async def test_a_wrong_statement_or_value_is_not_waited_for(database):
    assert not unreachable(await failure(database, "select 1 / 0"))
    assert not unreachable(await failure(database, "select no_such_column"))
    assert not unreachable(await failure(database, "select cast(:n as integer)", n="no number"))
