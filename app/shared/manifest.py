"""What stood behind an artefact: kept with it, so that it can be explained and made again."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CALLS = """
select provider || ':' || model as model, count(*) as calls, sum(input_tokens)::bigint as input_tokens,
  sum(output_tokens)::bigint as output_tokens, sum(cached_tokens)::bigint as cached_tokens, sum(cost_usd)::text as cost_usd
from model_calls where job_id = :job group by 1 order by 1
"""


async def calls_of(session: AsyncSession, job_id: UUID) -> list[dict[str, Any]]:
    """Per model, what the job has asked for so far: calls, tokens, and cost in USD."""
    return [dict(row) for row in (await session.execute(text(CALLS), {"job": job_id})).mappings()]


SPENT = """
select coalesce(sum(input_tokens), 0)::bigint as input_tokens, coalesce(sum(output_tokens), 0)::bigint as output_tokens,
  coalesce(sum(cost_usd), 0)::text as cost_usd
from model_calls where job_id = :job
"""


async def spent(session: AsyncSession, job_id: UUID) -> dict[str, Any]:
    """Tokens and cost of all that the job has asked for so far."""
    return dict((await session.execute(text(SPENT), {"job": job_id})).mappings().one())
