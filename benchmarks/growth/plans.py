"""What a statement's plan costs: time, pages, and whether it reads whole tables or sorts what grows."""

import statistics
from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from benchmarks.growth.listening import Said

ROUNDS = 5
BIG_ROWS = 2_000
"""A table that is read whole, or an input that is sorted, with more rows than this is told."""


class Cost(Struct):
    """Of all statements of one request or transition: medians of *ROUNDS*."""

    statements: int
    milliseconds: float
    pages: int
    told: set[str]


async def cost(connection: asyncpg.Connection, said: list[Said]) -> Cost:
    """Each statement is run and taken back."""
    total = Cost(0, 0.0, 0, set())
    for one in said:
        plans = [await explained(connection, one) for _ in range(ROUNDS)]
        total.statements += 1
        total.milliseconds += statistics.median(plan["Execution Time"] for plan in plans)
        last = plans[-1]["Plan"]
        total.pages += last["Shared Hit Blocks"] + last["Shared Read Blocks"]
        total.told |= set(complaints(last))
    return total


async def explained(connection: asyncpg.Connection, said: Said) -> Mapping[str, Any]:
    change = connection.transaction()
    await change.start()
    try:
        (told,) = await connection.fetchrow(f"explain (analyze, buffers, format json) {said.sql}", *said.given)
    finally:
        await change.rollback()
    plan: Mapping[str, Any] = msgspec.json.decode(told)[0]
    return plan


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def complaints(plan: Mapping[str, Any]) -> Iterator[str]:
    for node in nodes(plan):
        loops = node.get("Actual Loops", 0)
        if node["Node Type"] == "Seq Scan":
            rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * loops
            if rows > BIG_ROWS:
                yield f"reads {node['Relation Name']} whole ({rows:,.0f} rows)"
        if "Sort" in node["Node Type"]:
            rows = sum(inner["Actual Rows"] * inner["Actual Loops"] for inner in node.get("Plans", ()))
            if rows > BIG_ROWS:
                yield f"sorts {rows:,.0f} rows"
