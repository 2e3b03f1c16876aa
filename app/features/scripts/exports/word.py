"""A script as a Word document: Word's own styles, so that its outline, its lists and a publisher's template work."""

from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from app.features.scripts.exports.document import ExportScript, Note, about_of, notes_of, title_of
from app.features.scripts.exports.marking import Numbers, Run, is_marked, legend_of, numbering, paragraphs_of
from app.features.scripts.exports.references import caution_of, details_of, name_of, where_of
from app.features.scripts.schemas import Section

UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
RED = RGBColor(0xA4, 0x00, 0x00)
BLUE = RGBColor(0x1F, 0x3F, 0x8F)
LABEL = "Script Label"


def write_word(script: ExportScript) -> bytes:
    document = Document()
    _prepare(document, script)
    notes = notes_of(script)
    numbers = numbering(script)
    document.add_heading(script.title, 0)
    document.add_paragraph(about_of(script))
    if notes or is_marked(script):
        document.add_paragraph(legend_of(bool(notes), is_marked(script)))
    for section in script.sections:
        _add_section(document, section, numbers)
    if notes:
        document.add_heading("Sources", 1)
        for note in notes:
            _add_note(document, note)
    if script.findings is not None:
        _add_findings(document, script)
    return _packed(document)


def _prepare(document: WordDocument, script: ExportScript) -> None:
    """Styles and properties; nothing of the library's own template is left in the properties."""
    for rels, kinds in (
        (document.part.package.rels, (RT.EXTENDED_PROPERTIES, RT.THUMBNAIL)),
        (document.part.rels, (RT.CUSTOM_XML,)),
    ):
        for name in [name for name, one in rels.items() if one.reltype in kinds]:
            del rels[name]
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(12)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), script.language or "en-US")
    label = document.styles.add_style(LABEL, WD_STYLE_TYPE.CHARACTER)
    label.font.bold = True
    properties = document.core_properties
    properties.title = script.title[:255]
    properties.author = (script.author or "")[:255]
    properties.last_modified_by = (script.author or "")[:255]
    properties.comments, properties.keywords, properties.category = "", "", ""
    properties.subject = "Video script"
    properties.revision = max(1, script.version)
    properties.version = str(script.version)
    properties.language = script.language or ""
    properties.created = properties.modified = _utc(script.written_at)


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        return UNDATED
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _add_section(document: WordDocument, section: Section, numbers: Numbers) -> None:
    document.add_heading(title_of(section), 1)
    for runs in paragraphs_of(section, numbers):
        paragraph = document.add_paragraph()
        for run in runs:
            _add_run(paragraph, run)
        _mark_direction(paragraph)
    for name, text in (("Visuals", section.visuals), ("On screen", section.on_screen_text)):
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if lines:
            document.add_heading(name, 2)
        for line in lines:
            _mark_direction(document.add_paragraph(line, style="List Bullet"))


def _add_run(paragraph: Paragraph, run: Run) -> None:
    if run.kind == "citation":
        paragraph.add_run(f" [{run.text}]").font.superscript = True
    elif run.kind == "unsupported":
        marked = paragraph.add_run(" (unsupported)")
        marked.italic = True
        marked.font.color.rgb = RED
    elif run.kind == "placeholder":
        slot = paragraph.add_run(run.text)
        slot.bold = True
        slot.font.color.rgb = BLUE
    else:
        paragraph.add_run(run.text)


def _add_note(document: WordDocument, note: Note) -> None:
    """An entry of Word's own numbered list; they stand in the order of their numbers."""
    paragraph = document.add_paragraph(style="List Number")
    paragraph.add_run(name_of(note.source), style=LABEL)
    paragraph.add_run("".join(f", {part}" for part in details_of(note)) + ".")
    if note.source and note.source.url:
        paragraph.add_run(f" {note.source.url}")
    if note.citation.quote:
        paragraph.add_run(f" “{' '.join(note.citation.quote.split())}”")
    if caution := caution_of(note):
        paragraph.add_run(f" ({caution})").italic = True


def _add_findings(document: WordDocument, script: ExportScript) -> None:
    document.add_heading("Findings", 1)
    titles = {section.id: title_of(section) for section in script.sections}
    if not script.findings:
        document.add_paragraph("None.")
    for finding in script.findings or []:
        paragraph = document.add_paragraph(style="List Bullet")
        paragraph.add_run(finding.category, style=LABEL)
        where = where_of(finding, titles)
        paragraph.add_run(f" ({finding.severity})" + (f" in {where}" if where else "") + f": {finding.rationale}")
        if finding.quote:
            paragraph.add_run(f" Quote: “{finding.quote}”")
        if finding.suggestion:
            paragraph.add_run(f" Suggestion: {finding.suggestion}")


def _mark_direction(paragraph: Paragraph) -> None:
    """A paragraph of a script that is read from the right is set so."""
    first = next((one for one in paragraph.text if one.isalpha()), "")
    if "\u0590" <= first <= "\u08ff" or "\ufb1d" <= first <= "\ufeff":
        properties = paragraph._p.get_or_add_pPr()
        properties.append(properties.makeelement(qn("w:bidi"), {}))


def _packed(document: WordDocument) -> bytes:
    """The file with one date on all its parts, so that the same script gives the same bytes."""
    made = BytesIO()
    document.save(made)
    packed = BytesIO()
    with ZipFile(made) as parts, ZipFile(packed, "w", ZIP_DEFLATED) as steady:
        for name in parts.namelist():
            steady.writestr(ZipInfo(name, (2000, 1, 1, 0, 0, 0)), parts.read(name), ZIP_DEFLATED)
    return packed.getvalue()
