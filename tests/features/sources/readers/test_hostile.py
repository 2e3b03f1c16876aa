"""Files that are made to break their readers: each ends in a reading or in a clear refusal, soon, and says the same twice."""

import json
import sys

import pytest

from app.features.sources.readers.dates import moment
from app.features.sources.readers.sniffing import sniff
from app.features.sources.readers.transcripts import _number
from tests.features.sources.readers import samples
from tests.fuzz.loop import cpu_limit
from tests.fuzz.mutating import write_pdf
from tests.fuzz.properties import check_file

MOST_SECONDS = 20.0
"""Of computing, far more than any of them takes; what is quadratic or worse would take minutes or years."""
SAID = "The harbour clock was slow."
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"


def pdf_of(*objects: bytes) -> bytes:
    return write_pdf([CATALOGUE, *objects])


def nested(tag: str, depth: int, inside: str) -> str:
    return f"<{tag}>" * depth + inside + f"</{tag}>" * depth


def word(folder, body: str, **parts: str) -> bytes:
    return samples.docx(folder, body, **parts)


def linked(folder, target: str, mode: str = "External") -> bytes:
    """A Word document whose main part is said to lie somewhere else."""
    return samples.archive(folder, {
        "_rels/.rels": f'<Relationships><Relationship Type="http://x/officeDocument" Target="{target}" TargetMode="{mode}"/></Relationships>',
        "word/document.xml": f"<w:document {samples.W}><w:body>{samples.paragraph(SAID)}</w:body></w:document>",
    })  # fmt: skip


