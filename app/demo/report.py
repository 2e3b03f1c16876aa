"""The demo's page: one file that opens anywhere, asks nobody for anything, and shows what carries each statement."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from app.demo.answers import matches, searches, sources
from app.demo.building import building
from app.demo.proof import proof
from app.demo.sayings import phrases, traits
from app.demo.section import Section
from app.demo.shelf import Shelf
from app.demo.voice import pace, voice
from app.demo.wording import counted, number

STYLE = Path(__file__).parent / "report.css"


def render(found: Mapping[str, Any]) -> str:
    """The whole page as HTML; a part that has nothing to show is left out."""
    parts = [part for part in _sections(found) if part.inside]
    style = STYLE.read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(found['channel'])}: the voice, measured</title><style>{style}</style></head><body>"
        f"{_header(found, parts)}<main>{''.join(part.html() for part in parts)}</main>{_footer(found)}</body></html>"
    )


def _sections(found: Mapping[str, Any]) -> list[Section]:
    profile = found["profile"]
    shelf = Shelf({source["id"]: source["title"] for source in found["sources"]}, found["texts"])
    own = [source["id"] for source in found["sources"] if source["role"] == "own"]
    units = {signal["name"]: signal["unit"] for signal in profile["signals"]}
    return [
        voice(profile, shelf),
        pace(profile, shelf, own),
        building(profile.get("structure"), shelf),
        traits(profile, shelf),
        phrases(profile, shelf),
        proof(profile.get("proof"), shelf),
        matches(found["matches"], units),
        searches(found["searches"]),
        sources(found["sources"], found.get("pictures") or {}, profile["corpus"].get("left_out") or ()),
    ]


def _header(found: Mapping[str, Any], parts: Sequence[Section]) -> str:
    profile, quotes = found["profile"], found["quotes"]
    corpus = profile["corpus"]
    speed = next((s["value"] for s in profile["signals"] if s["name"] == "words_per_minute"), None)
    tiles = [
        (profile["grade"], "grade: how much there was to measure"),
        (str(corpus["sources"]), "videos"),
        (f"{corpus['words']:,}", "words of the creator's own"),
        (number(speed) if speed is not None else "–", "words a minute"),
        (f"{quotes['standing']} of {quotes['total']}", "quotes stand letter for letter"),
    ]
    shown = "".join(
        f'<li class="card"><strong class="big">{escape(value)}</strong><span class="small">{escape(label)}</span></li>'
        for value, label in tiles
    )
    return (
        f'<header><p class="kicker">Strand · voice report</p><h1>{escape(found["channel"])}</h1>'
        f'<p class="lead">How {escape(found["creator"])} speaks, measured from {counted(corpus["sources"], "past video")}, '
        f"and what the sources say on “{escape(found['project']['title'])}”. Every quote stands in its source.</p>"
        f'<ul class="tiles">{shown}</ul>{_next_grade(corpus)}'
        f'<nav aria-label="Sections"><ul>{"".join(part.link() for part in parts)}</ul></nav></header>'
    )


def _next_grade(corpus: Mapping[str, Any]) -> str:
    above = corpus.get("next_grade")
    if not above:
        return ""
    return f'<p class="small">Grade {escape(above["grade"])} takes {escape(" and ".join(above["missing"]))}.</p>'


def _footer(found: Mapping[str, Any]) -> str:
    return (
        f"<footer><p>Engine: {escape(found['profile']['engine'])}. The channel, its creator and the documents are invented, "
        "written for Strand's samples; two of the references contradict each other on purpose.</p></footer>"
    )
