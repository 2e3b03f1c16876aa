"""Which reader reads what. Their modules are loaded when they are needed: a parser costs up to half a second."""

from importlib import import_module

from app.features.sources.readers import sniffing
from app.features.sources.readers.composing import too_long
from app.features.sources.readers.limits import no_text
from app.features.sources.readers.model import Reading
from app.features.sources.readers.source import SourceFile
from app.shared.text import word_spans

READERS = {
    sniffing.PLAIN: "plain",
    sniffing.MARKDOWN: "markdown",
    sniffing.HTML: "web_pages",
    sniffing.JSON: "transcripts",
    sniffing.SUBRIP: "subtitles",
    sniffing.WEBVTT: "subtitles",
    sniffing.PDF: "pdf",
    sniffing.DOCX: "docx",
    sniffing.EPUB: "epub",
}
"""Media type to module; every audio and video type is `media`'s."""


def read_file(source: SourceFile) -> Reading:
    """Read in this process, whatever the file does to it: for the guarded child and for tests.

    Raises `Unprocessable` where there is nothing to read.
    """
    name = "media" if sniffing.is_media(source.media_type) else READERS[source.media_type]
    # the one place where a module is loaded inside a function, by name: see above
    reading: Reading = import_module(f"app.features.sources.readers.{name}").read(source)
    if len(reading.text) > source.limits.text_characters:
        raise too_long(source.limits)
    if not reading.needs_transcript and next(word_spans(reading.text), None) is None:
        raise no_text("There are no words in it; send a file with text.")
    return reading