def book(folder, package: str, **members: str) -> bytes:
    container = samples.CONTAINER
    return samples.archive(folder, {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": package, **members})  # fmt: skip


PDFS = {
    "a page tree that holds itself": pdf_of(b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>"),
    "a page tree without end": pdf_of(*(b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 3) for n in range(3000)), PAGE),
    "a million pages that are one": pdf_of(b"<< /Type /Pages /Kids [" + b"3 0 R " * 9000 + b"] /Count 1000000 >>", PAGE),
    "a page that is its own content": pdf_of(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE.replace(b">>", b"/Contents [3 0 R 2 0 R 3 0 R] >>")),
    "a form that shows itself": pdf_of(
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE.replace(b">>", b"/Resources << /XObject << /X 4 0 R >> >> /Contents 4 0 R >>"),
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << /XObject << /X 4 0 R >> >> /Length 5 >>\nstream\n/X Do\nendstream",
    ),
    "a table of objects that leads back to itself": pdf_of(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE).replace(b"/Root", b"/Prev 9 /Root"),
    "a page as wide as the world": pdf_of(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE.replace(b"612 792", b"1e308 -1e308")),
    "an archive behind it": samples.pdf([[(72, 700, 12, SAID)]]) + b"PK\x03\x04\x14\x00" + bytes(40) + b"PK\x05\x06" + bytes(18),
    "numbers in its name": pdf_of(b"<< /Type /Pages /Kids [3 0 R] /Count -1 >>", PAGE.replace(b"2 0 R", b"2147483648 65536 R")),
}  # fmt: skip


@pytest.mark.parametrize("what", PDFS)
def test_a_hostile_pdf_is_read_or_refused(tmp_path, what):
    with cpu_limit(MOST_SECONDS):
        check_file(tmp_path, "a.pdf", PDFS[what])


WORDS = {
    "tables in tables": lambda _: nested("w:tbl><w:tr><w:tc", 60, samples.paragraph(SAID)).replace("</w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
    "deeper than a parser goes": lambda _: nested("w:sdt", 5000, samples.paragraph(SAID)),
    "text boxes in text boxes": lambda _: "<w:p><w:r><w:txbxContent>" * 70 + samples.paragraph(SAID) + "</w:txbxContent></w:r></w:p>" * 70,
    "twenty thousand empty paragraphs": lambda _: "<w:p/>" * 20_000 + samples.paragraph(SAID),
    "an outline level in another script's digits": lambda _: f'<w:p><w:pPr><w:outlineLvl w:val="²"/></w:pPr><w:r><w:t>{SAID}</w:t></w:r></w:p>',
    "an outline level of five thousand digits": lambda _: f'<w:p><w:pPr><w:outlineLvl w:val="{"9" * 5000}"/></w:pPr><w:r><w:t>{SAID}</w:t></w:r></w:p>',
    "a note that notes itself": lambda _: '<w:p><w:r><w:t>A</w:t><w:footnoteReference w:id="2"/></w:r></w:p>',
}  # fmt: skip
NOTES = f'<w:footnotes {samples.W}><w:footnote w:id="2"><w:p><w:r><w:t>{SAID}</w:t><w:footnoteReference w:id="2"/></w:r></w:p></w:footnote></w:footnotes>'
CIRCLE = f'<w:styles {samples.W}><w:style w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/></w:style></w:styles>'


@pytest.mark.parametrize("what", WORDS)
def test_a_hostile_word_document_is_read_or_refused(tmp_path, what):
    with cpu_limit(MOST_SECONDS):
        check_file(tmp_path, "a.docx", word(tmp_path, WORDS[what](tmp_path), footnotes=NOTES, styles=CIRCLE))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://127.0.0.1:9/x.xml", "../../../../etc/passwd", "/etc/passwd", "\\\\host\\share", "word/document.xml#x", "word", "."])  # fmt: skip
def test_a_word_document_that_names_a_part_elsewhere_gets_none_of_it(tmp_path, target):
    data = linked(tmp_path, target)

    check_file(tmp_path, "a.docx", data)

    with pytest.raises(Exception, match="lacks its text"):
        samples.read(tmp_path, "a.docx", data)


MANIFEST = '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest>{items}</manifest><spine>{spine}</spine></package>'
ITEM = '<item id="{id}" href="{href}" media-type="application/xhtml+xml"/>'


def listing(hrefs, **given: str) -> str:
    items = "".join(ITEM.format(id=number, href=href) for number, href in enumerate(hrefs))
    return MANIFEST.format(items=items, spine="".join(f'<itemref idref="{n}"/>' for n in range(len(hrefs))), **given)


@pytest.mark.parametrize(
    "hrefs",
    [
        [
            "../../../../../etc/passwd",
            "/etc/passwd",
            "file:///etc/passwd",
            "%2e%2e/%2e%2e/etc/passwd",
            "..%00/a",
            "a.xhtml",
        ],
        ["a.xhtml"] * 500,
        ["book.opf", "../META-INF/container.xml", "../mimetype", "a.xhtml", "A.XHTML", "./a.xhtml", "x/../a.xhtml"],
        ["a.xhtml#" + "x" * 100_000, "", "#", "a.xhtml"],
    ],
    ids=["places outside", "one chapter five hundred times", "itself", "long fragments"],
)
def test_a_hostile_book_is_read_or_refused_and_holds_only_its_own_chapters(tmp_path, hrefs):
    chapter = samples.xhtml(f"<nav><ol><li><a href='a.xhtml'>x</a></li></ol></nav><p>{SAID}</p>")
    data = book(tmp_path, listing(hrefs), **{"OEBPS/a.xhtml": chapter})

    with cpu_limit(MOST_SECONDS):
        check_file(tmp_path, "a.epub", data)
        assert "root:" not in samples.read(tmp_path, "a.epub", data).text


PAGES = {
    "a cell of five thousand empty paragraphs": f"<table><tr><td>{'<p></p>' * 5_000}<td>{SAID}</table>",
    "tables in tables": "<table><tr><td>a<td>" * 400 + SAID,
    "ten thousand open elements": "<b><i>" * 5_000 + SAID,
    "five thousand attributes": "<p " + "".join(f"a{n}=b " for n in range(5_000)) + f">{SAID}",
    "a comment in a comment": "<!--" * 50_000 + SAID,
    "links in lists": "<ul><li><a href=x>" * 2_000 + SAID,
    "an element's name without end": f"<?xml version='1.0'?><html><{'a' * 300_000} {SAID}",
    "a date beyond time": f"<html><meta name=date content='1 Jan {'9' * 30} 00:00'><meta name=author content='{'x' * 9000}'><p>{SAID}",
    "a date at time's end": f"<html><meta name=date content='2199-12-31T23:59:59-23:59'><time datetime='PT'></time><p>{SAID}",
    "linked data without end": f"<html><script type='application/ld+json'>{'[' * 100_000}</script><p>{SAID}",
    "a number in linked data": f"<html><script type='application/ld+json'>{{\"headline\": {'9' * 9000}, \"author\": [[[{{\"name\": 1e999}}]]]}}</script><p>{SAID}",
    "a page that begins as a PDF": f"%PDF- <html><body><p>{SAID}</p></body></html>",
    "a page that begins as a picture": f"GIF89a<html><body><p>{SAID}</p></body></html>",
    "zero-width and turned text": f"<html><title>\u202etxt.exe\u202c\u200b</title><p>\u202e{SAID}\u200b\u2066</p>",
}  # fmt: skip


@pytest.mark.parametrize("what", PAGES)
def test_a_hostile_page_is_read_or_refused(tmp_path, what):
    with cpu_limit(MOST_SECONDS):
        check_file(tmp_path, "a.html", PAGES[what].encode())


@pytest.mark.parametrize("pieces", [200, 9000])
def test_a_file_that_begins_with_nothing_but_comments_is_told_at_once(pieces):
    """The server itself looks at this, with everybody waiting."""
    with cpu_limit(MOST_SECONDS):
        assert sniff(b"<!---->" * pieces + b"x", True, "a.txt") == "text/plain"
        assert sniff(b"<!-- a --> \n" * min(pieces, 1000) + b"<html><p>x", True, "a.txt") == "text/html"


SUBTITLES = {
    "three thousand cues at once": "WEBVTT\n\n" + "00:01.000 --> 00:02.000\nHi.\n\n" * 3_000,
    "times beyond a recording": "WEBVTT\n\n999:99:99.999 --> 000:00:00.000\nHi.\n\n999999:00:00.000 --> 1:00:00.000\nno\n",
    "times in other digits": "1\n٠٠:٠٠:٠١,٠٠٠ --> ٠٠:٠٠:٠٢,٠٠٠\nHi there.\n",
    "one voice in another": "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v Ann>" * 20_000 + "Hi.\n",
    "tags without end": "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<" * 50_000 + "Hi.\n",
    "a note without end": "WEBVTT\n\nNOTE " + "x" * 300_000 + "\n\n00:01.000 --> 00:02.000\nHi.\n",
}  # fmt: skip


@pytest.mark.parametrize("what", SUBTITLES)
def test_hostile_subtitles_are_read_or_refused(tmp_path, what):
    with cpu_limit(MOST_SECONDS):
        check_file(tmp_path, "a.vtt", SUBTITLES[what].encode())


def piece(**given) -> str:
    return json.dumps({"segments": [{"text": SAID, "start": 0, "end": 1}, {"text": SAID, **given}]})


TRANSCRIPTS = {
    "a list a hundred thousand deep": "[" * 100_000 + "]" * 100_000,
    "an object a hundred thousand deep": '{"results":' * 100_000 + "{}" + "}" * 100_000,
    "no numbers": '{"segments": [{"text": "Hi there.", "start": NaN, "end": Infinity}, {"text": "Yes.", "start": -Infinity, "end": 1e400}]}',
    "a number of nine thousand digits": '{"segments": [{"text": "Hi.", "start": ' + "9" * 9000 + "}]}",
    "a number of four thousand digits": '{"segments": [{"text": "Hi.", "start": 0, "speaker": ' + "9" * 4000 + "}]}",
    "hours of five thousand digits": piece(start=f"PT{'9' * 5000}H"),
    "hours beyond all time": piece(start=f"PT{'9' * 400}H"),
    "seconds of many dots": piece(start="PT1.2.3S", end="PT.S"),
    "digits that are none": piece(start="²", end="1²s", speaker="²"),
    "the largest number and the smallest": piece(start=1e308, end=-1e308, duration=5e-324),
    "keys that are said twice": '{"segments": [], "segments": [{"text": "Hi.", "text": 1, "start": 0}], "text": {"text": []}}',
    "halves of characters": '{"segments": [{"text": "Hi \\ud83d there", "speaker": "\\udc00\\u0000x", "start": 0, "end": 1}]}',
}  # fmt: skip


@pytest.mark.parametrize("what", TRANSCRIPTS)
def test_a_hostile_transcript_is_read_or_refused(tmp_path, what):
    with cpu_limit(MOST_SECONDS):
        check_file(tmp_path, "a.json", TRANSCRIPTS[what].encode())


@pytest.mark.parametrize("value", ["PT999999H", f"PT{'9' * 400}H", "PT1.2.3S", "²", "1e400", "9" * 5000, 10**400, float("nan"), float("inf"), True])  # fmt: skip
def test_a_time_is_a_number_that_can_be_counted_with_or_none(value):
    found = _number(value)

    assert found is None or 0 <= found < sys.float_info.max


@pytest.mark.parametrize("text", ["1 Jan 99999999999999999999999 00:00", "1 Jan 2024 00:00 +99999999999999", "D:99999999999999+99'99", "0001-01-01", "9999-12-31T23:59:59-23:59", "²⁰²⁴", "٢٠٢٤-٠١-٠١"])  # fmt: skip
def test_a_date_that_no_calendar_has_is_none(text):
    found = moment(text)

    assert found is None or 1400 <= found.year <= 2200


LIES = {
    "a duration of centuries": (b"mvhd", 16, b"\x00\x00\x00\x01\xff\xff\xff\xff"),
    "no time base": (b"mdhd", 12, b"\x00\x00\x00\x00\xff\xff\xff\xff"),
    "four thousand million samples": (b"stsz", 8, b"\x00\x00\x00\x00\xff\xff\xff\xff"),
    "chunks that lie before the file": (b"stco", 4, b"\x7f\xff\xff\xff\xff\xff\xff\xff"),
    "a box larger than the file": (b"trak", -4, b"\xff\xff\xff\xff"),
    "a picture as large as a city": (b"avc1", 28, b"\xff\xff\xff\xff"),
}


def test_a_recording_that_lies_about_itself_is_read_or_refused(tmp_path):
    made = samples.video(tmp_path / "made.mp4", 1, 0)
    for box, offset, said in LIES.values():
        place = made.find(box)
        changed = made if place < 0 else made[: place + offset] + said + made[place + offset + len(said) :]
        with cpu_limit(MOST_SECONDS):
            check_file(tmp_path, "a.mp4", changed)
    sound = samples.sound(tmp_path / "made.wav", 0.3)
    for place, said in ((4, b"\xff\xff\xff\xff"), (22, b"\xff\xff"), (24, b"\x00\x00\x00\x00"), (24, b"\xff\xff\xff\xff"), (34, b"\x01\x00"), (40, b"\xff\xff\xff\xff")):  # fmt: skip
        with cpu_limit(MOST_SECONDS):
            check_file(tmp_path, "a.wav", sound[:place] + said + sound[place + len(said) :])
