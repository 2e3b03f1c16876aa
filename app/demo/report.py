"""The demo's page: one file that opens anywhere, asks nobody for anything, and shows what carries each statement."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from app.shared.text import sentence_spans, words

STYLE = Path(__file__).parent / "report.css"
GROUPS = {
    "pace": "Pace",
    "rhythm": "Rhythm",
    "address": "How viewers are addressed",
    "words": "Choice of words",
    "content": "What it is made of",
}
ROLES = {
    "own": "one of the videos that it was built from",
    "reference": "a document about the topic",
    "story": "a story that was not in it",
}
SECTIONS = {
    "voice": "The voice, measured",
    "traits": "What can be said about it",
    "phrases": "Said again and again",
    "match": "Is it the same voice?",
    "search": "Asking the sources",
    "sources": "What it was built from",
}


def render(found: Mapping[str, Any]) -> str:
    """The whole page as HTML."""
    titles = {source["id"]: source["title"] for source in found["sources"]}
    body = "".join(
        (
            _header(found),
            "<main>",
            _voice(found["profile"], found["texts"], titles, found["sources"]),
            _traits(found["profile"], titles),
            _phrases(found["profile"]),
            _matches(found["matches"]),
            _searches(found["searches"]),
            _sources(found["sources"]),
            "</main>",
            _footer(found),
        )
    )
    style = STYLE.read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(found['channel'])}: the voice, measured</title><style>{style}</style></head><body>{body}</body></html>"
    )


def _header(found: Mapping[str, Any]) -> str:
    profile, quotes = found["profile"], found["quotes"]
    corpus = profile["corpus"]
    pace = next((s["value"] for s in profile["signals"] if s["name"] == "words_per_minute"), None)
    tiles = [
        (profile["grade"], "grade, by sufficiency of the material"),
        (str(corpus["sources"]), "videos"),
        (f"{corpus['words']:,}", "words of the creator's own"),
        (f"{pace:.0f}" if pace else "–", "words a minute"),
        (f"{quotes['standing']} / {quotes['total']}", "quotes that stand letter for letter"),
    ]
    links = "".join(f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title in SECTIONS.items())
    return (
        f'<header><p class="kicker">Strand · voice report</p><h1>{escape(found["channel"])}</h1>'
        f'<p class="lead">How {escape(found["creator"])} speaks, measured from {corpus["sources"]} past videos, and what the '
        f"sources say on “{escape(found['project']['title'])}”. Every statement carries the words that it rests on.</p>"
        f'<ul class="tiles">{"".join(_tile(*tile) for tile in tiles)}</ul>'
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
    )


def _tile(value: str, label: str) -> str:
    return f'<li class="tile"><strong>{escape(value)}</strong><span>{escape(label)}</span></li>'


def _section(key: str, lead: str, inside: str) -> str:
    return f'<section id="{key}"><h2>{escape(SECTIONS[key])}</h2><p class="lead">{escape(lead)}</p>{inside}</section>'


def _voice(
    profile: Mapping[str, Any],
    texts: Mapping[str, str],
    titles: Mapping[str, str],
    sources: Sequence[Mapping[str, Any]],
) -> str:
    own = next((source for source in sources if source["role"] == "own"), None)
    parts = [_rhythm(texts[own["id"]], own["title"])] if own else []
    measured = [signal for signal in profile["signals"] if signal["value"] is not None]
    for group, signals in groupby(measured, key=lambda signal: signal["group"]):
        cards = "".join(_signal(signal, titles) for signal in signals)
        parts.append(f'<h3 class="kicker">{escape(GROUPS.get(group, group))}</h3><ul class="grid">{cards}</ul>')
    lead = "The dot is the value over all videos; the bar is its 95 % interval, drawn again and again from the videos."
    return _section("voice", lead, "".join(parts))


def _rhythm(text: str, title: str) -> str:
    lengths = [len(words(span.of(text))) for span in sentence_spans(text)][:120]
    width, tallest = 720, max(lengths, default=1)
    step = width / max(1, len(lengths))
    bars = "".join(
        f'<rect x="{i * step:.1f}" y="{90 - 84 * n / tallest:.1f}" width="{max(1.0, step - 1.4):.1f}" '
        f'height="{84 * n / tallest:.1f}" rx="1" fill="var(--accent)" opacity="{0.45 + 0.55 * n / tallest:.2f}"/>'
        for i, n in enumerate(lengths)
    )
    label = f"Words per sentence through the first {len(lengths)} sentences of {title}, from 1 to {tallest}"
    return (
        f'<figure class="card" style="margin:1rem 0"><svg viewBox="0 0 {width} 92" role="img" aria-label="{escape(label)}">{bars}'
        f"</svg><figcaption>{escape(label)}.</figcaption></figure>"
    )


def _signal(signal: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    share = signal["unit"] == "share"
    value = f"{signal['value']:.0%}" if share else f"{signal['value']:.3g}"
    unit = "" if share else f' <span class="unit">{escape(signal["unit"])}</span>'
    quotes = "".join(_quote(quote, titles) for quote in signal["examples"])
    details = f"<details><summary>{len(signal['examples'])} examples</summary>{quotes}</details>" if quotes else ""
    return (
        f'<li class="card"><div class="signal"><h3>{escape(_plain(signal["name"]))}</h3><strong>{value}{unit}</strong></div>'
        f'{_interval(signal)}<p class="where">{escape(signal["definition"])} {signal["n_sources"]} videos.</p>{details}</li>'
    )


def _interval(signal: Mapping[str, Any]) -> str:
    low, value, high = signal["ci_low"], signal["value"], signal["ci_high"]
    if low is None:
        return ""
    share = signal["unit"] == "share"
    pad = max(high - low, abs(value) * 0.05, 1e-9)
    start, end = low - pad, high + pad

    def x(number: float) -> float:
        return float(4 + 232 * (number - start) / (end - start))

    label = f"{_short(value, share)}, 95 % interval from {_short(low, share)} to {_short(high, share)}"
    return (
        f'<svg viewBox="0 0 240 26" role="img" aria-label="{escape(label)}">'
        '<line x1="4" x2="236" y1="9" y2="9" stroke="var(--line)" stroke-width="2"/>'
        f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="9" y2="9" stroke="var(--accent)" stroke-width="6" stroke-linecap="round" opacity=".45"/>'
        f'<circle cx="{x(value):.1f}" cy="9" r="5.5" fill="var(--accent)"/>'
        f'<text x="{x(low):.1f}" y="24" font-size="9" fill="var(--soft)" text-anchor="middle">{_short(low, share)}</text>'
        f'<text x="{x(high):.1f}" y="24" font-size="9" fill="var(--soft)" text-anchor="middle">{_short(high, share)}</text></svg>'
    )


def _short(number: float, share: bool) -> str:
    return f"{number:.1%}" if share else f"{number:.3g}"


def _quote(quote: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    seconds = quote.get("start_seconds")
    at = f" at {int(seconds // 60)}:{int(seconds % 60):02d}" if seconds is not None else ""
    place = f"{titles.get(quote['source_id'], '')}{at}, characters {quote['span']['start']} to {quote['span']['end']}"
    return f'<blockquote><p>“{escape(quote["quote"])}”</p><p class="where">{escape(place)}</p></blockquote>'


def _traits(profile: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    cards = "".join(
        f'<li class="card"><h3>{escape(trait["name"])}</h3><p>{escape(trait["description"])}</p>'
        f"{''.join(_quote(quote, titles) for quote in trait['evidence'][:2])}</li>"
        for trait in profile["traits"]
    )
    hooks = [exemplar for exemplar in profile["exemplars"] if exemplar["kind"] == "hook"]
    opened = "".join(
        f'<li class="card"><h3>Opening: {escape(_plain(hook["type"] or "hook").lower())}</h3>{_quote(hook["evidence"], titles)}</li>'
        for hook in hooks
    )
    rejected = len(profile["rejected"])
    lead = (
        f"Written by the {profile['engine']} engine, kept only where two or more quotes stand. Discarded: {rejected}."
    )
    return _section(
        "traits", lead, f'<ul class="grid">{cards}</ul><h3 class="kicker">Openings</h3><ul class="grid">{opened}</ul>'
    )


def _phrases(profile: Mapping[str, Any]) -> str:
    chips = "".join(
        f"<li>“{escape(phrase['phrase'])}” <span class='unit'>{phrase['count']} times in {phrase['n_sources']} videos, "
        f"mostly {_when(phrase['position'])}</span></li>"
        for phrase in profile["catchphrases"]
    )
    lead = "Phrases that other speakers hardly use, by weighted log-odds."
    return _section("phrases", lead, f'<ul class="chips">{chips}</ul>')


def _when(position: float) -> str:
    return "early on" if position < 0.25 else "in the first half" if position < 0.5 else "in the second half" if position < 0.85 else "at the end"  # fmt: skip


def _matches(matches: Sequence[Mapping[str, Any]]) -> str:
    cards = []
    for match in matches:
        number = match["voice_match"]
        bar = number or 0
        said = "declined" if number is None else f"{number} of 100"
        rows = "".join(
            f"<tr><td>{escape(_plain(d['name']))}</td><td class='number'>{d['text_value']:g}</td>"
            f"<td class='number'>{d['profile_value']:g}</td></tr>"
            for d in match["dimensions"][:4]
        )
        advice = "".join(f"<li>{escape(d['advice'])}</li>" for d in match["dimensions"][:3])
        cards.append(
            f'<li class="card"><div class="signal"><h3>{escape(match["title"])}</h3><strong>{said}</strong></div>'
            f'<svg viewBox="0 0 240 14" role="img" aria-label="Voice match: {said}">'
            '<rect x="0" y="3" width="240" height="8" rx="4" fill="var(--line)"/>'
            f'<rect x="0" y="3" width="{2.4 * bar:.0f}" height="8" rx="4" fill="var(--accent)"/></svg>'
            f'<p class="verdict">{escape(_plain(match["verdict"]))} <span class="unit">{ROLES[match["role"]]}</span></p><p class="where">“{escape(match["excerpt"][:150])} …”</p>'
            f'<table><thead><tr><th>Signal</th><th class="number">here</th><th class="number">yours</th></tr></thead>'
            f"<tbody>{rows}</tbody></table><ul>{advice}</ul></li>"
        )
    lead = (
        "The fingerprint decides, by function words and word pairs against other speakers; the signals explain. "
        "A register that it doesn't know is refused rather than guessed."
    )
    return _section("match", lead, f'<ul class="grid">{"".join(cards)}</ul>')


def _searches(searches: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for search in searches:
        hits = "".join(_hit(hit) for hit in search["items"])
        parts.append(f'<article class="card" style="margin:.9rem 0"><h3>{escape(search["query"])}</h3>{hits}</article>')
    lead = "Keyword and vector search together; each hit says which of them found it, and at which rank."
    return _section("search", lead, "".join(parts))


def _hit(hit: Mapping[str, Any]) -> str:
    ranks = "".join(
        f'<span class="badge">{escape(leg)} #{rank}</span>' for leg, rank in sorted(hit["why"]["ranks"].items())
    )
    return (
        f'<div class="hit"><p>{_marked(hit["text"], hit["highlights"])}</p><p class="why">{ranks} {escape(hit["source_title"])} '
        f"({escape(hit['role'])}), characters {hit['span']['start']} to {hit['span']['end']}</p></div>"
    )


def _marked(text: str, highlights: Sequence[Mapping[str, int]], around: int = 170) -> str:
    """The text near its first highlights, with the words marked."""
    first = highlights[0]["start"] if highlights else 0
    begin = max(0, first - around // 3)
    begin = text.find(" ", begin) + 1 if begin else 0
    end = min(len(text), first + 2 * around)
    parts, place = ["… " if begin else ""], begin
    for span in highlights:
        if begin <= span["start"] and span["end"] <= end:
            parts.append(escape(text[place : span["start"]]))
            parts.append(f"<mark>{escape(text[span['start'] : span['end']])}</mark>")
            place = span["end"]
    parts.append(escape(text[place:end]) + (" …" if end < len(text) else ""))
    return "".join(parts)


def _sources(sources: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(source['title'])}</td><td>{escape(source['role'])}</td><td>{escape(source['media_type'] or '')}</td>"
        f"<td class='number'>{source['word_count']:,}</td><td class='number'>{source['chunk_count']}</td>"
        f"<td class='number'>{_length(source['duration_seconds'])}</td></tr>"
        for source in sources
    )
    head = '<th>Title</th><th>Role</th><th>Format</th><th class="number">Words</th><th class="number">Chunks</th><th class="number">Length</th>'
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    return _section("sources", "Past videos feed the voice; references and stories are searched.", table)


def _length(seconds: float | None) -> str:
    return "–" if seconds is None else f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _footer(found: Mapping[str, Any]) -> str:
    profile = found["profile"]
    return (
        f"<footer><p>Engine: {escape(profile['engine'])}. The channel, its creator and the documents are invented, written for "
        "Strand's samples; two of the references contradict each other on purpose.</p></footer>"
    )


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
