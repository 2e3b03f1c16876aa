"""What a file is, told by its content; any bytes end in a reading or in a sentence."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.features.sources.readers.sniffing import DOCX, EPUB, HTML, JSON, MARKDOWN, PDF, PLAIN, SUBRIP, WEBVTT, sniff
from app.shared.exceptions import AppError, Unprocessable
from app.shared.text import words
from tests.features.sources.readers import samples

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000)
NAMES = st.sampled_from(
    ["a.srt", "b.vtt", "c.md", "d.txt", "e.json", "f.html", "g.pdf", "h.docx", "i.epub", "j.mp4", None]
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | TEXT.map(str.encode), NAMES)
def test_any_bytes_are_read_or_refused_with_a_sentence(tmp_path, data, name):
    try:
        reading = samples.read(tmp_path, name or "given", data)
    except AppError as error:
        assert error.status_code == 422
        assert error.message.endswith((".", "?"))
    else:
        assert words(reading.text)
        assert all(0 <= cue.start <= cue.end <= len(reading.text) for cue in reading.cues)


@pytest.mark.parametrize(
    "data", [b"ID3 tags explained in a minute.", b"RIFFs on guitars are fun.", b"MZ is a country code. BM too.", b"{curly} words", b"[Music] and on we go", b"FORM follows function.", b"<3 this, he said"]
)  # fmt: skip
def test_prose_that_begins_like_a_file_type_is_prose(data):
    assert sniff(data, True, None) == PLAIN


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<!DOCTYPE html><html><body>Hi</body></html>", "page.txt", HTML),
        (b"\n<!-- saved -->\n<HTML><p>Hi", None, HTML),
        (b"<p>One</p><p>Two</p><p>Three</p>", "notes", HTML),
        (b'{"segments": []}', None, JSON),
        (b'[{"text": "a"}]', "x.json", JSON),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi", "a.txt", WEBVTT),
        (b"1\n00:00:01,000 --> 00:00:02,000\nHi", "a.txt", SUBRIP),
        (b"# Title\n\nText", None, MARKDOWN),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "doc.txt", PDF),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "talk.txt", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", None, "audio/mp4"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x86\x81\x01B\x82\x84webm", None, "video/webm"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", None, "audio/wav"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "a.mp3", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\x00\x00", None, "audio/mpeg"),
    ],
)
def test_content_decides_what_a_file_is(data, name, kind):
    assert sniff(data, True, name) == kind


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.txt", "empty_file"),
        (b"\xef\xbb\xbf \r\n\t", "a.txt", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00\x01" * 500, "clip.srt", "unreadable_file"),
        (b"\x7fELF\x02\x01", "a.txt", "unreadable_file"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "a.mp4", "unreadable_file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><text>Hi</text></svg>", "a.svg", "unreadable_file"),
        (b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg>&a;</svg>", "a.svg", "unreadable_file"),
        (b"<?xml version='1.0'?><rss><item/></rss>", "a.xml", "unreadable_file"),
        (b"{\\rtf1 Hello}", "a.txt", "unreadable_file"),
        (b"oops\n", "a.pdf", "malformed_file"),
        (b"just words", "a.docx", "malformed_file"),
        (b"just words", "a.epub", "malformed_file"),
        (b"PK\x03\x04broken", "a.docx", "malformed_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "encrypted_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "unreadable_file"),
        (bytes(range(256)) * 40, "noise.txt", "unreadable_file"),
        (bytes(100_000), "zeros.txt", "unreadable_file"),
        (b"Hello, this is a transcript without any times at all.", "talk.srt", "no_cue_times"),
    ],
)
def test_what_can_not_be_read_is_refused_with_a_code_and_an_advice(data, name, code):
    with pytest.raises(Unprocessable) as refused:
        sniff(data[:65536], len(data) <= 65536, name)

    assert refused.value.error_code == code
    assert refused.value.message.endswith(".")
    assert len(refused.value.message.split()) > 6


def test_an_archive_is_what_its_members_say(tmp_path):
    word = samples.docx(tmp_path, samples.paragraph("Hi"))
    book = samples.epub(tmp_path, {"a": samples.xhtml("<p>Hi</p>")}, ["a"])
    sheet = samples.archive(tmp_path, {"[Content_Types].xml": samples.TYPES, "xl/workbook.xml": "<x/>"})
    plain = samples.archive(tmp_path, {"a.txt": "Hi"})

    assert sniff(word, True, "renamed.zip") == DOCX
    assert sniff(book, True, None) == EPUB
    for data, name in ((sheet, "a.xlsx"), (sheet, "a.docx"), (plain, "a.zip")):
        with pytest.raises(Unprocessable):
            sniff(data, True, name)


def test_the_beginning_of_a_large_archive_is_enough(tmp_path):
    noise = random.Random(5).randbytes(300_000)
    word = samples.archive(
        tmp_path, {"[Content_Types].xml": samples.TYPES, "word/media/a.png": noise, "word/document.xml": "<x/>"}
    )

    assert sniff(word[:65536], False, None) == DOCX


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.srt", "a.json"])
@pytest.mark.parametrize("piece", ["a", " ", "\n", "<a ", "<!--", "[", "Ann (", "0:00 ", "**", "&", "\u00e9 ", "{\\"])
def test_text_made_to_be_slow_is_read_or_refused(tmp_path, piece, name):
    """With a quadratic step in it this would take minutes."""
    start = "1\n00:00:01,000 --> 00:00:02,000\n" if name == "a.srt" else ""
    try:
        samples.read(tmp_path, name, f"{start}So. {piece * 20_000}x".encode("latin-1"))
    except Unprocessable as refused:
        assert refused.message.endswith(".")
