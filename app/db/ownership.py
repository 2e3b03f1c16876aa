"""Whose a row is, read from the tables' own columns and foreign keys: a table that is added is known without a line."""

from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa

OWNERS = ("owner_id", "user_id", "actor_id")
"""Columns that name an account without a foreign key, as receipts and logs do that outlive it."""
ACCOUNTS = "users"


def owned_by(table: sa.Table, account_id: UUID | sa.BindParameter[UUID]) -> sa.ColumnElement[bool] | None:
    """The condition that a row of the table is the account's; None where rows of it are nobody's."""
    if table.name == ACCOUNTS:
        return table.c.id == account_id
    owner = owner_column(table)
    if owner is not None:
        return owner == account_id
    for column, parent in _parents(table):
        condition = owned_by(parent.table, account_id)
        if condition is not None:
            return column.in_(sa.select(parent).where(condition))
    return None


def owner_column(table: sa.Table) -> sa.Column[UUID] | None:
    """The column that names the account itself."""
    for column in table.columns:
        if any(key.column.table.name == ACCOUNTS for key in column.foreign_keys):
            return column
    return next((table.c[name] for name in OWNERS if name in table.c), None)


def _parents(table: sa.Table) -> Iterator[tuple[sa.Column[UUID], sa.Column[UUID]]]:
    """What the table's rows refer to; what they can't be without comes first."""
    for column in sorted(table.columns, key=lambda one: bool(one.nullable)):
        for key in column.foreign_keys:
            if key.column.table is not table:
                yield column, key.column
