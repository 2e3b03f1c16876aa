"""From the measured voice onwards: a question, a brief, a structure, a script, its revision, its check, its files."""

import re
from collections.abc import Mapping, Sequence
from email.message import Message
from pathlib import Path
from typing import Any, get_args

import msgspec

from app.demo.desk import Desk
from app.features.scripts.schemas import ExportFormat
from app.features.scripts.speech import placeholders

DECISIONS = Path(__file__).parent / "samples" / "decisions.json"
"""What the creator of the samples writes and decides on the way."""


def go_on(desk: Desk, project_id: str, question: str) -> dict[str, Any]:
    """Everything that is made on the way; each artefact as the API gives it."""
    decisions = msgspec.json.decode(DECISIONS.read_bytes())
    with desk.step("Asking the sources", total=float(len(decisions["asked"]))) as task:
        for message in decisions["asked"]:
            desk.made(f"/projects/{project_id}/chat", {"message": message})
            desk.progress.update(task, advance=1, stage=message)
        messages = desk.call("GET", f"/projects/{project_id}/chat", params={"limit": 100})["items"]
    with desk.step("Researching the question", total=1.0) as task:
        research_id = desk.made(f"/projects/{project_id}/research", {"question": question}, task)
        research = desk.call("GET", f"/research/{research_id}")
        beyond_id = desk.made(f"/projects/{project_id}/research", {"question": decisions["beyond"]}, task)
        beyond = desk.call("GET", f"/research/{beyond_id}")
    with desk.step("Drafting structures and hooks", total=1.0) as task:
        desk.made(f"/projects/{project_id}/structures", {"research_id": research_id}, task)
        structures = desk.call("GET", f"/projects/{project_id}/structures")["items"]
        chosen = structures[0]
        hook = {"hook_id": chosen["hooks"][0]["id"]}
        structures[0] = desk.call("POST", f"/structures/{chosen['id']}/select", json=hook)
    with desk.step("Assembling the script", total=1.0) as task:
        script_id = desk.made(f"/projects/{project_id}/scripts", {"structure_id": chosen["id"]}, task)
        script = desk.call("GET", f"/scripts/{script_id}")
    path = f"/scripts/{script_id}"
    with desk.step("Writing the creator's own words in"):
        sections = script["version"]["sections"]
        write_in(sections, decisions["words"])
        _edit(desk, path, script["head"], sections)
    with desk.step("Revising a passage", total=1.0) as task:
        revised = desk.call("GET", path)
        asked = revision_of(revised["version"]["sections"], decisions["revision"])
        desk.made(f"{path}/revisions", asked, task)
    with desk.step("Checking that it is safe to publish", total=1.0) as task:
        check = _checked(desk, path, task)
        notes = decisions["dismissals"]
        for finding in check["findings"]:
            if finding["category"] in notes:
                answer = {"status": "dismissed", "note": notes[finding["category"]]}
                desk.call("PATCH", f"/safety-checks/{check['id']}/findings/{finding['id']}", json=answer)
        check = desk.call("GET", f"/safety-checks/{check['id']}")
    with desk.step("Correcting it, and checking again", total=1.0) as task:
        head = desk.call("GET", path)["version"]
        correct(head["sections"], decisions["corrections"])
        _edit(desk, path, head["number"], head["sections"])
        again = _checked(desk, path, task)
    with desk.step("Writing the files", total=float(len(get_args(ExportFormat)))) as task:
        files = []
        for kind in get_args(ExportFormat):
            file = desk.file(f"{path}/export", params={"format": kind})
            files.append({"format": kind, "name": name_of(file.headers), "data": file.content})
            desk.progress.update(task, advance=1, stage=kind)
    versions = desk.call("GET", f"{path}/versions", params={"limit": 100})["items"]
    return {
        "chat": sorted(messages, key=lambda message: (message["created_at"], message["role"] != "user")),
        "research": research,
        "beyond": beyond,
        "structures": structures,
        "frameworks": {one["id"]: one["name"] for one in desk.call("GET", "/frameworks")["items"]},
        "script": desk.call("GET", path),
        "versions": sorted(versions, key=lambda version: version["number"]),
        "diff": _revision_diff(desk, path, versions),
        "checked": desk.call("GET", f"{path}/versions/{check['version']}"),
        "safety": check,
        "safety_again": again,
        "files": files,
    }


def write_in(sections: Sequence[dict[str, Any]], words: Mapping[str, str]) -> None:
    """The creator's words at the first place that is theirs, in the first section of each type."""
    for kind, said in words.items():
        for section in sections:
            places = placeholders(section["narration"])
            if section["type"] == kind and places:
                span, text = places[0].span, section["narration"]
                section["narration"] = text[: span.start] + said + text[span.end :]
                break


def revision_of(sections: Sequence[Mapping[str, Any]], wanted: Mapping[str, str]) -> dict[str, Any]:
    """The instruction on the passage from the one wording to the other, both included; on everything where it isn't."""
    for section in sections:
        text = section["narration"]
        start = text.find(wanted["from"])
        end = text.find(wanted["to"], start)
        if start >= 0 and end >= 0:
            span = {"start": start, "end": end + len(wanted["to"])}
            return {
                "instruction": wanted["instruction"],
                "selection": {"section_id": section["id"], "span": span},
            }
    return {"instruction": wanted["instruction"]}


def correct(sections: Sequence[dict[str, Any]], corrections: Sequence[tuple[str, str]]) -> None:
    for section in sections:
        for was, now in corrections:
            section["narration"] = section["narration"].replace(was, now)


def name_of(headers: Mapping[str, str]) -> str:
    """The file name that an answer gives, without any folder."""
    message = Message()
    message["content-disposition"] = headers["content-disposition"]
    return re.sub(r"[^\w.-]", "-", Path(message.get_filename() or "script").name)


def _edit(desk: Desk, path: str, base: int, sections: Sequence[Mapping[str, Any]]) -> None:
    desk.call("POST", f"{path}/versions", json={"base_version": base, "sections": sections})


def _checked(desk: Desk, path: str, task: Any) -> dict[str, Any]:
    check_id = desk.made(f"{path}/safety-checks", {}, task)
    check: dict[str, Any] = desk.call("GET", f"/safety-checks/{check_id}")
    return check


def _revision_diff(desk: Desk, path: str, versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The newest revision against what it was made from, with its instruction."""
    newest = max((one for one in versions if one["origin"] == "revised"), key=lambda one: int(one["number"]))
    between = {"from": newest["parent"], "to": newest["number"]}
    diff: dict[str, Any] = desk.call("GET", f"{path}/diff", params=between)
    return {**diff, "instruction": newest["instruction"]}
