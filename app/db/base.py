"""What every table shares: a time-ordered key, timestamps, named constraints, enums by value."""

from enum import Enum
from typing import Any
from uuid import UUID

from advanced_alchemy.base import CommonTableAttributes, create_registry
from advanced_alchemy.mixins import AuditColumns
from pgvector.sqlalchemy import VECTOR
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

registry = create_registry(custom_annotation_map={Enum: _BY_VALUE, dict[str, Any]: JSONB, list[Any]: JSONB})


class Base(CommonTableAttributes, DeclarativeBase):
    """A table without a key of its own making."""

    __abstract__ = True

    registry = registry


class Model(AuditColumns, Base):
    """A table whose rows are things with an id (UUIDv7) and a history."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)


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
