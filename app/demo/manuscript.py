"""The script as a page: what it cites to hover over, what nothing carries marked, what is the creator's to write kept open."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import count
from typing import Any

from app.demo import charts
from app.demo.section import Section, chip, details
from app.demo.shelf import Shelf
from app.demo.wording import clock, counted, number
from app.features.scripts.speech import placeholders

ORIGINS = {
    "generated": "assembled by Strand",
    "edited": "edited by the creator",
    "revised": "revised",
    "restored": "restored",
}
Piece = tuple[int, int, Callable[[str], str]]
"""From, to, and how what stands there is shown: it takes and gives HTML."""


def manuscript(script: Mapping[str, Any] | None, versions: Sequence[Mapping[str, Any]], shelf: Shelf) -> Section:
    version = (script or {}).get("version")
    if not script or not version:
        return Section("script", "The script", "", "")
    sections = "".join(_section(section, shelf) for section in version["sections"])
    measured = "the creator's measured pace" if version["pace_measured"] else "a usual pace"
    lead = (
        f"Version {version['number']}: {version['word_count']:,} words, {clock(version['estimated_seconds'])} at "
        f"{measured} of {number(version['words_per_minute'])} words a minute, for {number(script['target_minutes'])} minutes."
    )
    return Section("script", "The script", lead, _key() + _history(versions) + sections)


def _key() -> str:
    return (
        '<p class="small">Hover over <span class="cited">what is cited</span>, or tap it, to see the words of its source. '
        '<span class="unsupported">Underlined in waves</span> is what states a fact that no source carries. '
        'A <span class="open">dashed line</span> is kept for the creator’s own words: without a model Strand writes none '
        "in their name.</p>"
    )


def _history(versions: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<li><strong>{one['number']}</strong> {escape(ORIGINS.get(one['origin'], one['origin']))}{_asked(one)}</li>"
        for one in versions
    )
    return f'<ul class="steps small">{rows}</ul>' if rows else ""


def _asked(version: Mapping[str, Any]) -> str:
    return f": “{escape(version['instruction'])}”" if version["instruction"] else ""


def _section(section: Mapping[str, Any], shelf: Shelf) -> str:
    key, voice = section["id"], section["voice_match"]
    if voice is None:
        heard = '<span class="small">voice: nothing of it to measure</span>'
    else:
        said = f"voice match {number(voice)} of 100"
        heard = f'<span class="small">{said}</span>{charts.bar(f"voice-{key}", "Voice match", said, 0, voice)}'
    facts = [
        clock(section["estimated_seconds"]),
        counted(len(section["citations"]), "citation") if section["citations"] else "",
        f"{len(section['unsupported'])} without a source" if section["unsupported"] else "",
    ]
    beside = "".join(
        f"<p><strong>{title}</strong><br>{escape(section[name]).replace(chr(10), '<br>')}</p>"
        for name, title in (("on_screen_text", "On the screen"), ("visuals", "To show"))
        if section[name]
    )
    return (
        f'<article class="card part"><div class="head"><div><h3>{escape(section["title"])}</h3>'
        f'<p class="small">{escape(" · ".join(filter(None, facts)))}</p></div><div class="heard">{heard}</div></div>'
        f"{narration(section, shelf)}{details('Screen and pictures', beside)}</article>"
    )


def narration(section: Mapping[str, Any], shelf: Shelf) -> str:
    """Its paragraphs with their marks; each note follows its paragraph's words, and is shown when they are asked for."""
    text, pieces = section["narration"], _pieces(section, shelf)
    shown, at = [], 0
    for part in text.split("\n\n"):
        end = at + len(part)
        inside = [
            (max(start, at) - at, min(stop, end) - at, show)
            for start, stop, show in pieces
            if start < end and at < stop
        ]
        if part.strip():
            shown.append(f"<p>{woven(part, inside)}</p>")
        at = end + 2
    return "".join(shown)


def _pieces(section: Mapping[str, Any], shelf: Shelf) -> list[Piece]:
    quoted: dict[tuple[int, int], list[str]] = {}
    for one in section["citations"]:
        place = (one["narration_span"]["start"], one["narration_span"]["end"])
        if shelf.holds({**one, "span": one["source_span"]}):
            quoted.setdefault(place, []).append(shelf.noted(one, one["source_span"]))
    counter = count(1)
    pieces: list[Piece] = [
        (*place, with_note(f"note-{section['id']}", counter, notes)) for place, notes in quoted.items()
    ]
    pieces += [(one["start"], one["end"], _unsupported) for one in section["unsupported"]]
    pieces += [(one.span.start, one.span.end, _open(one.text, one.words)) for one in placeholders(section["narration"])]
    return pieces


def with_note(key: str, counter: Iterator[int], notes: Sequence[str]) -> Callable[[str], str]:
    """Words that show what carries them to whoever asks; each showing gets an id of its own."""

    def show(inside: str) -> str:
        name = f"{key}-{next(counter)}"
        return (
            f'<span class="cited" tabindex="0" aria-describedby="{name}">{inside}</span>'
            f'<span class="note" id="{name}" role="note">{"".join(notes)}</span>'
        )

    return show


def _unsupported(inside: str) -> str:
    return f'<span class="unsupported">{inside}</span> {chip("no source", "warn")}'


def _open(asked: str, words: int) -> Callable[[str], str]:
    about = f", about {counted(words, 'word')}" if words else ""
    return lambda _: f'<span class="open">Your words{about}: {escape(asked)}</span>'


def woven(text: str, pieces: Sequence[Piece]) -> str:
    """The text as HTML with its pieces shown; of two that overlap the first."""
    shown, at = [], 0
    for start, end, show in sorted(pieces, key=lambda piece: (piece[0], -piece[1])):
        if start < at or end <= start:
            continue
        shown += [escape(text[at:start]), show(escape(text[start:end]))]
        at = end
    return "".join([*shown, escape(text[at:])])
