"""Word documents and books: everything that is said, in order, and nothing that was deleted or hides."""

import pytest

from app.features.sources.readers.limits import Limits
from app.shared.exceptions import Unprocessable
from tests.features.sources.readers import samples
from tests.features.sources.readers.samples import W, paragraph

NOTE = f'<w:footnotes {W}><w:footnote w:type="separator" w:id="0">{paragraph("---")}</w:footnote><w:footnote w:id="1">{paragraph("A note below.")}</w:footnote></w:footnotes>'
END = f'<w:endnotes {W}><w:endnote w:id="1">{paragraph("A note at the end.")}</w:endnote></w:endnotes>'
REF = '<w:r><w:footnoteReference w:id="1"/></w:r>'


def row(*cells):
    return f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"


def test_paragraphs_headings_tables_notes_and_boxes_come_in_order(tmp_path):
    box = '<w:p><w:r><mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice><w:txbxContent>{0}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>{0}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>Beside a box.</w:t></w:r></w:p>'.format(paragraph("In a box."))  # fmt: skip
    nested = f"<w:tbl>{row(paragraph('inner'))}</w:tbl>"
    body = (
        paragraph("Of tides", "Mine") + f"<w:p><w:r><w:t>First.</w:t></w:r>{REF}</w:p>" + box
        + f"<w:tbl>{row(paragraph('Port'), paragraph('Height') + nested)}{row(paragraph('Brest'), paragraph('6.1'))}</w:tbl>"
        + f"<w:sdt><w:sdtContent>{paragraph('Controlled.')}</w:sdtContent></w:sdt><w:sectPr/>"
    )  # fmt: skip

    reading = samples.read(tmp_path, "a.docx", samples.docx(tmp_path, body, footnotes=NOTE, endnotes=END))

    assert reading.text.split("\n\n") == [
        "Of tides", "First.", "A note below.", "Beside a box.", "In a box.", "Port | Height inner", "Brest | 6.1", "Controlled.", "A note at the end.",
    ]  # fmt: skip
    assert [(one.title, one.level, one.start) for one in reading.headings] == [("Of tides", 2, 0)]


def test_what_was_deleted_hidden_or_computed_is_not_said(tmp_path):
    body = (
        "<w:p><w:del><w:r><w:delText>gone</w:delText><w:t>gone too</w:t></w:r></w:del><w:ins><w:r><w:t>kept</w:t></w:r></w:ins>"
        "<w:r><w:instrText>PAGEREF</w:instrText></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:tab/><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>"
    )  # fmt: skip

    assert samples.read(tmp_path, "a.docx", samples.docx(tmp_path, body)).text == "kept a-b\nc"


def test_the_strict_form_and_a_main_part_of_another_name_are_read(tmp_path):
    strict = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    relations = '<Relationships xmlns="urn:r"><Relationship Type="http://x/officeDocument" Target="/word/document2.xml"/></Relationships>'
    data = samples.archive(tmp_path, {
        "[Content_Types].xml": samples.TYPES, "_rels/.rels": relations,
        "word/document2.xml": f"<w:document {strict}><w:body>{paragraph('Strictly so.')}</w:body></w:document>",
    })  # fmt: skip

    assert samples.read(tmp_path, "a.docx", data).text == "Strictly so."


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_that_defines_entities_is_refused(tmp_path, encoding):
    main = f'<?xml version="1.0" encoding="{encoding}"?>{LAUGHS}<w:document {W}><w:body>{paragraph("&c;")}</w:body></w:document>'
    data = samples.archive(tmp_path, {"[Content_Types].xml": samples.TYPES, "word/document.xml": main.encode(encoding)})

    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.docx", data)

    assert refused.value.error_code == "too_large_inside"


def test_an_external_entity_is_never_loaded(tmp_path):
    (tmp_path / "secret.txt").write_text("a secret")
    main = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{tmp_path}/secret.txt">]><w:document {W}><w:body>{paragraph("&s;")}</w:body></w:document>'

    with pytest.raises(Unprocessable):
        samples.read(tmp_path, "a.docx", samples.archive(tmp_path, {"word/document.xml": main}))


def test_a_zip_bomb_ends_in_a_clear_refusal(tmp_path):
    bomb = samples.docx(tmp_path, paragraph("x" * 3_000_000))

    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.docx", bomb, Limits(unpacked_bytes=1_000_000))

    assert len(bomb) < 10_000
    assert refused.value.error_code == "too_large_inside"


