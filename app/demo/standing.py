"""Whether what the demo quotes stands where it says: everything that a source is quoted with, from all artefacts."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.features.dna.quotes import with_quotes

QUOTING = ("profile", "chat", "research", "beyond", "structures", "safety", "safety_again")


def quotes_of(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each quote of a source with its span, wherever it stands."""
    quotes: list[dict[str, Any]] = []

    def keep(quote: dict[str, Any]) -> dict[str, Any]:
        quotes.append(quote)
        return quote

    for name in QUOTING:
        with_quotes(found.get(name), keep)
    yield from quotes
    version = (found.get("script") or {}).get("version") or {}
    for section in version.get("sections", ()):
        for citation in section["citations"]:
            yield {**citation, "span": citation["source_span"]}


def check_quotes(found: Mapping[str, Any]) -> dict[str, int]:
    """How many quotes there are, and how many stand in the text of their source letter for letter."""
    total = standing = 0
    for quote in quotes_of(found):
        span, text = quote["span"], found["texts"].get(quote["source_id"], "")
        total += 1
        standing += text[span["start"] : span["end"]] == quote["quote"]
    return {"total": total, "standing": standing}
