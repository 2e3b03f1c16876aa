"""PDF documents: paragraphs restored, pages kept."""

from collections.abc import Iterator

import pypdfium2

from app.features.sources.readers.composing import Composer, one_line
from app.features.sources.readers.dates import moment
from app.features.sources.readers.limits import encrypted, malformed, no_text, too_large
from app.features.sources.readers.model import Page, Reading
from app.features.sources.readers.pdf_lines import BREAK_HYPHENS, Line, page_lines
from app.features.sources.readers.pdf_paragraphs import paragraphs, without_running
from app.features.sources.readers.source import SourceFile
from app.shared.text import words

VERSION = "pdf-1"
WRONG_PASSWORD, UNKNOWN_PROTECTION = 4, 5
"""PDFium's error codes."""
_HYPHENS = str.maketrans(dict.fromkeys(BREAK_HYPHENS, "-"))


def read(source: SourceFile) -> Reading:
    limits = source.limits
    size = source.path.stat().st_size
    if size > limits.document_bytes:
        raise too_large(f"The PDF has {size:,} bytes; {limits.document_bytes:,} is the most that is read.")
    try:
        document = pypdfium2.PdfDocument(source.path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in {WRONG_PASSWORD, UNKNOWN_PROTECTION}:
            raise encrypted("The PDF is protected with a password.") from None
        raise malformed("The PDF is damaged and can't be opened.") from None
    count = len(document)
    if count > limits.pages:
        raise too_large(f"The PDF has {count:,} pages; {limits.pages:,} is the most that is read.")
    pages = list(_pages(document, limits.text_characters))
    if all(lines is None for lines in pages):
        raise malformed("The PDF is damaged: none of its pages can be opened.")
    composer = Composer(limits)
    _compose(without_running([lines or [] for lines in pages]), composer)
    if not words(composer.text):
        raise no_text(
            f"The PDF holds no text on its {count:,} pages, only pictures, as a scan does; "
            "run text recognition (OCR) over it and send the result."
        )
    given = document.get_metadata_dict()
    return Reading(
        composer.text, source.media_type, VERSION, headings=composer.headings,
        pages=[Page(page.number, min(page.start, composer.length)) for page in composer.pages],
        title=one_line(given.get("Title")), author=one_line(given.get("Author")),
        published_at=moment(given.get("CreationDate")),
    )  # fmt: skip


def _pages(document: pypdfium2.PdfDocument, most: int) -> Iterator[list[Line] | None]:
    """None for a page that can't be opened."""
    characters = 0
    for number in range(len(document)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            yield None
            continue
        lines = page_lines(page)
        page.close()
        characters += sum(len(line.text) for line in lines)
        if characters > most:
            raise too_large(f"The PDF holds more than {most:,} characters of text.")
        yield lines


def _compose(pages: list[list[Line]], composer: Composer) -> None:
    """Every page has its number, also one without text: it begins where the next text does."""
    begun = 0
    for paragraph in paragraphs(pages):
        while begun < paragraph.page:
            begun += 1
            composer.page(begun)
        text = paragraph.text.translate(_HYPHENS)
        start = composer.heading(text, paragraph.level) if paragraph.level else composer.add(text)
        for number, place in paragraph.breaks:
            while begun < number:
                begun += 1
                composer.pages.append(Page(begun, (start or 0) + place))
    while begun < len(pages):
        begun += 1
        composer.pages.append(Page(begun, composer.length))
