"""A script as Markdown (CommonMark): every text in it reads as it was written, whatever characters it is made of."""

import re

from app.features.scripts.exports.document import ExportFinding, ExportScript, Note, about_of, notes_of, title_of
from app.features.scripts.exports.marking import Numbers, Run, is_marked, legend_of, numbering, paragraphs_of
from app.features.scripts.exports.references import caution_of, details_of, name_of, where_of
from app.features.scripts.schemas import Section

_SPECIAL = re.compile(r"[\\`*_\[\]<>&~|#]")
_LEADING = re.compile(r"^(\d{1,9})(?=[.)])|^(?=[-+])")


def write_markdown(script: ExportScript) -> str:
    notes = notes_of(script)
    numbers = numbering(script)
    blocks = [f"# {escaped(script.title)}", escaped(about_of(script))]
    if notes or is_marked(script):
        blocks.append(legend_of(bool(notes), is_marked(script)).replace("(unsupported)", "*(unsupported)*"))
    for section in script.sections:
        blocks += _section_blocks(section, numbers)
    if notes:
        blocks += ["## Sources", "\n".join(_note_line(note) for note in notes)]
    if script.findings is not None:
        blocks += ["## Findings", *_findings(script.findings, script)]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """One line of text that Markdown shows as it is."""
    return _safe_start(_SPECIAL.sub(r"\\\g<0>", " ".join(text.split())))


def _section_blocks(section: Section, numbers: Numbers) -> list[str]:
    blocks = [f"## {escaped(title_of(section))}"]
    blocks += [_paragraph(runs) for runs in paragraphs_of(section, numbers)]
    for label, text in (("Visuals", section.visuals), ("On screen", section.on_screen_text)):
        lines = [escaped(line) for line in text.split("\n") if line.strip()]
        if lines:
            blocks.append(
                "\n>\n".join(f"> **{label}:** {line}" if not at else f"> {line}" for at, line in enumerate(lines))
            )
    return blocks


def _paragraph(runs: list[Run]) -> str:
    """A bracket of ours is bare unless Markdown could take it for a link; stars stand only where they mark."""
    said = ""
    for at, run in enumerate(runs):
        following = runs[at + 1].text[:1] if at + 1 < len(runs) else ""
        after = "" if at + 1 == len(runs) or runs[at + 1].kind in {"citation", "unsupported"} else following
        free = not after or after.isspace()
        if run.kind == "citation":
            said += f" [{run.text}]" if said and after not in {"(", "[", ":"} else f" \\[{run.text}\\]"
        elif run.kind == "unsupported":
            said += " *(unsupported)*" if free else " *(unsupported)* "
        else:
            text = _SPECIAL.sub(r"\\\g<0>", run.text)
            bold = run.kind == "placeholder" and free and (not said or said[-1].isspace())
            said += f"**{text}**" if bold else text
    return _safe_start(said.strip())


def _safe_start(line: str) -> str:
    """Only its start can make a list, a rule or a heading of a line."""
    return _LEADING.sub(lambda found: f"{found[1]}\\" if found[1] else "\\", line)


def _note_line(note: Note) -> str:
    line = f"{note.number}. **{escaped(name_of(note.source))}**"
    line += "".join(f", {escaped(part)}" for part in details_of(note)) + "."
    if note.source and note.source.url:
        line += f" {link(note.source.url)}."
    if note.citation.quote:
        line += f" “{escaped(note.citation.quote)}”"
    if caution := caution_of(note):
        line += f" *({caution})*"
    return line


def link(url: str) -> str:
    """An address to click; what isn't plainly one is shown as text."""
    return f"<{url}>" if re.fullmatch(r"https?://[^\s<>\\\"]+", url) else escaped(url)


def _findings(findings: list[ExportFinding], script: ExportScript) -> list[str]:
    if not findings:
        return ["None."]
    titles = {section.id: title_of(section) for section in script.sections}
    return ["\n".join(_finding(finding, titles) for finding in findings)]


def _finding(finding: ExportFinding, titles: dict[str, str]) -> str:
    where = where_of(finding, titles)
    head = f"- **{escaped(finding.category)}** ({escaped(finding.severity)})" + (
        f" in {escaped(where)}" if where else ""
    )
    parts = [f"{head}: {escaped(finding.rationale)}"]
    if finding.quote:
        parts.append(f"  Quote: “{escaped(finding.quote)}”")
    if finding.suggestion:
        parts.append(f"  Suggestion: {escaped(finding.suggestion)}")
    return "\n".join(parts)
