"""The picture of the voice: every signal among other speakers, and the curve of pace."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from statistics import median
from typing import Any

from app.demo import charts
from app.demo.section import Section, card, details
from app.demo.shelf import Shelf
from app.demo.wording import GROUPS, counted, in_unit, number, plain, signal_name, standing, unit_words
from app.shared.text import sentence_spans, words

MOST_SENTENCES = 120
MOST_STANDING_OUT = 6
FOR_MACHINES = {"letter_surprise"}
"""Signals that say nothing to a person who asks what stands out."""

KEY = '<p class="key small" aria-hidden="true"><span>least</span><span>middle half</span><span>most</span></p>'
"""Over the column of the marks; the lead says the same to those who don't see it."""


def voice(profile: Mapping[str, Any], shelf: Shelf) -> Section:
    measured = [signal for signal in profile["signals"] if signal["value"] is not None]
    groups = "".join(
        f"<h3>{escape(GROUPS.get(group, plain(group)))}</h3>{''.join(_row(signal, shelf) for signal in signals)}"
        for group, signals in groupby(measured, key=lambda signal: str(signal["group"]))
    )
    missing = "".join(
        f"<li>{escape(signal_name(signal['name']))}: {escape(signal.get('reason') or 'no reason given.')}</li>"
        for signal in profile["signals"]
        if signal["value"] is None
    )
    if missing:
        missing = f'<h3>Not measured</h3><ul class="plain">{missing}</ul>'
    lead = (
        "Each line is one signal. The mark says where it stands among other speakers, from the one with least of it (left) to "
        "the one with most (right). A ring lies in the middle half, which is shaded; a full dot lies outside. "
        "Below each value stands its 95 % interval over the videos. Open a line for its definition and for quotes."
    )
    inside = f'{_standing_out(measured)}<div class="voice">{KEY}{groups}{missing}</div>' if measured or missing else ""
    return Section("voice", "The voice among other speakers", lead, inside)


