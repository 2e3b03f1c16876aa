"""The lines of a PDF's pages with where they stand, by PDFium."""

import ctypes
import re
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium
from msgspec import Struct

from app.features.sources.readers.composing import squeezed

BREAK_HYPHENS = "\x02\ufffe\u00ad"
"""What PDFium gives for a hyphen that breaks a word at a line's end, instead of the line's end."""
_LINE = re.compile(f"([^\n{BREAK_HYPHENS}]*)([\n{BREAK_HYPHENS}]|$)")


class Line(Struct):
    """A line of text; its box in points from the page's lower left corner, and its letters' size."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float


def page_lines(page: pypdfium2.PdfPage) -> list[Line]:
    textpage = page.get_textpage()
    try:
        return list(_lines(textpage))
    finally:
        textpage.close()


def _lines(textpage: pypdfium2.PdfTextPage) -> Iterator[Line]:
    for found in _LINE.finditer(textpage.get_text_range()):
        said = found.group(1)
        if said.strip():
            first = found.start(1) + len(said) - len(said.lstrip())
            last = found.start(1) + len(said.rstrip()) - 1
            if kept := squeezed(said).replace("\n", " "):
                yield _line(textpage, f"{kept}{found.group(2).strip()}", first, last)


def _line(textpage: pypdfium2.PdfTextPage, said: str, first: int, last: int) -> Line:
    begin, end = _box(textpage, first), _box(textpage, last)
    size = pdfium.FPDFText_GetFontSize(textpage.raw, _character(textpage, (first + last) // 2))
    height = max(begin[3], end[3]) - min(begin[1], end[1])
    return Line(
        said, min(begin[0], end[0]), max(begin[2], end[2]), min(begin[1], end[1]), max(begin[3], end[3]),
        round(min(size, 2 * height) if height > 0 else size, 1),
    )  # fmt: skip


def _character(textpage: pypdfium2.PdfTextPage, index: int) -> int:
    """PDFium counts characters that its text leaves out."""
    found: int = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage.raw, index)
    return found if found >= 0 else index


def _box(textpage: pypdfium2.PdfTextPage, index: int) -> tuple[float, float, float, float]:
    """Left, bottom, right, top."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    where = _character(textpage, index)
    if not pdfium.FPDFText_GetLooseCharBox(textpage.raw, where, rect := pdfium.FS_RECTF()):
        pdfium.FPDFText_GetCharBox(textpage.raw, where, left, right, bottom, top)
        return left.value, bottom.value, right.value, top.value
    return rect.left, rect.bottom, rect.right, rect.top
