from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings
from app.features.usage.schemas import BudgetRead, GroupBy, UsageGroup, UsageReport, UsageTotal
from app.shared.clients.ledger_sql import SPENT
from app.shared.http import convert

KEYS = {
    "day": "to_char(sent_at at time zone 'utc', 'YYYY-MM-DD')",
    "project": "project_id::text",
    "kind": "kind",
    "model": "model",
}
SUMS = """
  count(*) as calls, coalesce(sum(input_tokens), 0)::bigint as input_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens,
  coalesce(sum(cached_tokens), 0)::bigint as cached_tokens, coalesce(sum(cost_usd), 0) as cost_usd
from model_calls where owner_id = :owner and sent_at >= :start and sent_at < :end
"""
NEXT_MONTH = "select (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc'"


class UsageService:
    """What an owner's jobs and searches have cost, from the books of calls."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def report(self, owner_id: UUID, start: datetime, end: datetime, group_by: GroupBy, settings: Settings) -> UsageReport:  # fmt: skip
        given = {"owner": owner_id, "start": start, "end": end}
        groups = await self.session.execute(
            text(f"select {KEYS[group_by]} as key, {SUMS} group by 1 order by 1"), given
        )
        total = (await self.session.execute(text(f"select {SUMS}"), given)).one()
        return UsageReport(
            start=start,
            end=end,
            group_by=group_by,
            items=[convert(row, UsageGroup) for row in groups],
            total=convert(total, UsageTotal),
            budget=await self.budget(owner_id, settings),
        )

    async def budget(self, owner_id: UUID, settings: Settings) -> BudgetRead:
        row = (await self.session.execute(text(SPENT), {"owner": owner_id, "default": settings.monthly_budget_usd})).one()  # fmt: skip
        left = None if row.budget is None else max(Decimal(0), row.budget - row.spent)
        return BudgetRead(row.budget, row.spent, left, await self.session.scalar(text(NEXT_MONTH)))