def furthest(signals: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The signals that lie furthest from other speakers, by standard deviations of theirs."""
    compared = [signal for signal in signals if signal.get("background") and signal["name"] not in FOR_MACHINES]
    return sorted(compared, key=lambda signal: -abs(signal["background"]["z"]))[:MOST_STANDING_OUT]


def _standing_out(signals: Sequence[Mapping[str, Any]]) -> str:
    items = "".join(
        f"<li><strong>{escape(signal_name(signal['name']))}</strong> {_value(signal)} "
        f"<span class='small'>median of the others: {escape(in_unit(signal['background']['median'], signal['unit']))}</span></li>"
        for signal in furthest(signals)
    )
    return (
        f'<div class="card"><h3>Furthest from other speakers</h3><ul class="columns">{items}</ul></div>'
        if items
        else ""
    )


def _value(signal: Mapping[str, Any]) -> str:
    return escape(f"{in_unit(signal['value'], signal['unit'])} {unit_words(signal['unit'])}".strip())


def _row(signal: Mapping[str, Any], shelf: Shelf) -> str:
    """The summary is a line of the picture, what unfolds is what carries it."""
    name = signal_name(signal["name"])
    unit = f' <span class="unit">{escape(words_)}</span>' if (words_ := unit_words(signal["unit"])) else ""
    return (
        f'<details class="row"><summary><span class="name">{escape(name)}</span>{_place(signal, name)}'
        f'<span class="value"><strong>{escape(in_unit(signal["value"], signal["unit"]))}</strong>{unit}'
        f'<span class="small">{_interval(signal)}</span></span></summary><div class="inside">{_carrying(signal, shelf)}</div></details>'
    )


def _interval(signal: Mapping[str, Any]) -> str:
    if signal["ci_low"] is None:
        return "no interval: one video"
    return escape(f"{in_unit(signal['ci_low'], signal['unit'])} to {in_unit(signal['ci_high'], signal['unit'])}")


def _place(signal: Mapping[str, Any], name: str) -> str:
    found = signal.get("background")
    if not found:
        return '<span class="place"><span class="small">not compared: no figures of other speakers</span></span>'
    usual = in_unit(found["median"], signal["unit"])
    said = f"{standing(found['percentile'])} speakers; their median is {usual}"
    if signal["value"] == found["median"]:
        said = f"at the median of the speakers, {usual}"
    description = f"Percentile {found['percentile']} on a scale from 0 to 100; the middle half lies between 25 and 75."
    drawn = charts.strip(f"at-{signal['name']}", f"{name}: {said}", description, found["percentile"])
    return f'<span class="place">{drawn}<span class="small">{escape(said)}</span></span>'


def _carrying(signal: Mapping[str, Any], shelf: Shelf) -> str:
    """Definition and reference, what it was measured on, what it is made of, and quotes."""
    on = f"{counted(signal['n_sources'], 'video')}, {counted(signal['n_words'], 'word')}"
    parts = ", ".join(f"“{part['name']}” {number(part['value'])}" for part in signal.get("parts") or ())
    made = f"<p>In 1,000 words: {escape(parts)}.</p>" if parts else ""
    return (
        f"<p>{escape(signal['definition'])}</p><p class='small'>{escape(signal['reference'])} Measured on {on}.</p>"
        f"{made}{shelf.quotes(signal['examples'])}"
    )


def pace(profile: Mapping[str, Any], shelf: Shelf, own: Sequence[str]) -> Section:
    """Over time and over sentences; *own* are the ids of the creator's videos."""
    inside = _curve(profile, shelf) + (_rhythm(shelf, own[0]) if own else "")
    lead = "How fast it goes from start to end, and how long and short sentences take turns."
    return Section("pace", "Pace and rhythm", lead, inside)


def _curve(profile: Mapping[str, Any], shelf: Shelf) -> str:
    signal = next((signal for signal in profile["signals"] if signal.get("curve")), None)
    if signal is None:
        return ""
    middle, sources = signal["curve"]["median"], signal["curve"]["sources"]
    others = [source["points"] for source in sources]
    told = [value for value in middle if value is not None]
    if not told:
        return ""
    caption = (
        f"Words a minute (up) in each tenth of a video (across, from start to end). Bold: the median of "
        f"{counted(len(sources), 'timed video')}; thin: each of them. The axis does not begin at 0."
    )
    description = f"The median goes from {number(told[0])} at the start to {number(told[-1])} at the end, between {number(min(told))} and {number(max(told))}."
    drawn = charts.curve("pace-curve", "Words a minute through a video", description, middle, others)
    return card("Pace through a video", drawn, caption, _table(middle, sources, shelf))


def _table(middle: Sequence[float | None], sources: Sequence[Mapping[str, Any]], shelf: Shelf) -> str:
    """The figures behind the curve, for those who can't see it."""
    rows = []
    for index, value in enumerate(middle):
        known = [source["points"][index] for source in sources if source["points"][index] is not None]
        ends = (number(min(known)), number(max(known))) if known else ("–", "–")
        cells = "".join(f"<td>{cell}</td>" for cell in ("–" if value is None else number(value), *ends))
        rows.append(f"<tr><th scope='row'>{index + 1}</th>{cells}</tr>")
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("Tenth", "Median", "Slowest", "Fastest"))
    titles = "; ".join(shelf.titles.get(source["source_id"], "A source") for source in sources)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return details("The same in figures", f"{table}<p class='small'>Measured on {escape(titles)}.</p>")


def _rhythm(shelf: Shelf, source_id: str) -> str:
    text = shelf.texts.get(source_id, "")
    lengths = [count for span in sentence_spans(text) if (count := len(words(span.of(text))))][:MOST_SENTENCES]
    if not lengths:
        return ""
    title = shelf.titles.get(source_id, "A source")
    description = f"From {min(lengths)} to {max(lengths)} words, median {number(median(lengths))}."
    drawn = charts.rhythm("rhythm", f"Words in each sentence of {title}", description, lengths)
    caption = f"Words in each of the first {len(lengths)} sentences of “{title}”. {description}"
    return card("Sentence by sentence", drawn, caption)
