"""A script as JSON, whole and with every character as it is: for programs. The schema's name rises with every change that a reader could trip over."""

import json
from typing import Any

from msgspec import to_builtins

from app.features.scripts.exports.document import ExportScript, beats_of, cleaned, notes_of
from app.features.scripts.exports.youtube import kit_of
from app.features.scripts.speech import count_words, placeholders

SCHEMA = "strand.script/1"


def write_data(script: ExportScript) -> str:
    beats = beats_of(script)
    whole: dict[str, Any] = {
        "schema": SCHEMA,
        "title": script.title,
        "version": script.version,
        "engine": script.engine,
        "author": script.author,
        "language": script.language,
        "written_at": script.written_at,
        "words_per_minute": script.words_per_minute,
        "pace_measured": script.pace_measured,
        "word_count": sum(count_words(section.narration) for section in script.sections),
        "estimated_seconds": round(beats[-1].end, 3) if beats else 0.0,
        "sections": [
            {
                **to_builtins(beat.section),
                "placeholders": to_builtins(placeholders(beat.section.narration)),
                "start_seconds": round(beat.start, 3),
                "end_seconds": round(beat.end, 3),
            }
            for beat in beats
        ],
        "sources": [{"id": str(source_id), **to_builtins(card)} for source_id, card in script.sources.items()],
        "notes": [
            {"number": note.number, "source_id": str(note.citation.source_id), "quote": note.citation.quote}
            for note in notes_of(script)
        ],
        "findings": script.findings,
        "youtube": kit_of(cleaned(script)),
    }
    return json.dumps(to_builtins(whole), ensure_ascii=False, indent=2) + "\n"
