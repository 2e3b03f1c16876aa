"""Which errors mean that PostgreSQL is away, and which that it was asked for something wrong."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.session import Database, after_rollback, plain_url, unreachable


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


@pytest.mark.parametrize("sqlstate", ["53100", "53300"])
async def test_no_room_for_data_or_connections_is_the_database_being_away_for_now(database, sqlstate):
    full = f"do $$ begin raise exception 'no room' using errcode = '{sqlstate}'; end $$"

    assert unreachable(await failure(database, full))


async def test_a_wrong_statement_or_value_is_not_waited_for(database):
    assert not unreachable(await failure(database, "select 1 / 0"))
    assert not unreachable(await failure(database, "select no_such_column"))
    assert not unreachable(await failure(database, "select cast(:n as integer)", n="no number"))


async def test_what_a_rollback_takes_away_stays_where_the_commit_may_have_been_made(database):
    """The connection is cut: a file whose row may stand must not go. What nobody names is swept later."""
    taken = []

    async def take_away(what):
        taken.append(what)

    async def fail(what, statement):
        async with database.transaction() as session:
            after_rollback(session, lambda: take_away(what))
            await session.execute(text(statement))

    with pytest.raises(DBAPIError):
        await fail("rolled back", "select 1 / 0")
    with pytest.raises(DBAPIError):
        await fail("unknown", "select pg_terminate_backend(pg_backend_pid())")
    await asyncio.sleep(0)

    assert taken == ["rolled back"]
