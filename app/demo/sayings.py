"""What can be said about the voice in words: traits, phrases, passages to learn from."""

from collections.abc import Mapping
from html import escape
from typing import Any

from app.demo.section import Section, details
from app.demo.shelf import Shelf
from app.demo.wording import PLACES, counted, plain

QUOTES_OF_A_TRAIT = 2
PASSAGES = {"explanation": "Explanations", "transition": "Transitions", "ending": "Endings"}
"""Openings stand with the structure."""


def traits(profile: Mapping[str, Any], shelf: Shelf) -> Section:
    cards = "".join(
        f'<li class="card"><h3>{escape(trait["name"])}</h3><p>{escape(trait["description"])}</p>'
        f"{shelf.quotes(trait['evidence'], QUOTES_OF_A_TRAIT)}</li>"
        for trait in profile["traits"]
    )
    discarded = "".join(
        f"<li>{escape(one['statement'])} <span class='small'>{escape(plain(one['reason']))}</span></li>"
        for one in profile["rejected"]
    )
    kept = f'<ul class="grid">{cards}</ul>' if cards else ""
    count = len(profile["rejected"])
    lead = f"Written by the {profile['engine']} engine. A trait is kept only where quotes carry it; discarded: {count}."
    inside = kept + details(
        counted(count, "discarded statement"), f'<ul class="plain">{discarded}</ul>' if count else ""
    )
    return Section("traits", "What can be said about it", lead, inside + _passages(profile, shelf))


def _passages(profile: Mapping[str, Any], shelf: Shelf) -> str:
    groups = []
    for kind, title in PASSAGES.items():
        found = [one["evidence"] for one in profile["exemplars"] if one["kind"] == kind]
        groups.append(details(f"{title}: {len(found)}", shelf.quotes(found)))
    shown = "".join(groups)
    return f'<div class="card"><h3>Passages chosen as examples</h3>{shown}</div>' if shown else ""


def phrases(profile: Mapping[str, Any], shelf: Shelf) -> Section:
    items = "".join(
        f'<li class="card"><h3>“{escape(phrase["phrase"])}”</h3>'
        f'<p class="small">{counted(phrase["count"], "time")} in {counted(phrase["n_sources"], "video")}, '
        f"{PLACES.get(phrase.get('place', ''), 'throughout')}</p>{details('Where', shelf.quotes(phrase['examples']))}</li>"
        for phrase in profile["catchphrases"]
    )
    lead = "Phrases that other speakers hardly use. Numbers in them stand for any number."
    return Section("phrases", "Said again and again", lead, f'<ul class="grid">{items}</ul>' if items else "")
