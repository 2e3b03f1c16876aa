"""Plain text, which may be somebody's transcript."""

from app.features.sources.readers import speakers
from app.features.sources.readers.composing import whole
from app.features.sources.readers.model import Reading
from app.features.sources.readers.source import SourceFile
from app.features.sources.readers.timed import last_second

VERSION = "text-2"


def read(source: SourceFile) -> Reading:
    return reading_of(source.text(), source)


def reading_of(text: str, source: SourceFile) -> Reading:
    """A transcript loses its labels and times to the cues; any other text stays to the letter."""
    if turns := speakers.turns_of(text):
        composer = speakers.compose(turns, source.limits)
        last = last_second(composer.cues)
        return Reading(composer.text, "text/plain", VERSION, cues=composer.cues, duration_seconds=last or None)
    return Reading(whole(text).strip(), "text/plain", VERSION)
