"""Word documents, straight from their XML: paragraphs, headings, lists, tables, notes and text boxes, in order."""

import posixpath
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.features.sources.readers.archives import Archive
from app.features.sources.readers.composing import Composer, one_line
from app.features.sources.readers.dates import moment
from app.features.sources.readers.limits import malformed, no_text
from app.features.sources.readers.markup import local, xml_tree
from app.features.sources.readers.model import Reading
from app.features.sources.readers.source import SourceFile
from app.shared.text import words

VERSION = "docx-1"

SKIPPED = frozenset((
    "del", "moveFrom", "pPr", "rPr", "tblPr", "trPr", "tcPr", "tblGrid", "sectPr", "sdtPr", "sdtEndPr", "instrText",
    "delText", "delInstrText", "Fallback", "annotationRef", "rt",
))  # fmt: skip
_HEADING_STYLE = re.compile(
    r"^(?:heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|nagłówek)\s*(\d)$", re.IGNORECASE
)


def read(source: SourceFile) -> Reading:
    archive = Archive(source.path, source.limits)
    main = _main_part(archive)
    data = archive.read(main)
    if data is None:
        raise malformed("The Word document lacks its text.")
    body = next((one for one in xml_tree(data, "The Word document's text") if local(one.tag) == "body"), None)
    if body is None:
        raise malformed("The Word document has no body.")
    folder = posixpath.dirname(main)
    composer = Composer(source.limits)
    document = _Document(
        composer,
        _heading_styles(_part(archive, folder, "styles.xml")),
        _notes(_part(archive, folder, "footnotes.xml"), "footnote"),
    )
    document.blocks(body)
    endnotes = _notes(_part(archive, folder, "endnotes.xml"), "endnote")
    for note in endnotes.values():
        document.blocks(note)
    if not words(composer.text):
        raise no_text("The Word document holds no text; if its pages are pictures, send a version with text.")
    title, author, made = _properties(archive)
    return Reading(
        composer.text, source.media_type, VERSION, headings=composer.headings, title=title, author=author,
        published_at=made,
    )  # fmt: skip


class _Document:
    def __init__(self, composer: Composer, styles: dict[str, int], footnotes: dict[str, Any]) -> None:
        self.composer = composer
        self.styles = styles
        self.footnotes = footnotes

    def blocks(self, parent: Any, depth: int = 0) -> None:
        """Paragraphs and tables under *parent*, also those inside content controls and insertions."""
        for element in parent:
            name = local(element.tag)
            if name == "p":
                self.paragraph(element, depth)
            elif name == "tbl":
                self.table(element, depth)
            elif name and name not in SKIPPED and depth < 60:
                self.blocks(element, depth + 1)

    def paragraph(self, element: Any, depth: int) -> None:
        """Its words, then what stands beside them: text boxes, footnotes."""
        notes: list[str] = []
        boxes: list[Any] = []
        said = "".join(_runs(element, notes, boxes))
        if level := self.level(element):
            self.composer.heading(said, level)
        else:
            self.composer.add(said)
        if depth < 60:
            for box in boxes:
                self.blocks(box, depth + 1)
            for note in notes:
                if (found := self.footnotes.pop(note, None)) is not None:
                    self.blocks(found, depth + 1)

    def table(self, element: Any, depth: int) -> None:
        """A line for each row; what its cells' notes and boxes say stands behind it."""
        notes: list[str] = []
        boxes: list[Any] = []
        for row in _below(element, "tr"):
            cells = [_cell(cell, notes, boxes) for cell in _below(row, "tc")]
            self.composer.add(" | ".join(cell for cell in cells if cell))
        for found in [*boxes, *(note for key in notes if (note := self.footnotes.pop(key, None)) is not None)]:
            if depth < 60:
                self.blocks(found, depth + 1)

    def level(self, paragraph: Any) -> int:
        """The paragraph's depth as a heading; 0 for none."""
        properties = next((one for one in paragraph if local(one.tag) == "pPr"), ())
        for one in properties:
            if local(one.tag) == "outlineLvl" and (level := _outline(_value(one))):
                return level
        style = next((_value(one) for one in properties if local(one.tag) == "pStyle"), None)
        return self.styles.get(style or "", 0)


