"""The proof card: how far the profile holds where it was tested. It shows whatever the profile gives."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.demo.section import Section
from app.demo.shelf import Shelf
from app.demo.wording import number, percent, plain

LABELS = {
    "status": "State",
    "reason": "Reason",
    "held_out": "Each video against a profile of the others",
    "split_half": "Two halves of the videos against each other",
    "median": "Median",
    "own_accepted": "Own texts recognised",
    "others_accepted": "Texts of others taken for own",
    "own_rejected": "Own texts not recognised",
    "nearer": "Videos, left out one at a time, nearer to the profile than 95 of 100 other speakers",
    "yours": "Videos, left out one at a time, that it calls yours",
    "n_sources": "Videos",
    "sources": "Videos",
    "words": "Words",
    "n_words": "Words",
    "speakers": "Other speakers",
    "auc": "Own texts ranked before others (AUC)",
}
SHARES = {"own_accepted", "others_accepted", "own_rejected", "others_rejected", "share"}
DEEPEST = 3
MOST_VALUES = 12


def proof(found: Mapping[str, Any] | None, shelf: Shelf) -> Section:
    rows = _rows(found or {}, shelf, 0)
    inside = f'<div class="card"><dl class="facts">{rows}</dl></div>' if rows else ""
    return Section("proof", "How far it holds", "The profile tested on texts that it was not built from.", inside)


def _rows(found: Mapping[str, Any], shelf: Shelf, depth: int) -> str:
    """Plain values before mappings: a row after a group would seem to belong to it."""
    ordered = sorted(found.items(), key=lambda item: isinstance(item[1], Mapping) and "quote" not in item[1])
    return "".join(_row(str(key), value, shelf, depth) for key, value in ordered)


def _row(key: str, value: Any, shelf: Shelf, depth: int) -> str:
    """A mapping is a heading over rows of its own; what is empty is left out, what is null is said to be missing."""
    label = escape(LABELS.get(key, plain(key)))
    if isinstance(value, Mapping):
        if "quote" in value and "source_id" in value:
            quote = shelf.quote(value)
            return f"<div><dt>{label}</dt><dd>{quote}</dd></div>" if quote else ""
        rows = _rows(value, shelf, depth + 1) if depth < DEEPEST else ""
        return f'<div class="group"><dt>{label}</dt><dd></dd></div>{rows}' if rows else ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if any(isinstance(one, Mapping) for one in value):
            return "".join(
                _row(f"{key} {place}", one, shelf, depth + 1) for place, one in enumerate(value[:MOST_VALUES], 1)
            )
        written = ", ".join(_written(key, one, shelf) for one in value[:MOST_VALUES])
        more = f" and {len(value) - MOST_VALUES} more" if len(value) > MOST_VALUES else ""
        return f"<div><dt>{label}</dt><dd>{escape(written + more)}</dd></div>" if value else ""
    return f"<div><dt>{label}</dt><dd>{escape(_written(key, value, shelf))}</dd></div>"


def _written(key: str, value: Any, shelf: Shelf) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return percent(value) if key in SHARES and 0 <= value <= 1 else number(value)
    return shelf.titles.get(str(value), plain(str(value)) if key == "status" else str(value))
