"""Every paid call is a row, written before it is sent: a payment can be late in our books, never missing.

Writing the row is the last check before money: the run must still hold its job, the provider's lane be open, the
owner's budget not be used up, and the project allow it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import case, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.config import Settings
from app.db.models import ModelCall
from app.db.session import Database
from app.shared.clients import ledger_sql as sql
from app.shared.clients.failures import LaneClosed, NeverAnswered, OutcomeUnknown, OverBudget, of_connection
from app.shared.clients.limits import Limiter
from app.shared.clients.meter import AlreadyStored, CallRefused, Meter, Receipt, current_meter
from app.shared.clients.prices import Prices
from app.shared.exceptions import AppError, Unprocessable
from app.shared.faults import fault, fault_soon
from app.shared.metrics import Metrics
from app.shared.tracing import Span, Value, begun

log = logging.getLogger(__name__)

BOOKING_SECONDS = 60
BUDGET_LOCK = 7004
LONGEST_PAUSE_SECONDS = 600

OPERATIONS = {"generate": "chat", "embed": "embeddings"}
"""As OpenTelemetry's conventions for models name what a call is for."""

Classify = Callable[[Exception, float], AppError | None]
"""An SDK's error, and how long a lane pauses that an operator must mend, to an error of ours; None: it is no failure of
a provider's."""


@dataclass(slots=True)
class _Booked:
    failed: int = 0
    """Tries of this step that the provider is known to have failed: a repeat after one is a new request to it."""
    strikes: bool = False
    """Whether the lane was closed lately; a success clears that."""


async def resume_after_budget(session: AsyncSession, owner_id: UUID, settings: Settings) -> list[UUID]:
    """The owner's budget changed: the jobs that wait for it look again, with a whole deadline before them."""
    given = {"owner": owner_id, "deadline_seconds": settings.job_deadline_seconds}
    return list(await session.scalars(text(sql.RESUME), given))


