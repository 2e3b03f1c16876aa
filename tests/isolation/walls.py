"""What a server's statements bring back, watched from outside: a row of somebody else's never leaves the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event


@contextmanager
def no_row_holds(ids: set[UUID], but_for: Engine) -> Iterator[list[str]]:
    """Gives the statements of any engine, but for one, that brought back a row with one of the ids. Whoever asks the
    database for a row and looks afterwards whose it is stands in this list, whatever it answers."""
    told: list[str] = []

    def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if connection.engine is but_for:
            return
        rows = list(getattr(cursor, "_rows", ()))  # what asyncpg brought; it is fetched from there later
        if any(value in ids for row in rows for value in row if isinstance(value, UUID)):
            told.append(statement)

    event.listen(Engine, "after_cursor_execute", look)
    try:
        yield told
    finally:
        event.remove(Engine, "after_cursor_execute", look)
