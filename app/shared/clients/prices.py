"""What a call costs, from the dated table in models.toml."""

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.config import SettingsError

TABLE = Path(__file__).parent / "models.toml"
MILLION = Decimal(1_000_000)
USUAL_CONTEXT = 128_000
USUAL_ANSWER = 8_192


class Price(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """USD per million tokens, or per minute of audio; what is not given is priced as plain input, or not at all."""

    model: str
    since: date
    input: Decimal = Decimal(0)
    cached: Decimal | None = None
    cache_write: Decimal | None = None
    output: Decimal = Decimal(0)
    minute: Decimal = Decimal(0)
    context: int = USUAL_CONTEXT
    longest_answer: int = USUAL_ANSWER


class Prices:
    """The table by provider. A server of one's own (`compatible`) costs nothing unless the table says so."""

    def __init__(self, table: dict[str, list[Price]]) -> None:
        self._table = table

    def find(self, provider: str, model: str, on: date | None = None) -> Price | None:
        """The price in force; for a model that isn't listed the provider's dearest, so that no budget is overrun."""
        on = on or datetime.now(UTC).date()
        listed = [price for price in self._table.get(provider, []) if price.since <= on]
        known = [price for price in listed if model.startswith(price.model)]
        if known:
            return max(known, key=lambda price: (len(price.model), price.since))
        return max(listed, key=lambda price: price.output, default=None)

    def cost(
        self, provider: str, model: str, *, input_tokens: int = 0, output_tokens: int = 0, cached_tokens: int = 0,
        cache_write_tokens: int = 0, seconds: float = 0,
    ) -> Decimal:  # fmt: skip
        """In USD. *input_tokens* counts all of the input, also what was read from or written to a cache."""
        price = self.find(provider, model)
        if price is None:
            return Decimal(0)
        plain = max(0, input_tokens - cached_tokens - cache_write_tokens)
        tokens = (
            plain * price.input
            + cached_tokens * (price.input if price.cached is None else price.cached)
            + cache_write_tokens * (price.input if price.cache_write is None else price.cache_write)
            + output_tokens * price.output
        )
        return tokens / MILLION + Decimal(str(seconds)) / 60 * price.minute

    def context(self, provider: str, model: str) -> int:
        price = self.find(provider, model)
        return price.context if price else USUAL_CONTEXT

    def longest_answer(self, provider: str, model: str) -> int:
        price = self.find(provider, model)
        return price.longest_answer if price else USUAL_ANSWER


def load_prices(path: str | None) -> Prices:
    """The shipped table, or the operator's own."""
    file = Path(path) if path else TABLE
    try:
        read: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
        tables = {name: rows for name, rows in read.items() if name != "checked"}
        return Prices(msgspec.convert(tables, dict[str, list[Price]]))
    except (OSError, ValueError) as error:
        raise SettingsError(f"PRICES_FILE can't be used: {file}: {error}.") from None


def estimate_tokens(text: str) -> int:
    """About four bytes a token; on the high side for English, near for other languages."""
    return len(text.encode()) // 4 + 1
