"""A narration cut into runs, with the marks that a reader needs: source numbers, unsupported, the creator's to write."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from app.features.scripts.exports.document import ExportScript, key_of, notes_of, numbers_of
from app.features.scripts.schemas import Section
from app.features.scripts.speech import Placeholder, placeholders

CLOSING = ".!?…,;:\"'”’)»"

Numbers = dict[tuple[UUID, int, int, int], int]


class Run(Struct, frozen=True):
    """A piece of a paragraph. `citation`: the text is a number of the sources list; `unsupported` has no text of its own."""

    kind: Literal["text", "placeholder", "citation", "unsupported"]
    text: str = ""


def paragraphs_of(section: Section, numbers: Numbers) -> list[list[Run]]:
    """The narration's paragraphs, empty ones left out. Without the marks it is the narration to the letter."""
    paragraphs: list[list[Run]] = [[]]
    for run in _runs(section, numbers):
        if run.kind != "text":
            paragraphs[-1].append(run)
            continue
        first, *rest = run.text.split("\n")
        paragraphs[-1].append(Run("text", first))
        paragraphs += [[Run("text", line)] for line in rest]
    tidy = [_tidied(paragraph) for paragraph in paragraphs]
    return [paragraph for paragraph in tidy if paragraph]


def is_marked(script: ExportScript) -> bool:
    """Whether any sentence is marked as unsupported."""
    return any(section.unsupported for section in script.sections)


def legend_of(noted: bool, marked: bool) -> str:
    """What the marks mean, as far as there are any."""
    said = ["Numbers in brackets point to the sources at the end."] if noted else []
    return " ".join([*said, "(unsupported) marks a sentence that no source carries."] if marked else said)


def numbering(script: ExportScript) -> Numbers:
    return numbers_of(notes_of(script))


def _runs(section: Section, numbers: Numbers) -> list[Run]:
    text = section.narration
    slots = placeholders(text)
    marks: dict[int, list[Run]] = {}
    for citation in sorted(section.citations, key=lambda one: numbers.get(key_of(one), 0)):
        if (number := numbers.get(key_of(citation))) is not None:
            mark = Run("citation", str(number))
            marks_here = marks.setdefault(_place(text, slots, citation.narration_span.end), [])
            if mark not in marks_here:
                marks_here.append(mark)
    for span in section.unsupported:
        marks.setdefault(_place(text, slots, span.end), []).append(Run("unsupported"))
    runs: list[Run] = []
    at = 0
    starts = {slot.span.start: slot for slot in slots}
    for stop in sorted({*marks, *starts, *(slot.span.end for slot in slots), len(text)}):
        if stop > at:
            kind: Literal["text", "placeholder"] = "placeholder" if at in starts else "text"
            runs.append(Run(kind, text[at:stop]))
            at = stop
        runs += marks.get(stop, [])
    return runs


def _place(text: str, slots: list[Placeholder], end: int) -> int:
    """Where the mark of a span goes: after the marks that close its sentence, and never inside a placeholder."""
    end = max(0, min(end, len(text)))
    while 0 < end < len(text) and text[end] in CLOSING and not text[end - 1].isspace():
        end += 1
    for slot in slots:
        if slot.span.start < end < slot.span.end:
            end = slot.span.end
    while end > 0 and text[end - 1].isspace():
        end -= 1
    return end


def _tidied(paragraph: list[Run]) -> list[Run]:
    """Without white space at its ends and without empty runs."""
    runs = [run for run in paragraph if run.text or run.kind == "unsupported"]
    if runs and runs[0].kind == "text":
        runs[0] = Run("text", runs[0].text.lstrip())
    if runs and runs[-1].kind == "text":
        runs[-1] = Run("text", runs[-1].text.rstrip())
    return [run for run in runs if run.text or run.kind == "unsupported"]