class Ledger:
    """The books of all calls, and the gate before them."""

    def __init__(self, db: Database, settings: Settings, prices: Prices, limiter: Limiter, metrics: Metrics) -> None:
        self.prices = prices
        self._db, self._settings, self._limiter, self._metrics = db, settings, limiter, metrics

    @asynccontextmanager
    async def call(
        self,
        provider: str,
        model: str,
        purpose: str,
        classify: Classify,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
    ) -> AsyncIterator[Receipt]:
        """Write the call, let it be made, write how it ended. The tokens are estimates, for limits and the budget.

        Raises `CallRefused` for a run that was cancelled or superseded, `AlreadyStored`, `LaneClosed` where the
        provider is not to be called now, `OverBudget`, and what *classify* makes of the SDK's errors.
        """
        meter = current_meter()
        await meter.before_paying()
        call_id, receipt, number = uuid7(), Receipt(), meter.calls
        meter.calls += 1
        row = {
            "id": call_id, "owner_id": meter.owner_id, "project_id": meter.project_id, "job_id": meter.job_id,
            "kind": meter.kind, "step": meter.step, "epoch": meter.epoch, "provider": provider, "model": model,
            "purpose": purpose, "state": "sent",
            "reserved_usd": self.prices.cost(provider, model, input_tokens=input_tokens, output_tokens=output_tokens),
        }  # fmt: skip
        async with self._limiter.room(provider, model, input_tokens + output_tokens):
            try:
                booked = await self._book(meter, row)
            except BaseException:
                await self._unbook(row)
                raise
            receipt.key = f"{meter.job_id or call_id}:{meter.step}:{number}:{booked.failed}"
            began, state = time.monotonic(), "unknown"
            span = begun(f"{OPERATIONS.get(purpose, purpose)} {model}", "client", _about(provider, model, purpose))
            error: AppError | None = None
            try:
                fault("C")
                if not meter.may_pay():  # the process stood still since it wrote the row: another may have the job
                    state = "failed"
                    raise CallRefused
                fault_soon("D")
                async with asyncio.timeout(self._settings.provider_timeout_seconds):
                    yield receipt
                state = "done"
            except Exception as failure:
                error = self._as_ours(failure, classify)
                if error is None:
                    raise
                if not isinstance(error, OutcomeUnknown):
                    state = "done" if receipt.request_id else "failed"
                raise error from failure
            finally:
                receipt.cost_usd = self.prices.cost(
                    provider, model, input_tokens=receipt.input_tokens, output_tokens=receipt.output_tokens,
                    cached_tokens=receipt.cached_tokens, cache_write_tokens=receipt.cache_write_tokens,
                    seconds=receipt.seconds,
                )  # fmt: skip
                meter.receipts.append(receipt)
                _tell(span, receipt, state, error)
                await self._close(row, receipt, state, error, time.monotonic() - began, strikes=booked.strikes)

    def _as_ours(self, failure: Exception, classify: Classify) -> AppError | None:
        if isinstance(failure, AppError):
            return failure
        if isinstance(failure, TimeoutError):
            return of_connection(failure, 0)
        return classify(failure, self._settings.provider_pause_seconds)

    async def _book(self, meter: Meter, row: dict[str, Any]) -> _Booked:
        if not meter.may_pay():
            raise CallRefused

        async def write(session: AsyncSession) -> _Booked:
            booked = _Booked()
            if meter.job_id is not None:
                fence = (await session.execute(text(sql.FENCE), {"job": meter.job_id, "epoch": meter.epoch, "step": meter.step})).first()  # fmt: skip
                if fence is None:
                    raise CallRefused
                if fence.stored:
                    raise AlreadyStored
                booked.failed = fence.failed
                if fence.unknown >= (OutcomeUnknown.most_tries or 0):
                    raise NeverAnswered(
                        f"The provider left {fence.unknown} calls of this step unanswered, and each may have been paid."
                    )
            if meter.project_id is not None:
                await self._check_project(session, meter.project_id)
            booked.strikes = await self._check_lane(session, row["provider"], row["model"])
            if meter.owner_id is not None and row["reserved_usd"] > 0:
                await self._check_budget(session, meter.owner_id, row["reserved_usd"])
            await session.execute(postgresql.insert(ModelCall).values(row).on_conflict_do_nothing())
            return booked

        return await self._db.patiently(write, BOOKING_SECONDS)

    async def _unbook(self, row: dict[str, Any]) -> None:
        """The row may be there all the same, where the connection was cut just as it was committed; nothing was sent."""
        unsent = update(ModelCall).where(ModelCall.id == row["id"], ModelCall.state == "sent")

        async def write(session: AsyncSession) -> None:
            await session.execute(
                unsent.values(state="failed", error="It was not sent.", finished_at=datetime.now(UTC))
            )

        try:
            await self._db.patiently(write, BOOKING_SECONDS)
        except Exception:
            log.exception("Whether the call %s is in the books is not known", row["id"])

    async def _check_project(self, session: AsyncSession, project_id: UUID) -> None:
        if await session.scalar(text(sql.CLOSED_PROJECT), {"project": project_id}):
            raise Unprocessable(
                "The project doesn't allow external models to see its text; allow it, or choose the offline engine.",
                code="external_models_not_allowed",
            )

    async def _check_lane(self, session: AsyncSession, provider: str, model: str) -> bool:
        lanes = (await session.execute(text(sql.LANES), {"provider": provider, "model": model})).all()
        for lane in lanes:
            if lane.seconds > 0:
                raise LaneClosed(lane.reason, code=lane.code, retry_after_seconds=lane.seconds)
        return bool(lanes)

    async def _check_budget(self, session: AsyncSession, owner_id: UUID, wanted: Decimal) -> None:
        given = {"owner": owner_id, "default": self._settings.monthly_budget_usd}
        if await session.scalar(text(sql.BUDGET), given) is None:
            return
        await session.execute(text("select pg_advisory_xact_lock(:space, hashtext(:owner))"), {"space": BUDGET_LOCK, "owner": str(owner_id)})  # fmt: skip
        account = (await session.execute(text(sql.SPENT), given)).one()
        if account.spent + wanted > account.budget:
            raise OverBudget(
                f"The budget of {account.budget:.2f} USD a month is used up: {account.spent:.4f} USD are spent, "
                f"the next call may cost {wanted:.4f} USD. It goes on when the budget is raised, or next month.",
                retry_after_seconds=account.seconds_left,
            )

    async def _close(
        self, row: dict[str, Any], receipt: Receipt, state: str, error: AppError | None, took: float, *, strikes: bool
    ) -> None:
        """An answer in hand is never lost for a database that is away: that is logged, and the row stays open."""
        closing = {
            # what was taken for lost meanwhile stays `unknown`, as its step may have been paid for again
            "state": case((ModelCall.state == "unknown", "unknown"), else_=state),
            "error": error.message if error else None,
            "input_tokens": receipt.input_tokens, "output_tokens": receipt.output_tokens, "cached_tokens": receipt.cached_tokens,
            "cache_write_tokens": receipt.cache_write_tokens, "cost_usd": receipt.cost_usd,
            "request_id": receipt.request_id, "latency_seconds": took, "finished_at": datetime.now(UTC),
        }  # fmt: skip

        async def write(session: AsyncSession) -> None:
            await session.execute(update(ModelCall).where(ModelCall.id == row["id"]).values(closing))
            if isinstance(error, LaneClosed):
                await session.execute(text(sql.PAUSE), self._pause(row, error))
            elif strikes and state == "done":
                await session.execute(text(sql.REOPEN), {"provider": row["provider"], "model": row["model"]})

        try:
            await self._db.patiently(write, BOOKING_SECONDS)
        except Exception:
            log.exception("The end of the call %s could not be written", row["id"])
        self._count(row, receipt, state, took)
        if isinstance(error, LaneClosed) and error.whole_provider:
            log.error("ALERT %s is paused for everybody: %s", row["provider"], error.message)

    def _pause(self, row: dict[str, Any], error: LaneClosed) -> dict[str, Any]:
        return {
            "provider": row["provider"], "model": "" if error.whole_provider else row["model"],
            "seconds": error.retry_after_seconds, "code": error.error_code, "reason": error.message[:300],
            "grows": error.grows, "longest": max(LONGEST_PAUSE_SECONDS, error.retry_after_seconds),
        }  # fmt: skip

    def _count(self, row: dict[str, Any], receipt: Receipt, state: str, took: float) -> None:
        labels = {"provider": row["provider"], "model": row["model"]}
        self._metrics.count("strand_model_calls_total", 1, **labels, purpose=row["purpose"], state=state)
        self._metrics.observe("strand_model_call_seconds", took, **labels)
        for kind, tokens in (
            ("input", receipt.input_tokens),
            ("output", receipt.output_tokens),
            ("cached", receipt.cached_tokens),
        ):
            if tokens:
                self._metrics.count("strand_tokens_total", tokens, **labels, type=kind)
        if receipt.cost_usd:
            self._metrics.count("strand_cost_usd_total", float(receipt.cost_usd), **labels)
        if state == "unknown":
            self._metrics.count("strand_repeats_total", 1, provider=row["provider"])


def _about(provider: str, model: str, purpose: str) -> dict[str, Value | None]:
    return {
        "gen_ai.operation.name": OPERATIONS.get(purpose, purpose), "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
    }  # fmt: skip


def _tell(span: Span | None, receipt: Receipt, state: str, error: AppError | None) -> None:
    """How the call ended, in numbers: never what was asked or answered."""
    if span is None:
        return
    span.set({
        "gen_ai.usage.input_tokens": receipt.input_tokens, "gen_ai.usage.output_tokens": receipt.output_tokens,
        "gen_ai.response.id": receipt.request_id, "strand.call.state": state, "strand.cost_usd": float(receipt.cost_usd),
    })  # fmt: skip
    if state != "done":
        span.fail(error.error_code if error else state)
    span.end()
