"""The research brief: what the sources say to the question, where they differ, and what they leave open."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.demo import charts
from app.demo.section import Section, chip, details
from app.demo.shelf import Shelf
from app.demo.wording import counted, percent, plain

STATUSES = {
    "supported": "two or more sources",
    "single_source": "one source",
    "contradicted": "sources disagree",
    "not_found": "no source",
}
ON = {"number": "A number", "date": "A date", "unit": "A unit", "negation": "Said and denied", "meaning": "The meaning"}


def brief(found: Mapping[str, Any] | None, beyond: Mapping[str, Any] | None, shelf: Shelf) -> Section:
    """*beyond* is the brief on a question that the sources don't answer."""
    if not found:
        return Section("research", "What the sources say", "", "")
    claims = {claim["id"]: claim for claim in found["claims"]}
    inside = (
        f'<div class="card"><h3>In short</h3><p>{escape(found["summary"])}</p></div>'
        f"{_contradictions(found['contradictions'], claims, shelf)}{_claims(found, shelf)}"
        f"{_gaps(found['gaps'], beyond)}{_evaluations(found['source_evaluations'])}{_rejected(found['rejected'])}"
    )
    lead = (
        f"“{found['question']}” A {found['depth']} brief by the {found['engine']} engine from "
        f"{counted(found['metrics']['sources_used'], 'source')}. Each claim stands on quotes; none is said without one."
    )
    return Section("research", "What the sources say", lead, inside)


def _contradictions(found: Sequence[Mapping[str, Any]], claims: Mapping[str, Mapping[str, Any]], shelf: Shelf) -> str:
    rows = "".join(
        f"<li>{chip(ON.get(one['on'], plain(one['on'])), 'warn')}<div class='two'>"
        f"{''.join(_side(claims[claim_id], shelf) for claim_id in one['claim_ids'] if claim_id in claims)}</div>"
        f"<p class='small'>{escape(one['explanation'])}</p></li>"
        for one in found
    )
    return (
        f'<div class="card"><h3>Where they contradict each other</h3><ul class="lines">{rows}</ul></div>'
        if rows
        else ""
    )


def _side(claim: Mapping[str, Any], shelf: Shelf) -> str:
    return shelf.quotes((one for one in claim["citations"] if one["stance"] == "supports"), 1)


def _claims(found: Mapping[str, Any], shelf: Shelf) -> str:
    groups = []
    for number, asked in enumerate(found["plan"]):
        rows = "".join(_claim(claim, shelf) for claim in found["claims"] if claim["sub_question"] == number)
        if rows:
            groups.append(f'<div class="card"><h3>{escape(asked["question"])}</h3><ul class="lines">{rows}</ul></div>')
    loose = "".join(_claim(claim, shelf) for claim in found["claims"] if claim["sub_question"] is None)
    if loose:
        groups.append(f'<div class="card"><h3>Besides</h3><ul class="lines">{loose}</ul></div>')
    return "".join(groups)


def _claim(claim: Mapping[str, Any], shelf: Shelf) -> str:
    kind = {"contradicted": "warn", "supported": "good"}.get(claim["status"], "")
    for_it = [one for one in claim["citations"] if one["stance"] != "contradicts"]
    against = shelf.quotes(one for one in claim["citations"] if one["stance"] == "contradicts")
    quotes = shelf.quotes(for_it) + (f"<p class='small'>Against it:</p>{against}" if against else "")
    return (
        f"<li><p>{escape(claim['text'])} {chip(STATUSES.get(claim['status'], plain(claim['status'])), kind)}</p>"
        f"{details(counted(len(claim['citations']), 'quote'), quotes)}</li>"
    )


def _gaps(found: Sequence[Mapping[str, Any]], beyond: Mapping[str, Any] | None) -> str:
    said = "" if found else "<p>Each of its questions is answered by a claim.</p>"
    asked = ""
    if beyond:
        asked = f"<p>Asked besides: “{escape(beyond['question'])}”</p>"
        if not beyond["claims"]:
            asked += "<p>The sources don't say, so nothing is claimed.</p>"
        asked += _gap_list(beyond["gaps"])
    return f'<div class="card"><h3>What they leave open</h3>{said}{_gap_list(found)}{asked}</div>'


def _gap_list(found: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<li><strong>{escape(one['question'])}</strong><p>{escape(one['advice'])}</p>{_looked(one['looked_for'])}</li>"
        for one in found
    )
    return f'<ul class="lines">{rows}</ul>' if rows else ""


def _looked(found: Sequence[str]) -> str:
    words = ", ".join(f"“{one}”" for one in found)
    return f"<p class='small'>Looked for: {escape(words)}.</p>" if words else ""


def _evaluations(found: Sequence[Mapping[str, Any]]) -> str:
    cards = "".join(_evaluation(index, one) for index, one in enumerate(found))
    return f'<h3 class="apart">How far each source can be leant on</h3><ul class="grid">{cards}</ul>' if cards else ""


def _evaluation(index: int, one: Mapping[str, Any]) -> str:
    reliability = 100 * one["reliability"]
    drawn = charts.bar(f"reliability-{index}", "Reliability", f"{reliability:.0f} of 100", 0, reliability)
    facts = [one["kind"], one["author"], (one["published_at"] or "no date")[:7]]
    notes = "".join(f"<li>{escape(note)}</li>" for note in one["notes"])
    return (
        f'<li class="card"><h3>{escape(one["title"])}</h3><p class="small">{escape(" · ".join(filter(None, facts)))}</p>'
        f'{drawn}<p class="small">Reliability {reliability:.0f} of 100, by its own signs. '
        f"{counted(one['claims'], 'claim')}, {percent(one['corroborated'])} of them carried by another source.</p>"
        f'<ul class="plain">{notes}</ul></li>'
    )


def _rejected(found: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<li>{escape(one['statement'])} <span class='small'>{escape(plain(one['reason']))}</span></li>"
        for one in found
    )
    return details(counted(len(found), "discarded statement"), f'<ul class="plain">{rows}</ul>' if rows else "")
