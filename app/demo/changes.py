"""A revision word by word."""

from collections.abc import Mapping
from html import escape
from typing import Any

from app.demo.section import Section
from app.demo.wording import counted

AROUND = 90
"""Characters that are shown of a long run that stayed, on either side."""


def changes(found: Mapping[str, Any] | None) -> Section:
    diff = found or {}
    touched = [one for one in diff.get("sections", ()) if one["status"] != "same"]
    same = len(diff.get("sections", ())) - len(touched)
    inside = "".join(_section(one) for one in touched)
    lead = (
        f"“{diff.get('instruction') or 'An edit'}” made version {diff.get('to_version')} of version "
        f"{diff.get('from_version')}. {counted(same, 'other section')} stayed byte for byte; each change can be accepted "
        "or taken back."
    )
    return Section("revision", "What the revision changed", lead, inside)


def _section(one: Mapping[str, Any]) -> str:
    operations = one["operations"]
    said = "".join(_shown(operation, at, len(operations)) for at, operation in enumerate(operations))
    count = len({operation["change_id"] for operation in operations if operation["change_id"]})
    return (
        f'<article class="card"><h3>{escape(one["title"])}</h3><p class="small">{counted(count, "change")}</p>'
        f'<p class="diff">{said}</p></article>'
    )


def _shown(operation: Mapping[str, Any], at: int, count: int) -> str:
    text = operation["text"]
    if operation["op"] != "equal":
        tag = "ins" if operation["op"] == "insert" else "del"
        return f"<{tag}>{_lines(text)}</{tag}>"
    return _lines(shortened(text, first=at == 0, last=at == count - 1))


def shortened(text: str, *, first: bool, last: bool) -> str:
    """The ends of a long run, cut between words; of the first run only its end, of the last only its beginning."""
    head = "" if first else text[:AROUND].rsplit(" ", 1)[0]
    tail = "" if last else text[-AROUND:].split(" ", 1)[-1]
    if len(text) <= 2 * AROUND:
        return text
    return f"{head} … {tail}" if not first and not last else f"… {tail}" if first else f"{head} …"


def _lines(text: str) -> str:
    return escape(text).replace("\n\n", "<br><br>")
