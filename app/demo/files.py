"""The files that lie beside the report."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from app.demo.section import Section

USES = {
    "docx": ("Word document", "to read and comment, with the sources as notes"),
    "md": ("Markdown", "to read and keep under version control"),
    "txt": ("Plain text", "only what is spoken"),
    "fountain": ("Fountain", "for screenwriting programs"),
    "srt": ("SubRip subtitles", "timed by the creator's pace"),
    "vtt": ("WebVTT subtitles", "timed by the creator's pace"),
    "teleprompter": ("Teleprompter", "opens in a browser and scrolls at the creator's pace"),
    "otio": ("OpenTimelineIO", "the sections as a timeline for an editing program"),
    "youtube": ("Upload form", "titles, description with sources, chapters, tags"),
    "json": ("JSON", "everything, for other programs"),
}


def files(found: Sequence[Mapping[str, Any]]) -> Section:
    order = list(USES)
    ordered = sorted(found, key=lambda one: order.index(one["format"]) if one["format"] in order else len(order))
    rows = "".join(_file(one) for one in ordered)
    lead = "The script as it goes on to others. They lie in the folder of this page."
    return Section("files", "The files", lead, f'<ul class="grid">{rows}</ul>' if rows else "")


def _file(one: Mapping[str, Any]) -> str:
    title, use = USES.get(one["format"], (one["format"], ""))
    size = f"{max(1, round(len(one['data']) / 1000)):,} kB"
    return (
        f'<li class="card"><h3><a href="{escape(quote(one["name"]))}">{escape(title)}</a></h3>'
        f'<p class="small">{escape(use)} · {size}<br>{escape(one["name"])}</p></li>'
    )
