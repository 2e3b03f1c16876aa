from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

GroupBy = Literal["day", "project", "kind", "model"]


class UsageTotal(Struct, kw_only=True):
    """Calls of models, and what they came to."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: Annotated[int, Meta(description="Of the input: read from the provider's cache.")] = 0
    cost_usd: Decimal = Decimal(0)


class UsageGroup(UsageTotal, kw_only=True):
    key: Annotated[str | None, Meta(description="The day, project id, kind of job, or model; null: none.")]


class BudgetRead(Struct):
    """This month's budget. A failed job costs it nothing."""

    monthly_usd: Annotated[Decimal | None, Meta(description="Null: there is no limit.")]
    spent_usd: Decimal
    left_usd: Decimal | None
    resets_at: datetime


class UsageReport(Struct):
    start: datetime
    end: datetime
    group_by: GroupBy
    items: list[UsageGroup]
    total: UsageTotal
    budget: BudgetRead


class TokenRange(Struct):
    low: int
    high: int


class CostRange(Struct):
    low: Decimal
    high: Decimal


class SecondsRange(Struct):
    low: float
    high: float


class EstimateRead(Struct):
    """What the job would take; a range, as answers differ in length and may have to be repaired."""

    kind: str
    engine: str
    input_tokens: TokenRange
    output_tokens: TokenRange
    tokens: TokenRange
    cost_usd: CostRange
    seconds: SecondsRange
    within_budget: Annotated[bool, Meta(description="Whether the month's budget leaves room for the dearest case.")]
