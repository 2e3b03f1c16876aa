"""A part of a list: which orders it may have, and its rows with the number of all of them."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Select, func
from sqlalchemy.ext.asyncio import AsyncSession

from app.shared.exceptions import Malformed
from app.shared.http import Page, Paging, SortOrder

Row = TypeVar("Row")


def chosen_order(paging: Paging, offered: Iterable[str]) -> str:
    """The order that was asked for, else the first that is offered; `Malformed` names them."""
    names = list(offered)
    if paging.order_by is None:
        return names[0]
    if paging.order_by not in names:
        message = f"This list can't be ordered by '{paging.order_by[:64]}'; it can by {', '.join(names)}."
        raise Malformed(message, extra=[{"field": "order_by", "message": message}])
    return paging.order_by


async def paged(
    session: AsyncSession,
    query: Select[Row],
    paging: Paging,
    orders: Mapping[str, Any],
    *ties: Any,
    usual: SortOrder = "desc",
) -> Page[Row]:
    """The page of *query*'s rows, ordered by one of *orders* (columns by name, the usual one first); equals stand in the
    order of *ties*, without any by id. One statement, except for a page behind the end of the list."""
    column = orders[chosen_order(paging, orders)]
    down = (paging.sort_order or usual) == "desc"
    key = query.column_descriptions[0]["entity"].id
    last = ties or (key.desc() if down else key.asc(),)
    count = query.with_only_columns(func.count(), maintain_column_froms=True)
    ordered = query.add_columns(count.correlate(None).scalar_subquery())
    ordered = ordered.order_by(column.desc() if down else column.asc(), *last)
    found = (await session.execute(ordered.limit(paging.limit).offset(paging.offset))).all()
    total: int = found[0][1] if found else 0
    if not found and paging.offset:
        total = await session.scalar(count) or 0
    return Page([row[0] for row in found], total, paging.limit, paging.offset)
