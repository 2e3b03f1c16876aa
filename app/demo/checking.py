"""The safety check: each finding beside the passage that it is about, and what became of it."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from app.demo.manuscript import woven
from app.demo.section import Section, chip, details
from app.demo.shelf import Shelf
from app.demo.wording import counted, plain

SEVERITIES = ("critical", "high", "medium", "low", "info")
VERDICTS = {"clear": "clear", "limited": "limited advertising", "blocked": "no advertising"}
LEVELS = {"full": "full", "limited": "limited", "none": "none"}
ASSESSED = {"full": "all detectors ran", "partly": "a model would see more", "none": "nothing could look"}
CLAIMS = {"supported": "carried by a source", "contradicted": "against a source", "not_found": "in no source"}
FIELDS = {"narration": "spoken", "on_screen_text": "on the screen", "visuals": "to show", "title": "the title"}
AROUND = 160


def checking(
    check: Mapping[str, Any] | None,
    again: Mapping[str, Any] | None,
    version: Mapping[str, Any] | None,
    shelf: Shelf,
) -> Section:
    """*version* is the one that was checked; *again* the check of the version that came of it."""
    if not check or not version:
        return Section("safety", "Is it safe to publish?", "", "")
    sections = {section["id"]: section for section in version["sections"]}
    passages = "".join(
        _passage(list(group), again, sections, shelf) for _, group in groupby(_sorted(check["findings"]), key=_where)
    )
    shown = f'<ul class="lines card">{passages}</ul>' if passages else "<p>Nothing was found.</p>"
    lead = (
        f"Version {check['version']} held against {counted(len(check['packs']), 'policy pack')}, the sources, and the "
        f"creator's earlier work. {counted(len(check['findings']), 'finding')}, each beside its passage."
    )
    inside = (
        f"{_verdicts(check, again)}{shown}{_ratings(again or check)}{_claims(again or check, shelf)}{_skipped(check)}"
    )
    return Section("safety", "Is it safe to publish?", lead, inside)


def _verdicts(check: Mapping[str, Any], again: Mapping[str, Any] | None) -> str:
    told = "".join(
        f'<li class="card"><strong class="big">{escape(plain(VERDICTS.get(one["verdict"], one["verdict"])))}</strong>'
        f'<span class="small">version {one["version"]}: {_open(one)}</span></li>'
        for one in (check, again)
        if one
    )
    return f'<ul class="tiles">{told}</ul>'


def _open(check: Mapping[str, Any]) -> str:
    count = sum(one["status"] == "open" for one in check["findings"])
    return f"{counted(count, 'open finding')}, {len(check['findings']) - count} resolved"


def _sorted(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Passage by passage, the one with the gravest finding first."""
    gravest: dict[tuple[str, ...], int] = {}
    for one in findings:
        gravest[_where(one)] = min(gravest.get(_where(one), 9), SEVERITIES.index(one["severity"]))
    return sorted(findings, key=lambda one: (gravest[_where(one)], _where(one), SEVERITIES.index(one["severity"])))


def _where(one: Mapping[str, Any]) -> tuple[str, ...]:
    span = one["span"] or {"start": 0, "end": 0}
    return (one["section_id"] or "", one["field"] or "", f"{span['start']:09}", one["quote"] or one["id"])


def _passage(
    findings: Sequence[Mapping[str, Any]],
    again: Mapping[str, Any] | None,
    sections: Mapping[str, Mapping[str, Any]],
    shelf: Shelf,
) -> str:
    said = "".join(_finding(one, again, shelf) for one in findings)
    return f'<li class="two"><div>{_place(findings[0], sections)}</div><div>{said}</div></li>'


