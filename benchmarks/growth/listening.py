"""What the service says to PostgreSQL while something is done, to be explained afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from msgspec import Struct
from sqlalchemy import Engine, event

PLANNED = ("select", "insert", "update", "delete", "with")
UNPLANNED = ("pg_notify", "set_config", "pg_advisory_unlock_all")
METHODS = ("fetch", "fetchrow", "fetchval", "execute")


class Noted(Exception):
    """The statement was noted and not made."""


class Said(Struct, frozen=True):
    """A statement and the values that it was given."""

    sql: str
    given: tuple[Any, ...]


@contextmanager
def listening(engine: Engine, *, dry: bool = False) -> Iterator[list[Said]]:
    """Both doors to the database: sessions, and the driver's own connections (reads, the job engine, hints). *dry*: what goes
    by the driver's is noted and raises `Noted`, so that what it would change is as it was."""
    heard: list[Said] = []

    def note(sql: str, given: tuple[Any, ...]) -> None:
        asked = sql.strip().lower()
        if asked.startswith(PLANNED) and not any(other in asked for other in UNPLANNED):
            heard.append(Said(sql, given))

    def in_session(_connection: Any, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        note(sql, tuple(given or ()))

    usual = {name: getattr(asyncpg.Connection, name) for name in METHODS}

    def told(name: str) -> Any:
        async def method(self: asyncpg.Connection, sql: str, *given: Any, **more: Any) -> Any:
            note(sql, given)
            if dry:
                raise Noted
            return await usual[name](self, sql, *given, **more)

        return method

    event.listen(engine, "before_cursor_execute", in_session)
    for name in METHODS:
        setattr(asyncpg.Connection, name, told(name))
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", in_session)
        for name, method in usual.items():
            setattr(asyncpg.Connection, name, method)
