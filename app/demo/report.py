"""The demo's page: one file that opens anywhere, asks nobody for anything, and shows what carries each statement."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from app.demo.answers import matches, searches, sources
from app.demo.brief import brief
from app.demo.building import building
from app.demo.changes import changes
from app.demo.checking import checking
from app.demo.files import files
from app.demo.manuscript import manuscript
from app.demo.options import options
from app.demo.proof import proof
from app.demo.sayings import phrases, traits
from app.demo.section import Section
from app.demo.shelf import Shelf
from app.demo.talk import talk
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
        f"<title>{escape(found['channel'])}: from past videos to a script</title><style>{style}</style></head><body>"
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
        talk(found.get("chat") or (), shelf),
        brief(found.get("research"), found.get("beyond"), shelf),
        options(found.get("structures") or (), found.get("frameworks") or {}, shelf),
        manuscript(found.get("script"), found.get("versions") or (), shelf),
        changes(found.get("diff")),
        checking(found.get("safety"), found.get("safety_again"), found.get("checked"), shelf),
        files(found.get("files") or ()),
        sources(found["sources"], found.get("pictures") or {}, profile["corpus"].get("left_out") or ()),
    ]


def _header(found: Mapping[str, Any], parts: Sequence[Section]) -> str:
    profile, quotes = found["profile"], found["quotes"]
    corpus = profile["corpus"]
    speed = next((s["value"] for s in profile["signals"] if s["name"] == "words_per_minute"), None)
    tiles = [
        (profile["grade"], "grade: how much there was to measure"),
        (f"{corpus['words']:,}", f"words of the creator's own, in {counted(corpus['sources'], 'video')}"),
        (number(speed) if speed is not None else "–", "words a minute"),
        *_made(found),
        (f"{quotes['standing']:,}", f"of {quotes['total']:,} quotes stand letter for letter"),
    ]
    shown = "".join(
        f'<li class="card"><strong class="big">{escape(value)}</strong><span class="small">{escape(label)}</span></li>'
        for value, label in tiles
    )
    return (
        f'<header><p class="kicker">Strand · from past videos to a script</p><h1>{escape(found["channel"])}</h1>'
        f'<p class="lead">How {escape(found["creator"])} speaks, measured from {counted(corpus["sources"], "past video")}, '
        f"what the sources say on “{escape(found['project']['title'])}”, and the script that came of it. "
        "Every quote stands in its source.</p>"
        f'<ul class="tiles">{shown}</ul>{_next_grade(corpus)}'
        f'<nav aria-label="Sections"><ul>{"".join(part.link() for part in parts)}</ul></nav></header>'
    )


def _made(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What came of the journey, as far as it went."""
    if research := found.get("research"):
        yield str(len(research["claims"])), f"claims, {counted(len(research['contradictions']), 'contradiction')}"
    if check := found.get("safety_again") or found.get("safety"):
        open_ = sum(one["status"] == "open" for one in check["findings"])
        yield check["verdict"], f"verdict of the safety check, {open_} to look at"


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
