"""Every paid call is a row, written before it is sent: a payment can be late in our books, never missing."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from app.db.models import ModelCall
from app.db.session import Database


@dataclass(slots=True)
class Receipt:
    """What an answer cost, as the provider said."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    request_id: str | None = None


@dataclass(slots=True)
class Meter:
    """For whom the calls of a step are made, and what they came to."""

    owner_id: UUID | None = None
    project_id: UUID | None = None
    job_id: UUID | None = None
    step: str | None = None
    epoch: int | None = None
    receipts: list[Receipt] = field(default_factory=list)

    def usage(self) -> dict[str, Any] | None:
        """{input_tokens, output_tokens, cost_usd}; None where nothing was paid."""
        if not self.receipts:
            return None
        return {
            "input_tokens": sum(receipt.input_tokens for receipt in self.receipts),
            "output_tokens": sum(receipt.output_tokens for receipt in self.receipts),
            "cost_usd": str(sum((receipt.cost_usd for receipt in self.receipts), Decimal(0))),
        }


_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[Meter]:
    """Calls made inside are this meter's."""
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)


@asynccontextmanager
async def paid_call(db: Database, provider: str, model: str, purpose: str) -> AsyncIterator[Receipt]:
    """Write the call, let it be made, write how it ended. The caller fills in the receipt from the answer."""
    meter = _METER.get() or Meter()
    call_id, receipt = uuid7(), Receipt()
    async with db.transaction() as session:
        await session.execute(
            insert(ModelCall).values(
                id=call_id,
                owner_id=meter.owner_id,
                project_id=meter.project_id,
                job_id=meter.job_id,
                step=meter.step,
                epoch=meter.epoch,
                provider=provider,
                model=model,
                purpose=purpose,
                state="sent",
            )
        )
    began, state, why = time.monotonic(), "unknown", None
    try:
        yield receipt
        state = "done"
    except Exception as error:
        state, why = "failed", repr(error)[:500]
        raise
    finally:
        meter.receipts.append(receipt)
        async with db.transaction() as session:
            await session.execute(
                update(ModelCall)
                .where(ModelCall.id == call_id)
                .values(
                    state=state,
                    error=why,
                    input_tokens=receipt.input_tokens,
                    output_tokens=receipt.output_tokens,
                    cost_usd=receipt.cost_usd,
                    request_id=receipt.request_id,
                    latency_seconds=time.monotonic() - began,
                    finished_at=datetime.now(UTC),
                )
            )
