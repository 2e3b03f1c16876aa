"""A script as an OpenTimelineIO timeline: a clip and a marker a section, for an editing program to fill.

The file's form is that of OTIO's JSON schemas of version 0.17: Timeline.1, Stack.1, Track.1, Clip.2, Marker.2. Times
are whole frames at 24 a second; the markers stand on the stack, where editing programs look for a timeline's own.
"""

import json
from typing import Any

from app.features.scripts.exports.document import Beat, ExportScript, Note, beats_of, key_of, notes_of, place_of
from app.features.scripts.exports.references import credit_of, name_of
from app.features.scripts.speech import spoken

RATE = 24.0
COLOURS = ("RED", "ORANGE", "YELLOW", "GREEN", "CYAN", "BLUE", "PURPLE", "MAGENTA")


def write_timeline(script: ExportScript) -> str:
    notes = {key_of(note.citation): note for note in notes_of(script)}
    frames = _frames(beats_of(script))
    clips = [_clip(beat, length) for beat, _, length in frames]
    markers = [
        _marker(beat, start, length, COLOURS[at % len(COLOURS)], notes)
        for at, (beat, start, length) in enumerate(frames)
    ]
    track = _item("Track.1", "Narration", kind="Video", children=clips)
    stack = _item("Stack.1", "tracks", children=[track]) | {"markers": markers}
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {
            "strand": {
                "title": script.title, "version": script.version, "engine": script.engine,
                "words_per_minute": _short(script.words_per_minute), "pace_measured": script.pace_measured,
            }
        },
        "name": script.title,
        "global_start_time": None,
        "tracks": stack,
    }  # fmt: skip
    return json.dumps(timeline, ensure_ascii=False, indent=2) + "\n"


def _frames(beats: list[Beat]) -> list[tuple[Beat, int, int]]:
    """Each beat with its first frame and its length, of one frame at least."""
    placed, start = [], 0
    for beat in beats:
        end = max(start + 1, round(beat.end * RATE))
        placed.append((beat, start, end - start))
        start = end
    return placed


def _item(schema: str, name: str, **fields: Any) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": schema, "metadata": {}, "name": name, "source_range": None, "effects": [], "markers": [],
        "enabled": True, **fields,
    }  # fmt: skip


def _clip(beat: Beat, length: int) -> dict[str, Any]:
    section = beat.section
    missing: dict[str, Any] = {
        "OTIO_SCHEMA": "MissingReference.1", "metadata": {}, "name": "", "available_range": None,
        "available_image_bounds": None,
    }  # fmt: skip
    clip = _item(
        "Clip.2", beat.title, media_references={"DEFAULT_MEDIA": missing}, active_media_reference_key="DEFAULT_MEDIA"
    )
    clip["source_range"] = _range(0, length)
    clip["metadata"] = {
        "strand": {
            "section_id": section.id, "type": section.type, "narration": spoken(section.narration),
            "visuals": section.visuals, "on_screen_text": section.on_screen_text,
        }
    }  # fmt: skip
    return clip


def _marker(beat: Beat, start: int, length: int, colour: str, notes: dict[Any, Note]) -> dict[str, Any]:
    cited = {notes[key].number: notes[key] for one in beat.section.citations if (key := key_of(one)) in notes}
    ordered = [cited[number] for number in sorted(cited)]
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {"strand": {"section_id": beat.section.id, "citations": [_citation(note) for note in ordered]}},
        "name": beat.title,
        "color": colour,
        "marked_range": _range(start, length),
        "comment": "\n".join(_said(note) for note in ordered),
    }


def _citation(note: Note) -> dict[str, Any]:
    citation = note.citation
    return {
        "number": note.number, "source_id": str(citation.source_id), "source_title": name_of(note.source),
        "url": note.source.url if note.source else None, "quote": citation.quote, "page": citation.page,
        "start_seconds": _short(citation.start_seconds), "source_version": citation.source_version,
        "source_span": {"start": citation.source_span.start, "end": citation.source_span.end},
    }  # fmt: skip


def _short(value: float | None) -> float | None:
    """To thousandths: OTIO's own reader is off in the last digit of numbers that are longer or smaller."""
    return None if value is None else round(value, 3)


def _said(note: Note) -> str:
    place = place_of(note.citation)
    credit = credit_of(note.source) if note.source else name_of(None)
    quote = f": “{' '.join(note.citation.quote.split())}”" if note.citation.quote else ""
    return f"[{note.number}] {credit}{f', {place}' if place else ''}{quote}"


def _range(start: int, length: int) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(start), "duration": _time(length)}


def _time(frames: int) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": RATE, "value": float(frames)}
