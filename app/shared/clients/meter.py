"""For whom a paid call is made, and what it came to."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(slots=True)
class Receipt:
    """What an answer cost, as the provider said; the client fills it in. Input counts all of it, cached or not."""

    key: str = ""
    """For providers that take an idempotency key: the same for each repeat of this call."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    seconds: float = 0
    request_id: str | None = None
    cost_usd: Decimal = Decimal(0)


class CallRefused(BaseException):
    """The run that wants to pay is cancelled or superseded: nothing is sent."""


class AlreadyStored(BaseException):
    """A late receipt of an earlier run came in meanwhile: the step has its output, and nothing is sent."""


async def _ready() -> None: ...


@dataclass(slots=True)
class Meter:
    """For whom the calls of a step are made, and what they came to."""

    owner_id: UUID | None = None
    project_id: UUID | None = None
    job_id: UUID | None = None
    kind: str | None = None
    step: str | None = None
    epoch: int | None = None
    may_pay: Callable[[], bool] = lambda: True
    before_paying: Callable[[], Awaitable[None]] = _ready
    """Awaited before the first look into the books; raises `CallRefused` or `AlreadyStored`."""
    calls: int = 0
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


METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[Meter]:
    """Calls made inside are this meter's."""
    token = METER.set(meter)
    try:
        yield meter
    finally:
        METER.reset(token)


def current_meter() -> Meter:
    """The meter that calls are counted on just now; a new one where nobody counts."""
    return METER.get() or Meter()
