"""One row of every table for an owner, made from the models alone: a table that is added later has its row too."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.base import DIMENSIONS, Base
from app.db.ownership import owned_by, owner_column

Row = dict[str, Any]

SETTLED = {
    "content_sources.status": "ready",
    "jobs.status": "succeeded",
    "scripts.head": 1,
    "chat_messages.role": "user",
    "dna_profiles.status": "ready",
    "safety_findings.policy": {"pack": "a", "version": 1, "clause_id": "b", "text": "c"},
}
"""What lets a thing be read; all else is the first value that its column takes."""


async def a_row_of_everything(session: AsyncSession, user_id: UUID, *, nobodys: bool = False) -> dict[str, Row]:
    """What was stored, by table. Foreign keys lead to the owner's own rows; the account itself is there already. Tables
    that belong to nobody have theirs where *nobodys* asks for them."""
    known = (await session.execute(sa.text("select * from users where id = :id"), {"id": user_id})).mappings().one()
    rows: dict[str, Row] = {"users": dict(known)}
    for table in Base.metadata.sorted_tables:
        if table.name in rows or not (nobodys or owned_by(table, user_id) is not None):
            continue
        values = {column.name: _value(table, column, rows, user_id) for column in table.columns if _needed(column)}
        stored = await session.execute(sa.insert(table).values(values).returning(*table.columns))
        rows[table.name] = dict(stored.mappings().one())
    return rows


def _needed(column: sa.Column[Any]) -> bool:
    """Columns that refer to something are filled even where they may be empty: that is what could leak."""
    if column.computed is not None or column.identity is not None:
        return False
    refers = bool(column.foreign_keys) or (_is_id(column) and column.name != "id")
    return (
        refers
        or f"{column.table.name}.{column.name}" in SETTLED
        or (not column.nullable and column.server_default is None)
    )


def _is_id(column: sa.Column[Any]) -> bool:
    return not isinstance(column.type, (VECTOR, JSONB, sa.Enum)) and column.type.python_type is UUID


def _value(table: sa.Table, column: sa.Column[Any], rows: dict[str, Row], user_id: UUID) -> Any:
    settled = SETTLED.get(f"{table.name}.{column.name}")
    if settled is not None:
        return settled
    for key in column.foreign_keys:
        other = key.column.table.name
        return None if other == table.name or other not in rows else rows[other][key.column.name]
    if column is owner_column(table):
        return user_id
    return _of_type(column)


def _of_type(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.Enum):
        return kind.enums[0] if kind.enum_class is None else next(iter(kind.enum_class))
    if isinstance(kind, VECTOR):
        return [1.0] + [0.0] * (DIMENSIONS - 1)
    if isinstance(kind, JSONB):
        return [] if "list" in str(_annotated(column)) else {}
    plain = {
        UUID: uuid7(), datetime: datetime.now(UTC) + timedelta(hours=1), date: datetime.now(UTC).date(), bool: False,
        float: 0.5, Decimal: Decimal(1), int: 1, bytes: b"x",
    }  # fmt: skip
    if kind.python_type in plain:
        return plain[kind.python_type]
    return uuid7().hex[: getattr(kind, "length", None) or 32]


def _annotated(column: sa.Column[Any]) -> Any:
    mapper = next(mapper for mapper in Base.registry.mappers if mapper.local_table is column.table)
    return next(
        (
            kind.__annotations__[column.name]
            for kind in mapper.class_.__mro__
            if column.name in getattr(kind, "__annotations__", {})
        ),
        "",
    )