def _place(one: Mapping[str, Any], sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Where it stands; of something absent, the passages that ask for it."""
    places = [one] if one["quote"] else [mention for mention in one["evidence"] if "section_id" in mention]
    shown = "".join(_marked(place, sections) for place in places)
    return shown or "<p>Nothing in the script.</p>"


def _marked(place: Mapping[str, Any], sections: Mapping[str, Mapping[str, Any]]) -> str:
    section = sections.get(place["section_id"] or "")
    if section is None or place["field"] not in section:
        return f"<blockquote><mark>{escape(place['quote'])}</mark></blockquote>"
    text, span = section[place["field"]], place["span"]
    begin, end = _window(text, span["start"], span["end"])
    piece = (span["start"] - begin, span["end"] - begin, lambda inside: f"<mark>{inside}</mark>")
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    caption = f"{section['title']}, {FIELDS.get(place['field'], plain(place['field']))}"
    return (
        f'<figure class="passage"><blockquote>{before}{woven(text[begin:end], [piece])}{after}</blockquote>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """The passage with what stands around it in its paragraph, cut between words."""
    begin = max(text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0, start - AROUND)
    stop = text.find("\n\n", end)
    stop = min(stop if stop >= 0 else len(text), end + AROUND)
    if begin and text[begin - 1] not in " \n":
        begin = text.find(" ", begin, start) + 1 or start
    if stop < len(text) and text[stop] not in " \n":
        stop = max(text.rfind(" ", end, stop), end)
    return begin, stop


def _finding(one: Mapping[str, Any], again: Mapping[str, Any] | None, shelf: Shelf) -> str:
    kind = "warn" if one["severity"] in {"critical", "high"} else ""
    suggestion = f"<p>Say instead: “{escape(one['suggestion'])}”</p>" if one["suggestion"] else ""
    if one["suggestion"] and not one["quote"]:
        suggestion = f"<p>Say: “{escape(one['suggestion'])}”</p>"
    policy = one["policy"]
    clause = f"{policy['text']} ({policy['pack']}, version {policy['version']}, {policy['clause_id']})"
    quotes = shelf.quotes((two for two in one["evidence"] if two.get("source_id")), 2)
    return (
        f'<div class="finding"><p>{chip(one["severity"], kind)} <strong>{escape(plain(one["category"].replace("-", " ")))}</strong></p>'
        f"<p>{escape(one['rationale'])}</p>{quotes}{suggestion}"
        f'<p class="small">{escape(clause)}</p><p class="small"><strong>{escape(became(one, again))}</strong></p></div>'
    )


def became(one: Mapping[str, Any], again: Mapping[str, Any] | None) -> str:
    """What the creator made of a finding, and whether the next check still has it."""
    if one["status"] != "open":
        return f"{plain(one['status'])}: {one['note']}" if one["note"] else f"{plain(one['status'])}."
    if again is None:
        return "Open."
    still = any((two["category"], two["quote"]) == (one["category"], one["quote"]) for two in again["findings"])
    return f"Still open in version {again['version']}." if still else f"Gone in version {again['version']}."


def _ratings(check: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(plain(one['category'].replace('-', ' ')))}</th><td>{escape(LEVELS.get(one['level'], one['level']))}</td>"
        f"<td>{escape(ASSESSED.get(one['assessed'], one['assessed']))}</td></tr>"
        for one in check["ratings"]
    )
    head = "<thead><tr><th scope='col'>Category</th><th scope='col'>Advertising</th><th scope='col'>Looked at</th></tr></thead>"
    table = f'<table class="left">{head}<tbody>{rows}</tbody></table>' if rows else ""
    return details(
        f"Version {check['version']} in all {counted(len(check['ratings']), 'category', 'categories')}", table
    )


def _claims(check: Mapping[str, Any], shelf: Shelf) -> str:
    rows = []
    for one in check["claims"]:
        kind = {"supported": "good", "contradicted": "warn"}.get(one["status"], "")
        quotes = shelf.quotes(one["evidence"], 2)
        rows.append(
            f"<li><p>{escape(one['quote'])} {chip(CLAIMS.get(one['status'], one['status']), kind)}</p>"
            f"<p class='small'>{escape(one['explanation'])}</p>{details('What the sources say', quotes)}</li>"
        )
    listed = f'<ul class="lines">{"".join(rows)}</ul>' if rows else ""
    return details(f"Version {check['version']}, claim by claim: {len(rows)}", listed)


def _skipped(check: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<li><strong>{escape(plain(one['detector'].replace('-', ' ')))}</strong> <span class='small'>{escape(one['reason'])}</span></li>"
        for one in check["detectors_skipped"]
    )
    ran = ", ".join(plain(one["detector"].replace("-", " ")).lower() for one in check["detectors_run"])
    return (
        f'<div class="card"><h3>What looked, and what could not</h3><p>Ran: {escape(ran)}.</p>'
        f"{f'<p>Did not run:</p><ul class=plain>{rows}</ul>' if rows else ''}</div>"
    )
