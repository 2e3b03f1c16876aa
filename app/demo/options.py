"""The structures to choose from: how each is built, why it fits, and its hooks."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.demo import charts
from app.demo.section import Section, chip, details
from app.demo.shelf import Shelf
from app.demo.wording import clock, counted, plain

SHOWN = 3


def options(found: Sequence[Mapping[str, Any]], names: Mapping[str, str], shelf: Shelf) -> Section:
    """*names* of the frameworks by their ids."""
    shown = list(found[:SHOWN])
    cards = "".join(_option(index, one, names, shelf) for index, one in enumerate(shown))
    lead = (
        f"{counted(len(shown), 'way')} to build it from the same claims, each with hooks of different types. "
        "The creator decides; here the first was taken."
    )
    return Section("structures", "Ways to tell it", lead, cards)


def _option(index: int, one: Mapping[str, Any], names: Mapping[str, str], shelf: Shelf) -> str:
    chosen = chip("chosen", "good") if one["selected"] else ""
    reasons = "".join(
        f"<li>{escape(reason['text'])}{shelf.quotes(reason['evidence'], 2)}</li>" for reason in one["reasons"]
    )
    return (
        f'<article class="card"><h3>{escape(names.get(one["framework"], one["framework"]))} {chosen}</h3>'
        f'<div class="two"><div>{_hooks(one, shelf)}</div><div>{_outline(index, one["sections"])}</div></div>'
        f"{details('Why it fits', f'<ul class=plain>{reasons}</ul>' if reasons else '')}</article>"
    )


def _hooks(one: Mapping[str, Any], shelf: Shelf) -> str:
    rows = []
    for hook in one["hooks"]:
        chosen = chip("chosen", "good") if hook["id"] == one["hook_id"] else ""
        quotes = details("After this opening of the creator's", shelf.quotes(hook["evidence"], 1))
        said = "</p><p>".join(escape(part) for part in hook["text"].split("\n\n"))
        rows.append(f"<li>{chip(plain(hook['type']))} {chosen}<p>{said}</p>{quotes}</li>")
    return f'<h4>{counted(len(rows), "hook")}</h4><ul class="lines">{"".join(rows)}</ul>'


def _outline(index: int, sections: Sequence[Mapping[str, Any]]) -> str:
    total = sum(section["target_seconds"] for section in sections) or 1
    rows, at = [], 0.0
    for place, section in enumerate(sections):
        seconds = section["target_seconds"]
        said = f"{clock(seconds)} of {clock(total)}"
        drawn = charts.bar(f"option-{index}-{place}", section["title"], said, 100 * at / total, 100 * seconds / total)
        at += seconds
        carried = counted(len(section["claim_ids"]), "claim") if section["claim_ids"] else "yours"
        rows.append(
            f"<li><strong>{escape(section['title'])}</strong><span class='small'>{clock(seconds)} · {carried} · "
            f"{escape(section['purpose'])}</span>{drawn}</li>"
        )
    return f'<h4>{counted(len(rows), "part")}</h4><ul class="plain outline">{"".join(rows)}</ul>'