def _runs(element: Any, notes: list[str], boxes: list[Any]) -> Iterator[str]:
    """The words in it; footnotes' numbers and text boxes are collected on the side."""
    stack = [iter(element)]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
            continue
        name = local(child.tag)
        if name in {"t", "delText"}:
            yield child.text or "" if name == "t" else ""
        elif name in {"tab", "ptab"}:
            yield " "
        elif name in {"br", "cr"}:
            yield "\n"
        elif name == "noBreakHyphen":
            yield "-"
        elif name == "footnoteReference":
            notes.append(_attribute(child, "id") or "")
        elif name == "txbxContent":
            boxes.append(child)
        elif name == "r" and _hidden(child):
            continue
        elif name not in SKIPPED:
            stack.append(iter(child))


def _hidden(run: Any) -> bool:
    properties = next((one for one in run if local(one.tag) == "rPr"), ())
    return any(local(one.tag) in {"vanish", "webHidden"} and _value(one) not in {"0", "false", "off"} for one in properties)  # fmt: skip


def _cell(cell: Any, notes: list[str], boxes: list[Any]) -> str:
    """A cell in one line, the tables inside it too."""
    paragraphs = (one for one in cell.iter() if local(one.tag) == "p" and not _boxed(one, cell))
    said = (" ".join("".join(_runs(one, notes, boxes)).split()) for one in paragraphs)
    return " ".join(part for part in said if part)


def _boxed(paragraph: Any, cell: Any) -> bool:
    for above in paragraph.iterancestors():
        if above is cell:
            return False
        if local(above.tag) in {"txbxContent", "Fallback", "del", "moveFrom"}:
            return True
    return False


def _below(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, also inside content controls and insertions."""
    for child in element:
        tag = local(child.tag)
        if tag == name:
            yield child
        elif tag in {"sdt", "sdtContent", "ins", "customXml", "smartTag", "moveTo"}:
            yield from _below(child, name)


def _main_part(archive: Archive) -> str:
    if (data := archive.read("_rels/.rels")) is not None:
        for one in xml_tree(data, "The Word document's list of parts"):
            if (one.get("Type") or "").endswith("/officeDocument") and one.get("Target"):
                return posixpath.normpath(str(one.get("Target")).lstrip("/"))
    return "word/document.xml"


def _part(archive: Archive, folder: str, name: str) -> Any:
    data = archive.read(posixpath.join(folder, name))
    return None if data is None else xml_tree(data, f"The Word document's {name}")


def _notes(root: Any, name: str) -> dict[str, Any]:
    """By number; the lines that separate notes from the text are none."""
    if root is None:
        return {}
    found = [one for one in root if local(one.tag) == name and _attribute(one, "type") in {None, "normal"}]
    return {_attribute(one, "id") or "": one for one in found}


def _outline(value: str | None) -> int:
    """From 1 to 9; 0 for what is no level of an outline."""
    return int(value) + 1 if value is not None and re.fullmatch(r"[0-8]", value) else 0


def _heading_styles(root: Any) -> dict[str, int]:
    """Style id to depth: by the style's outline level, its English name, or the style that it is based on."""
    levels: dict[str, int] = {}
    based: dict[str, str] = {}
    for style in root if root is not None else ():
        key = _attribute(style, "styleId")
        names: dict[str, str] = {}
        if local(style.tag) != "style" or key is None:
            continue
        for one in style.iter():
            names.setdefault(local(one.tag), _value(one) or "")
        title = names.get("name", "").lower()
        if level := _outline(names.get("outlineLvl")):
            levels[key] = level
        elif named := _HEADING_STYLE.match(title):
            levels[key] = int(named.group(1)) or 1
        elif title == "title":
            levels[key] = 1
        elif names.get("basedOn"):
            based[key] = names["basedOn"]
    for key, first in based.items():
        above, steps = first, 0
        while above not in levels and above in based and steps < 20:
            above, steps = based[above], steps + 1
        if above in levels:
            levels[key] = levels[above]
    return levels


def _properties(archive: Archive) -> tuple[str | None, str | None, datetime | None]:
    data = archive.read("docProps/core.xml")
    given = {local(one.tag): one.text for one in xml_tree(data, "The Word document's properties")} if data else {}
    return one_line(given.get("title")), one_line(given.get("creator")), moment(given.get("created"))


def _attribute(element: Any, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if local(key) == name), None)


def _value(element: Any) -> str | None:
    return _attribute(element, "val")