def test_what_is_not_read_of_an_archive_costs_nothing(tmp_path):
    inner = samples.archive(tmp_path, {"deep.bin": bytes(5_000_000)})
    data = samples.archive(tmp_path, {
        "[Content_Types].xml": samples.TYPES, "word/document.xml": f"<w:document {W}><w:body>{paragraph('Calm.')}</w:body></w:document>",
        "word/media/huge.bin": bytes(5_000_000), "word/embeddings/nested.zip": inner,
    })  # fmt: skip

    assert samples.read(tmp_path, "a.docx", data, Limits(unpacked_bytes=100_000)).text == "Calm."


@pytest.mark.parametrize(
    ("body", "code"), [("", "no_text"), ("<w:p/>", "no_text"), ("<w:p><unclosed>", "malformed_file")]
)
def test_an_empty_or_broken_document_says_so(tmp_path, body, code):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.docx", samples.docx(tmp_path, body))

    assert refused.value.error_code == code


def test_a_damaged_member_is_malformed(tmp_path):
    data = bytearray(samples.docx(tmp_path, "".join(paragraph(f"Line {n} of the log.") for n in range(400))))
    where = data.index(b"word/document.xml") + 60
    data[where : where + 40] = bytes(40)

    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.docx", bytes(data))

    assert refused.value.error_code == "malformed_file"


CHAPTERS = {
    "one": samples.xhtml("<h1>First&nbsp;part</h1><p>The sea <a id='x'/>comes in.<br/>Twice.</p><script src='a.js'/><ul><li>ebb</li><li>flow</li></ul>"),
    "two": samples.xhtml("<section><h2>Second</h2><p>And it goes out&#8212;always.</p></section>"),
    "toc": samples.xhtml("<nav epub:type='toc' xmlns:epub='http://www.idpf.org/2007/ops'><ol>" + "<li><a href='one.xhtml'>First part</a></li>" * 6 + "</ol></nav>"),
}  # fmt: skip


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path):
    reading = samples.read(tmp_path, "a.epub", samples.epub(tmp_path, CHAPTERS, ["toc", "two", "one"]))

    assert reading.text.split("\n\n") == ["Second", "And it goes out—always.", "First part", "The sea comes in.\nTwice.", "ebb", "flow"]  # fmt: skip
    assert [(one.title, one.level) for one in reading.headings] == [("Second", 2), ("First part", 1)]
    assert (reading.title, reading.author) == ("The Sea Clock", "Ada Quill")
    assert reading.published_at.isoformat() == "1998-05-02T00:00:00+00:00"


def test_a_book_with_hidden_fonts_is_read_and_one_with_hidden_chapters_is_encrypted(tmp_path):
    def hidden(method, name):
        return (
            '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">'
            f'<enc:EncryptedData><enc:EncryptionMethod Algorithm="{method}"/><enc:CipherData><enc:CipherReference URI="{name}"/>'
            "</enc:CipherData></enc:EncryptedData></encryption>"
        )

    fonts = {"META-INF/encryption.xml": hidden("http://www.idpf.org/2008/embedding", "OEBPS/font.otf")}
    chapters = {
        "META-INF/encryption.xml": hidden("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/text/one.xhtml")
    }

    assert "comes in" in samples.read(tmp_path, "a.epub", samples.epub(tmp_path, CHAPTERS, ["one"], fonts)).text
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "b.epub", samples.epub(tmp_path, CHAPTERS, ["one"], chapters))
    assert refused.value.error_code == "encrypted_file"


def test_a_book_whose_page_defines_entities_is_refused(tmp_path):
    page = f'<?xml version="1.0"?>{LAUGHS}<html><body><p>&c;</p></body></html>'

    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.epub", samples.epub(tmp_path, {"one": page}, ["one"]))

    assert refused.value.error_code == "too_large_inside"


@pytest.mark.parametrize("lost", ["OEBPS/book.opf", "META-INF/container.xml"])
def test_a_book_without_its_package_is_malformed_but_one_without_a_container_is_found(tmp_path, lost):
    whole = {"META-INF/container.xml": samples.CONTAINER, "mimetype": "application/epub+zip"}
    package = (
        '<package><metadata/><manifest><item id="a" href="a.html" media-type="text/html"/></manifest><spine/></package>'
    )
    members = {**whole, "OEBPS/book.opf": package, "OEBPS/a.html": "<p>Found all the same.</p>"}
    del members[lost]
    data = samples.archive(tmp_path, members)

    if lost.endswith("opf"):
        with pytest.raises(Unprocessable) as refused:
            samples.read(tmp_path, "a.epub", data)
        assert refused.value.error_code == "malformed_file"
    else:
        assert samples.read(tmp_path, "a.epub", data).text == "Found all the same."
