"""What every table shares: a time-ordered key, timestamps, named constraints, enums by value."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import DateTime, MetaData, Uuid
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from uuid_utils.compat import uuid7

DIMENSIONS = 1536

_BY_VALUE = EnumColumn(
    Enum,
    values_callable=lambda members: [member.value for member in members],
    native_enum=False,
    length=32,
    create_constraint=True,
)

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints are called that are given no name."""


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """A table without a key of its own making."""

    __abstract__ = True

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own name, read when a class is made
        UUID: Uuid,
        datetime: DateTime(timezone=True),
        Enum: _BY_VALUE,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Model(Base):
    """A table whose rows are things with an id (UUIDv7) and a history."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(default=now, sort_order=3002)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, sort_order=3003)


class Revised:
    """Counts a row's changes: the ETag, and the guard against two writers at once."""

    revision: Mapped[int] = mapped_column(
        default=1, server_default="1", sort_order=3001, comment="Counts the row's changes; the resource's ETag."
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  SQLAlchemy gives the class
        return {"version_id_col": cls.revision}


class Embedding(VECTOR):
    """A pgvector column that goes over the wire in binary, by the codec that `Database` registers."""

    cache_ok = True

    def __init__(self, dim: int = DIMENSIONS) -> None:
        super().__init__(dim)

    def bind_processor(self, dialect: Any) -> None:  # noqa: ARG002  the codec takes the value as it is
        return None

    def result_processor(self, dialect: Any, coltype: Any) -> None:  # noqa: ARG002
        return None
