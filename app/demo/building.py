"""How the videos are built: openings, beats, and where something is asked for."""

from collections.abc import Mapping
from html import escape
from typing import Any

from app.demo import charts
from app.demo.section import Section, details
from app.demo.shelf import Shelf
from app.demo.wording import BEATS, counted, number, percent, plain


def building(structure: Mapping[str, Any] | None, shelf: Shelf) -> Section:
    found = structure or {}
    inside = (
        _hooks(found.get("hooks") or {}, shelf)
        + _beats(found.get("outline") or {})
        + _calls(found.get("calls_to_action") or {}, shelf)
    )
    lead = "The kinds of openings, the order of the parts, and the places where viewers are asked for something."
    return Section("building", "How the videos are built", lead, inside)


def _hooks(hooks: Mapping[str, Any], shelf: Shelf) -> str:
    rows = []
    types = hooks.get("types") or []
    for hook in sorted(types, key=lambda one: -one["count"]):
        sure = _sure(hook["sure"], hook["count"])
        said = f"{percent(hook['share'])}, {hook['count']} of {hooks['n_sources']} videos; {sure}"
        key = f"hook-{hook['type']}".replace("_", "-")
        drawn = charts.bar(key, f"Openings of this type: {percent(hook['share'])}", said, 0, 100 * hook["share"])
        quote = shelf.quote(hook["example"]) if hook["example"] else ""
        rows.append(
            f'<li><div class="line"><span class="name">{escape(plain(hook["type"]))}</span>{drawn}'
            f'<span class="small">{escape(said)}</span></div>{quote}</li>'
        )
    note = "Clear-cut: of openings that are as clear, eight or more in ten are told rightly. One example for each type."
    return _list("Openings", note, rows)


def _sure(sure: int, count: int) -> str:
    if sure == count:
        return "clear-cut"
    return f"clear-cut in {sure} of {count}" if sure else "not clear-cut"


def _beats(outline: Mapping[str, Any]) -> str:
    rows = []
    for beat in sorted(outline.get("beats") or [], key=lambda one: one["start_percent"]):
        start, length = beat["start_percent"], beat["length_percent"]
        name = BEATS.get(beat["beat"], plain(beat["beat"]))
        often = f", {number(beat['per_source'])} a video" if beat["per_source"] > 1 else ""
        said = f"from {number(start)}%, {number(length)}% long; in {percent(beat['share'])} of videos{often}"
        drawn = charts.bar(f"beat-{beat['beat']}", name, said, start, length)
        rows.append(
            f'<li><div class="line"><span class="name">{escape(name)}</span>{drawn}<span class="small">{escape(said)}</span></div></li>'
        )
    note = (
        "Each band is the whole video from start to end. Starts and lengths are medians over the videos that have the "
        "part; a part that comes more than once is drawn from its first start with its lengths joined."
    )
    return _list("Parts, in their order", note, rows)


def _list(title: str, note: str, rows: list[str]) -> str:
    if not rows:
        return ""
    return f'<div class="card"><h3>{title}</h3><p class="small">{note}</p><ul class="lines">{"".join(rows)}</ul></div>'


def _calls(calls: Mapping[str, Any], shelf: Shelf) -> str:
    histogram = calls.get("histogram") or []
    if not any(histogram):
        return ""
    kinds = sorted(calls["kinds"].items(), key=lambda kind: -kind[1])
    said = ", ".join(f"{plain(kind).lower()} {count}" for kind, count in kinds)
    where = f"In {calls['sources_with']} of {calls['n_sources']} videos; by what is asked: {said}."
    counts = ", ".join(str(count) for count in histogram)
    description = f"Counts in each tenth of the length, from start to end: {counts}."
    title = counted(sum(histogram), "call") + " to action by their place"
    drawn = charts.columns("calls-place", title, description, histogram)
    return (
        f'<div class="card"><h3>Calls to action</h3><p class="small">{escape(where)} How many in each tenth of the length:</p>'
        f"{drawn}{details('In the words of the videos', shelf.quotes(calls['examples']))}</div>"
    )
