"""What every export is made from: a script version with the sources that it cites, and what is derived from both."""

import re
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from app.features.scripts.schemas import ScriptCitation, Section
from app.features.scripts.speech import USUAL_PACE, seconds_of
from app.shared.evidence import Span


class SourceCard(Struct, frozen=True):
    """What a sources list says of a source."""

    title: str
    author: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    role: str = "reference"


class ExportFinding(Struct, frozen=True):
    """A safety finding, as an appendix shows it. `span` and `quote` are null where something is absent."""

    category: str
    severity: str
    section_id: str | None
    field: str | None
    span: Span | None
    quote: str | None
    rationale: str
    suggestion: str | None = None


class ExportScript(Struct, frozen=True):
    """A script version as it leaves the house. A source that isn't in `sources` was deleted. `author` and `written_at`
    are the creator's name and when the version was made. `findings`: null where nobody asked for them."""

    title: str
    version: int
    sections: list[Section]
    sources: dict[UUID, SourceCard]
    words_per_minute: float = USUAL_PACE
    pace_measured: bool = False
    engine: str | None = None
    author: str | None = None
    language: str | None = None
    written_at: datetime | None = None
    findings: list[ExportFinding] | None = None


class Note(Struct, frozen=True):
    """An entry of the sources list: one quoted passage. Citations of the same passage share its number."""

    number: int
    citation: ScriptCitation
    source: SourceCard | None


class Beat(Struct, frozen=True):
    """A section with its place in the video, in seconds at the script's pace."""

    section: Section
    title: str
    start: float
    end: float


def notes_of(script: ExportScript) -> list[Note]:
    """The quoted passages, numbered in the order in which the narration first rests on them."""
    seen: dict[tuple[UUID, int, int, int], Note] = {}
    for section in script.sections:
        for citation in sorted(section.citations, key=lambda one: (one.narration_span.end, one.narration_span.start)):
            seen.setdefault(
                key_of(citation), Note(len(seen) + 1, citation, script.sources.get(citation.source_id))
            )  # fmt: skip
    return list(seen.values())


def numbers_of(notes: list[Note]) -> dict[tuple[UUID, int, int, int], int]:
    """The number of each passage by `key_of` a citation."""
    return {key_of(note.citation): note.number for note in notes}


def key_of(citation: ScriptCitation) -> tuple[UUID, int, int, int]:
    return (citation.source_id, citation.source_version, citation.source_span.start, citation.source_span.end)


def beats_of(script: ExportScript) -> list[Beat]:
    beats: list[Beat] = []
    start = 0.0
    for section in script.sections:
        end = start + seconds_of(section.narration, script.words_per_minute)
        beats.append(Beat(section, title_of(section), start, end))
        start = end
    return beats


def title_of(section: Section) -> str:
    """Its own title, else its type in words."""
    return " ".join(section.title.split()) or section.type.replace("_", " ").strip().capitalize() or "Section"


def about_of(script: ExportScript) -> str:
    """Version, length, pace and engine in one line."""
    beats = beats_of(script)
    pace = "the creator's own pace" if script.pace_measured else "a usual pace"
    length = f"{clock(beats[-1].end if beats else 0)} at {script.words_per_minute:.0f} words a minute ({pace})"
    return f"Version {script.version}, {length}" + (f", engine: {script.engine}." if script.engine else ".")


def clock(seconds: float) -> str:
    """0:07, 12:05 or 1:02:03."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def place_of(citation: ScriptCitation) -> str:
    """Where in its source the passage stands, as far as the source counts: a page, a time code."""
    parts = []
    if citation.page is not None:
        parts.append(f"p. {citation.page}")
    if citation.start_seconds is not None:
        parts.append(f"at {clock(citation.start_seconds)}")
    return ", ".join(parts)


_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\t]")
_BREAK = re.compile("[\x0b\x0c\x85\u2028\u2029]|\r(?!\n)")
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")


def writable(text: str) -> str:
    """The text as every format can carry it, of the same length, so that spans stay true: controls are spaces, each kind
    of line break is one, what is no character is a replacement mark."""
    return _UNWRITABLE.sub("\ufffd", _CONTROL.sub(" ", _BREAK.sub("\n", text).replace("\r", " ")))


def cleaned(script: ExportScript) -> ExportScript:
    """The script with `writable` texts throughout."""
    return replace(
        script,
        title=" ".join(writable(script.title).split()) or "Untitled",
        author=" ".join(writable(script.author).split()) if script.author else None,
        words_per_minute=script.words_per_minute if script.words_per_minute >= 1 else USUAL_PACE,
        sections=[_clean_section(section) for section in script.sections],
        sources={source_id: _clean_source(source) for source_id, source in script.sources.items()},
        findings=[_clean_finding(finding) for finding in script.findings] if script.findings is not None else None,
    )


def _clean_section(section: Section) -> Section:
    return replace(
        section,
        type=writable(section.type),
        title=writable(section.title),
        narration=writable(section.narration),
        visuals=writable(section.visuals),
        on_screen_text=writable(section.on_screen_text),
        citations=[replace(one, quote=writable(one.quote) if one.quote else None) for one in section.citations],
    )


def _clean_source(source: SourceCard) -> SourceCard:
    return replace(
        source,
        title=" ".join(writable(source.title).split()) or "Untitled source",
        author=" ".join(writable(source.author).split()) if source.author else None,
        url="".join(writable(source.url).split()) if source.url else None,
    )


def _clean_finding(finding: ExportFinding) -> ExportFinding:
    return replace(
        finding,
        category=writable(finding.category),
        quote=writable(finding.quote) if finding.quote else None,
        rationale=writable(finding.rationale),
        suggestion=writable(finding.suggestion) if finding.suggestion else None,
    )
