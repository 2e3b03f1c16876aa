"""Quotes wherever they stand in what a profile stores."""

from collections.abc import Callable
from typing import Any

Quote = dict[str, Any]
Change = Callable[[Quote], Quote | None]


def with_quotes(stored: Any, change: Change) -> Any:
    """The same JSON with each quote as *change* gives it; None takes it out of a list, and leaves null elsewhere."""
    if isinstance(stored, list):
        changed = [with_quotes(one, change) for one in stored]
        return [new for old, new in zip(stored, changed, strict=True) if new is not None or old is None]
    if not isinstance(stored, dict):
        return stored
    if "quote" in stored and "source_id" in stored:
        return change(stored)
    return {name: with_quotes(value, change) for name, value in stored.items()}
