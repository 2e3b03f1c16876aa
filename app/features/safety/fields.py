"""The texts of a script version as detectors read them."""

from collections.abc import Sequence

from app.db.models import FindingField
from app.features.safety.findings import OPENING_WORDS, Position, TextField
from app.features.scripts.schemas import Section
from app.features.scripts.speech import count_words, placeholders
from app.shared.evidence import Span
from app.shared.text import sentence_spans


def fields_of(title: str, sections: Sequence[Section]) -> list[TextField]:
    """The title and each section's narration, on-screen text and visuals, as far as they say anything. What is shown while
    the opening is spoken belongs to the opening."""
    fields = [TextField(FindingField.TITLE, None, title, "title")]
    spoken = 0
    for section in sections:
        position: Position = "opening" if spoken < OPENING_WORDS else "body"
        spoken += count_words(section.narration)
        for field, text in (
            (FindingField.NARRATION, section.narration),
            (FindingField.ON_SCREEN_TEXT, section.on_screen_text),
            (FindingField.VISUALS, section.visuals),
        ):
            fields.append(TextField(field, section.id, without_placeholders(text), position))
    return [field for field in fields if field.text.strip()]


def without_placeholders(text: str) -> str:
    """The text with line breaks in the place of what is the creator's to write: every span holds, no sentence goes on
    across it, and nobody reads what isn't said."""
    for place in placeholders(text):
        gap = "\n" * (place.span.end - place.span.start)
        text = f"{text[: place.span.start]}{gap}{text[place.span.end :]}"
    return text


def sentence_around(text: str, span: Span) -> str:
    """The sentences that a span touches, as they stand."""
    touched = [one for one in sentence_spans(text) if one.start < span.end and span.start < one.end]
    return text[touched[0].start : touched[-1].end] if touched else span.of(text)
