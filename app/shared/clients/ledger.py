"""Every paid call is a row, written before it is sent: a payment can be late in our books, never missing."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import Job, JobStatus, ModelCall
from app.db.session import Database
from app.shared.exceptions import AppError

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Receipt:
    """What an answer cost, as the provider said."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    request_id: str | None = None


class CallRefused(BaseException):
    """The run that wants to pay is cancelled or superseded: nothing is sent."""


@dataclass(slots=True)
class Meter:
    """For whom the calls of a step are made, and what they came to."""

    owner_id: UUID | None = None
    project_id: UUID | None = None
    job_id: UUID | None = None
    step: str | None = None
    epoch: int | None = None
    may_pay: Callable[[], bool] = lambda: True
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


FENCE = select(Job.id).where(Job.status == JobStatus.RUNNING, Job.cancel_requested_at.is_(None)).with_for_update()
BOOKING_SECONDS = 60


@asynccontextmanager
async def paid_call(db: Database, provider: str, model: str, purpose: str) -> AsyncIterator[Receipt]:
    """Write the call, let it be made, write how it ended. The caller fills in the receipt from the answer.

    Writing it is the last check before money: a run that was cancelled or superseded gets `CallRefused`.
    """
    meter = _METER.get() or Meter()
    call_id, receipt = uuid7(), Receipt()
    await _book(db, meter, call_id, provider, model, purpose)
    began, state, why = time.monotonic(), "unknown", None
    try:
        yield receipt
        state = "done"
    except AppError as error:
        state, why = "unknown" if error.error_code == "provider_unreachable" else "failed", error.message
        raise
    finally:
        meter.receipts.append(receipt)
        closing = {
            "state": state,
            "error": why,
            "input_tokens": receipt.input_tokens,
            "output_tokens": receipt.output_tokens,
            "cost_usd": receipt.cost_usd,
            "request_id": receipt.request_id,
            "latency_seconds": time.monotonic() - began,
            "finished_at": datetime.now(UTC),
        }
        await _close(db, call_id, closing)


async def _book(db: Database, meter: Meter, call_id: UUID, provider: str, model: str, purpose: str) -> None:
    if not meter.may_pay():
        raise CallRefused
    row = {
        "id": call_id, "owner_id": meter.owner_id, "project_id": meter.project_id, "job_id": meter.job_id,
        "step": meter.step, "epoch": meter.epoch, "provider": provider, "model": model, "purpose": purpose, "state": "sent",
    }  # fmt: skip

    async def write(session: AsyncSession) -> None:
        if meter.job_id is not None:
            fence = FENCE.where(Job.id == meter.job_id, Job.epoch == meter.epoch)
            if await session.scalar(fence) is None:
                raise CallRefused
        await session.execute(postgresql.insert(ModelCall).values(row).on_conflict_do_nothing())

    await db.patiently(write, BOOKING_SECONDS)


async def _close(db: Database, call_id: UUID, closing: dict[str, Any]) -> None:
    """An answer in hand is never lost for a database that is away: that is logged, and the row stays open."""

    async def write(session: AsyncSession) -> None:
        await session.execute(update(ModelCall).where(ModelCall.id == call_id).values(closing))

    try:
        await db.patiently(write, BOOKING_SECONDS)
    except Exception:
        log.exception("The end of the call %s could not be written", call_id)
