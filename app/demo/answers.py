"""What was asked of the finished profile and of the sources: matches, searches, and the sources themselves."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.demo import charts
from app.demo.section import Section, details
from app.demo.wording import ROLES, VERDICTS, beginning, clock, counted, in_unit, place, plain, signal_name

MOST_ADVICE = 4
EXCERPT = 150
LEGS = {"keyword": "by words", "vector": "by vector"}


def matches(found: Sequence[Mapping[str, Any]], units: Mapping[str, str]) -> Section:
    """*units* gives the unit of each signal by its name."""
    cards = "".join(_match(index, match, units) for index, match in enumerate(found))
    lead = (
        "The fingerprint decides, by function words and word pairs against other speakers; the signals explain. "
        "50 is the middle of the creator's own texts. What it can't judge is declined rather than guessed."
    )
    return Section("match", "Is it the same voice?", lead, f'<ul class="grid">{cards}</ul>' if cards else "")


def _match(index: int, match: Mapping[str, Any], units: Mapping[str, str]) -> str:
    value = match["voice_match"]
    said = "no number" if value is None else f"{value} of 100"
    drawn = "" if value is None else charts.bar(f"match-{index}", "Voice match", said, 0, value)
    verdict = VERDICTS.get(match["verdict"], plain(match["verdict"]))
    advice = "".join(_advice(one, units.get(one["name"], "")) for one in match["dimensions"][:MOST_ADVICE])
    excerpt = beginning(match["excerpt"], EXCERPT)
    return (
        f'<li class="card"><h3>{escape(match["title"])}</h3><p class="small">{escape(ROLES.get(match["role"], plain(match["role"])))}</p>'
        f"<p class='big'>{said}</p>{drawn}<p><strong>{escape(verdict)}.</strong></p>"
        f'<figure class="quote"><blockquote>“{in_paragraphs(escape(excerpt))}” …</blockquote><figcaption>{escape(match["title"])}, '
        f"characters 0 to {len(excerpt)}</figcaption></figure>"
        f'<ul class="plain">{advice}</ul></li>'
    )


def _advice(dimension: Mapping[str, Any], unit: str) -> str:
    here, usual = in_unit(dimension["text_value"], unit), in_unit(dimension["profile_value"], unit)
    name = signal_name(dimension["name"])
    return f'<li>{escape(dimension["advice"])} <span class="small">{escape(f"{name}: {here} here, usually {usual}")}</span></li>'


def searches(found: Sequence[Mapping[str, Any]]) -> Section:
    cards = "".join(_search(search) for search in found)
    lead = "Each passage says where it stands, and which half of the search found it at which rank."
    return Section("search", "Asking the sources", lead, cards)


def _search(search: Mapping[str, Any]) -> str:
    """The first passage, and the others folded away."""
    passages = [_hit(hit) for hit in search["items"]]
    first = passages[0] if passages else "<p>Nothing found.</p>"
    more = details(counted(len(passages) - 1, "more passage", "more passages"), "".join(passages[1:]))
    return f'<article class="card"><h3>{escape(search["query"])}</h3>{first}{more}</article>'


def _hit(hit: Mapping[str, Any]) -> str:
    ranks = " and ".join(f"{LEGS.get(leg, leg)} (rank {rank})" for leg, rank in sorted(hit["why"]["ranks"].items()))
    where = f"{hit['source_title']} ({hit['role']}), {place(hit['page'], hit['start_seconds'], hit['span'])}"
    return (
        f'<figure class="quote"><blockquote>{in_paragraphs(marked(hit["text"], hit["highlights"]))}</blockquote>'
        f"<figcaption>{escape(where)}. Found {escape(ranks)}.</figcaption></figure>"
    )


def marked(text: str, highlights: Sequence[Mapping[str, int]], around: int = 170) -> str:
    """The text near its first highlights, cut between words, with the words marked."""
    first = highlights[0]["start"] if highlights else 0
    begin = max(0, first - around // 3)
    begin = text.find(" ", begin, first) + 1 or first if begin else 0
    end = min(len(text), first + 2 * around)
    if end < len(text):
        end = max(text.rfind(" ", first, end), first + 1)
    parts, at = ["… " if begin else ""], begin
    for span in highlights:
        if at <= span["start"] and span["end"] <= end:
            parts.append(escape(text[at : span["start"]]))
            parts.append(f"<mark>{escape(text[span['start'] : span['end']])}</mark>")
            at = span["end"]
    parts.append(escape(text[at:end]) + (" …" if end < len(text) else ""))
    return "".join(parts)


def in_paragraphs(html: str) -> str:
    """With a break where the text has an empty line, as a heading would run into what it stands over."""
    return re.sub(r"\s*\n\s*\n\s*", "<br>", html)


def sources(
    found: Sequence[Mapping[str, Any]], pictures: Mapping[str, str], left_out: Sequence[Mapping[str, Any]]
) -> Section:
    """*pictures* are data addresses by a source's id; others are not shown, as the page asks nobody for anything."""
    why = {one["source_id"]: one["reason"] for one in left_out}
    rows = "".join(_source(source, pictures.get(source["id"], ""), why.get(source["id"])) for source in found)
    lead = "Past videos (own) make the profile. References and stories are searched."
    return Section("sources", "The sources", lead, f'<ul class="lines card">{rows}</ul>' if rows else "")


def _source(source: Mapping[str, Any], picture: str, left_out: str | None) -> str:
    seconds = source["duration_seconds"]
    facts = [
        source["role"],
        plain(source.get("status") or "state unknown").lower(),
        counted(source["word_count"] or 0, "word"),
        counted(source["chunk_count"] or 0, "chunk"),
        f"{clock(seconds)} long" if seconds is not None else "no times",
        source["media_type"] or "",
    ]
    notes = [source.get("error"), f"Left out of the profile: {plain(left_out)}." if left_out else None]
    notes += [step if isinstance(step, str) else step.get("message") for step in source.get("next_steps") or ()]
    said = "".join(f"<p>{escape(str(note))}</p>" for note in notes if note)
    shown = f'<img src="{escape(picture)}" alt="A frame of the video">' if picture.startswith("data:image/") else ""
    return (
        f"<li>{shown}<strong>{escape(source['title'])}</strong>"
        f'<span class="small">{escape(" · ".join(filter(None, facts)))}</span>{said}</li>'
    )
