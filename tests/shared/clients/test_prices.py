"""What a call costs."""

from datetime import date
from decimal import Decimal

from app.shared.clients.prices import Price, Prices, load_prices


def test_a_call_is_booked_at_the_newest_price_that_is_not_later():
    prices = Prices({"openai": [
        Price("m", date(2026, 1, 1), input=Decimal(1)), Price("m", date(2026, 6, 1), input=Decimal(2)),
        Price("m-large", date(2026, 1, 1), input=Decimal(9), output=Decimal(9)),
    ]})  # fmt: skip

    assert prices.find("openai", "m-2026-03-03", date(2026, 3, 3)).input == 1
    assert prices.find("openai", "m", date(2026, 7, 1)).input == 2
    assert prices.find("openai", "m-large", date(2026, 7, 1)).input == 9
    assert prices.find("openai", "never-heard-of", date(2026, 7, 1)).input == 9, (
        "the dearest, so that no budget is overrun"
    )
    assert prices.find("compatible", "llama") is None


def test_cached_and_written_tokens_have_their_own_price():
    prices = load_prices(None)

    cost = prices.cost("anthropic", "claude-sonnet-5-5", input_tokens=3_000_000, cached_tokens=1_000_000, cache_write_tokens=1_000_000, output_tokens=1_000_000)  # fmt: skip

    assert cost == Decimal("2.00") + Decimal("0.20") + Decimal("2.50") + Decimal("10.00")
