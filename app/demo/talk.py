"""The conversation with the sources: answers of cited sentences, or that they don't say."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import count
from typing import Any

from app.demo.manuscript import with_note, woven
from app.demo.section import Section, chip
from app.demo.shelf import Shelf


def talk(found: Sequence[Mapping[str, Any]], shelf: Shelf) -> Section:
    said = "".join(_message(number, one, shelf) for number, one in enumerate(found))
    lead = "Answers are sentences that a quote carries: hover over one, or tap it. Where the sources don't say, neither does Strand."
    return Section("talk", "Talking to the sources", lead, f'<div class="card part">{said}</div>' if said else "")


def _message(number: int, one: Mapping[str, Any], shelf: Shelf) -> str:
    if one["role"] == "user":
        return f'<h3 class="asked">{escape(one["text"])}</h3>'
    quoted: dict[tuple[int, int], list[str]] = {}
    for citation in one["citations"]:
        if shelf.holds(citation):
            place = (citation["text_span"]["start"], citation["text_span"]["end"])
            quoted.setdefault(place, []).append(shelf.noted(citation, citation["span"]))
    counter = count(1)
    pieces = [(*place, with_note(f"said-{number}", counter, notes)) for place, notes in quoted.items()]
    abstained = f" {chip('the sources don’t say')}" if one["abstained"] else ""
    return f"<p>{woven(one['text'], pieces)}{abstained}</p>"
