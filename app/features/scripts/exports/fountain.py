"""A script as a Fountain screenplay (fountain.io, syntax 1.1): a scene a section, visuals as action, narration as the
host's dialogue; what nobody says or sees (sources, marks, placeholders) as notes, which are not printed."""

import re

from app.features.scripts.exports.document import ExportScript, Note, about_of, key_of, notes_of, title_of
from app.features.scripts.exports.marking import Run, numbering, paragraphs_of
from app.features.scripts.exports.references import caution_of, details_of, name_of

HOST = "HOST"
JOINER = "\u2060"
"""Fountain can't escape the first sign of a line of dialogue; after this one, which nobody sees, it is a letter as any."""

_TAKEN = re.compile(r"(?:int|ext|est|i/e|fade)\b", re.IGNORECASE)


def write_fountain(script: ExportScript) -> str:
    blocks = [_title_page(script)]
    notes = {key_of(note.citation): note for note in notes_of(script)}
    numbers = numbering(script)
    for number, section in enumerate(script.sections, 1):
        blocks.append(f".{number}. {_safe(title_of(section)).strip(' #')}".rstrip())
        blocks += [_action(line) for line in _lines(section.visuals)]
        blocks += [_action(f"On screen: {line}") for line in _lines(section.on_screen_text)]
        for runs in paragraphs_of(section, numbers):
            blocks += _spoken(runs)
        cited = {notes[key].number: notes[key] for one in section.citations if (key := key_of(one)) in notes}
        blocks += [_note(cited[at]) for at in sorted(cited)]
    return "\n\n".join(blocks) + "\n"


def _title_page(script: ExportScript) -> str:
    entries = [("Title", script.title), ("Credit", "Script by" if script.author else None), ("Author", script.author)]
    date = f"{script.written_at:%Y-%m-%d}" if script.written_at else None
    entries += [("Draft date", date), ("Notes", about_of(script))]
    return "\n".join(f"{name}: {_safe(said)}" for name, said in entries if said)


def _spoken(runs: list[Run]) -> list[str]:
    """A paragraph as dialogue; one that is the creator's to write altogether is a note by itself."""
    said = "".join(_run(run) for run in runs).strip()
    if all(run.kind == "placeholder" or not run.text.strip() for run in runs):
        return [said]
    return [f"{HOST}\n{_guarded(said)}"]


def _run(run: Run) -> str:
    if run.kind == "citation":
        return f" [[{run.text}]]"
    if run.kind == "unsupported":
        return " [[unsupported]]"
    return f"[{_safe(run.text)}]" if run.kind == "placeholder" else _safe(run.text)


def _action(line: str) -> str:
    said = _safe(line)
    return f"!{said}" if _guarded(said) != said else said


def _note(note: Note) -> str:
    parts = [name_of(note.source), *details_of(note)]
    said = f"{note.number}: {', '.join(parts)}."
    if note.source and note.source.url:
        said += f" {note.source.url}"
    if note.citation.quote:
        said += f" “{' '.join(note.citation.quote.split())}”"
    if caution := caution_of(note):
        said += f" ({caution})"
    return f"[[{re.sub(r'[][]{2,}', lambda found: ' '.join(found[0]), said).rstrip(']')}]]"


def _safe(text: str) -> str:
    """Without what Fountain reads as emphasis, a note or a comment."""
    text = re.sub(r"[][]{2,}", lambda found: " ".join(found[0]), re.sub(r"\s+", " ", text))
    return re.sub(r"([*_\\])", r"\\\1", text).replace("*/", "* /")


def _guarded(said: str) -> str:
    """A line that can't be taken for a heading, a transition, a character or a direction."""
    plain = said[:1].isalnum() or said[:1] in "\"'“‘[\\"
    if plain and not _TAKEN.match(said) and said != said.upper():
        return said
    return JOINER + said


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
