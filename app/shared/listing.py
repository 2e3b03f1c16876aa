"""Lists that are read without a transaction: each order's statement is made once, rows become structs as they come."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import asyncpg
from sqlalchemy import BigInteger, Integer, Select, bindparam, func
from sqlalchemy.orm import InstrumentedAttribute

from app.shared.http import Page, Paging, SortOrder
from app.shared.paging import chosen_order
from app.shared.reads import Reads, Statement

T = TypeVar("T")


class Listing(Generic[T]):
    """*query* selects what *made* takes of a record; its parameters are given by name with each page. Equals stand in the
    order of *tie*, in the list's direction."""

    def __init__(
        self,
        query: Select[Any],
        orders: Mapping[str, InstrumentedAttribute[Any]],
        tie: InstrumentedAttribute[Any],
        made: Callable[[asyncpg.Record], T],
        usual: SortOrder = "desc",
    ) -> None:
        self._query, self._orders, self._tie, self._made, self._usual = query, orders, tie, made, usual
        self._count = Statement(query.with_only_columns(func.count().label("total"), maintain_column_froms=True))
        self._statement = cache(self._written)

    async def page(self, reads: Reads, paging: Paging, **values: Any) -> Page[T]:
        """One statement, except for a page behind the end of the list."""
        order, direction = chosen_order(paging, self._orders), paging.sort_order or self._usual
        statement = self._statement(order, direction)
        rows = await reads.rows(statement, limit=paging.limit, offset=paging.offset, **values)
        if not rows and paging.offset:
            total = (await reads.rows(self._count, **values))[0]["total"]
        else:
            total = rows[0]["total"] if rows else 0
        return Page([self._made(row) for row in rows], total, paging.limit, paging.offset)

    def _written(self, order: str, direction: SortOrder) -> Statement:
        total = self._query.with_only_columns(func.count(), maintain_column_froms=True).correlate(None)
        by = [self._orders[order], self._tie]
        ordered = self._query.add_columns(total.scalar_subquery().label("total"))
        ordered = ordered.order_by(*(one.desc() if direction == "desc" else one.asc() for one in by))
        return Statement(ordered.limit(bindparam("limit", type_=Integer)).offset(bindparam("offset", type_=BigInteger)))


def columns_of(model: Any, struct: type[Any]) -> list[InstrumentedAttribute[Any]]:
    """The model's columns that the struct names, in the struct's order."""
    return [getattr(model, name) for name in struct.__struct_fields__]
