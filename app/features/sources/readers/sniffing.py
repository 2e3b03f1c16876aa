"""What a file is, told by its beginning; its name only breaks ties. Cheap, and safe to run in the API."""

import io
import re
import zipfile
import zlib
from importlib.util import find_spec

from app.features.sources.readers.decoding import SNIFFED, decode
from app.features.sources.readers.limits import Limits, encrypted, malformed, too_large, unreadable
from app.features.sources.readers.timing import has_cue_times
from app.shared.exceptions import Unprocessable

PLAIN, MARKDOWN, HTML, JSON = "text/plain", "text/markdown", "text/html", "application/json"
SUBRIP, WEBVTT, PDF = "application/x-subrip", "text/vtt", "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EPUB = "application/epub+zip"

REFUSED = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a bitmap picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"8BPS", "a Photoshop picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\x00asm", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
MEDIA = (
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"FLV\x01", "video/x-flv"),
    (b"#!AMR", "audio/amr"),
    (b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-asf"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
)
PICTURE_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"crx "}
OFFICE = (("xl/", "a spreadsheet"), ("ppt/", "a presentation"), ("AndroidManifest.xml", "a program"))
_ELEMENT = re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:(?><!--.{0,2000}?-->)\s*+)*+<(!doctype\s+)?([a-z][\w:.-]*)", re.IGNORECASE | re.DOTALL)  # fmt: skip
_HTML_TAG = re.compile(r"<(?:html|head|body|title|meta|article|div|p|h[1-6]|table|ul|ol|section|main|span|br)\b[^>]{0,300}>", re.IGNORECASE)  # fmt: skip
_HTML_START = frozenset((
    "html", "head", "body", "title", "meta", "article", "div", "p", "h1", "h2", "h3", "h4", "table", "ul", "ol",
    "section", "main", "header",
))  # fmt: skip
_JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\{\]"]|\[\s*\[\s*["\d])')
_MARKDOWN = re.compile(r"^(#{1,6} \S|\*\*[^*\n]{1,80}:\*\* )", re.MULTILINE)


def sniff(head: bytes, whole: bool, filename: str | None) -> str:
    """The media type of what can be read; raises `Unprocessable` for what certainly can't, saying what it is.

    *whole* says that *head* is all of it; otherwise 64 KiB are enough.
    """
    if not head.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe"):
        if whole:
            raise Unprocessable("The file is empty; send one with text in it.", code="empty_file")
        raise unreadable("The file begins with nothing but blanks.")
    name = (filename or "").lower()
    if found := _document(head, whole, name):
        return found
    if found := _media(head):
        _refuse_unread_media()
        return found
    _refuse_pictures_and_programs(head)
    return _text(decode(head[:SNIFFED], whole=whole and len(head) <= SNIFFED), whole, name)


def is_media(media_type: str) -> bool:
    return media_type.startswith(("audio/", "video/"))


def reads_media() -> bool:
    """Whether recordings can be read here: an installation can do without the `media` extra."""
    return find_spec("av") is not None


def _refuse_unread_media() -> None:
    if not reads_media():
        raise Unprocessable(
            "This is a recording, and recordings are not read here: this installation lacks the media extra. "
            "Send a transcript or subtitles, or ask the operator to install strand[media].",
            code="media_not_supported",
        )


def _document(head: bytes, whole: bool, name: str) -> str | None:
    """A PDF, a word processor's document or a book; a name that promises one has to be kept."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(head, whole, name)
    if b"%PDF-" in head[:1024] and (name.endswith(".pdf") or head[:1024].lstrip().startswith(b"%PDF-")):
        return PDF
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in head or (not whole and name.endswith((".docx", ".docm"))):
            raise encrypted("This Office document is protected with a password.")
        raise unreadable("This is an old Office document.", "Save it as .docx or PDF and send that.")
    if head.startswith(b"{\\rtf"):
        raise unreadable("This is a rich text (RTF) document.", "Save it as .docx, PDF or plain text and send that.")
    for suffix, what in ((".pdf", "PDF"), (".docx", "Word document"), (".epub", "EPUB book")):
        if name.endswith(suffix):
            raise malformed(f"The file is named as a {what} but is none, or is damaged at its beginning.")
    return None


def _archive(head: bytes, whole: bool, name: str) -> str:
    """What the members' names say. Without the archive's end only the first names are seen: then its name decides."""
    names = _names_in_archive(head, whole)
    mimetype = head[30:38] == b"mimetype" and head[38:100]
    if (
        "META-INF/container.xml" in names
        or any(one.endswith(".opf") for one in names)
        or (mimetype and EPUB.encode() in mimetype)
    ):
        return EPUB
    if mimetype and b"opendocument" in mimetype:
        raise unreadable("This is an OpenDocument file.", "Save it as .docx or PDF and send that.")
    if any(one.startswith("word/") for one in names):
        return DOCX
    for part, what in OFFICE:
        if any(one.startswith(part) for one in names):
            raise unreadable(f"This is {what}.")
    if whole and name.endswith((".docx", ".epub")):
        raise malformed("The archive lacks the parts that a Word document or an EPUB book has.")
    if name.endswith((".docx", ".docm")) or (not whole and "[Content_Types].xml" in names):
        return DOCX
    if name.endswith(".epub"):
        return EPUB
    raise unreadable("This is a ZIP archive.", "Unpack it and send the files that are in it.")


def _names_in_archive(head: bytes, whole: bool) -> set[str]:
    if not whole:
        starts = (found.start() for found in re.finditer(rb"PK\x03\x04", head))
        lengths = ((at + 30, int.from_bytes(head[at + 26 : at + 28], "little")) for at in starts)
        return {head[at : at + length].decode("utf-8", "replace") for at, length in lengths}
    if head.count(b"PK\x01\x02") > Limits().members:
        raise too_large("The archive consists of far too many files.", "Unpack it and send the files that matter.")
    try:
        return set(zipfile.ZipFile(io.BytesIO(head)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, zlib.error):  # as in archives.py
        raise malformed("The file is a damaged ZIP archive, Word document or EPUB book.") from None


def _media(head: bytes) -> str | None:
    if head[4:8] == b"ftyp" or head[4:8] in {b"moov", b"mdat", b"wide"}:
        brand = head[8:12]
        if brand in PICTURE_BRANDS:
            raise unreadable("This is a HEIF or AVIF picture.")
        return "audio/mp4" if brand in {b"M4A ", b"M4B "} else "video/mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith((b"RIFF", b"RF64")) and len(head) >= 12:
        kind = {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
        if kind is None and head[8:12] == b"WEBP":
            raise unreadable("This is a WebP picture.")
        if kind:
            return kind
    if head.startswith(b"FORM") and head[8:12] in {b"AIFF", b"AIFC"}:
        return "audio/aiff"
    if len(head) > 380 and head[0] == head[188] == head[376] == 0x47:
        return "video/mp2t"
    for magic, kind in MEDIA:
        if head.startswith(magic) and (not magic.isalnum() or b"\x00" in head):
            return kind
    return _mpeg_audio(head)


def _mpeg_audio(head: bytes) -> str | None:
    """MP3 or AAC without any header: a frame's sync, fields that no frame may have wrong, and bytes no text has."""
    if len(head) < 4 or head[0] != 0xFF or b"\x00" not in head[:4096] or head.startswith(b"\xff\xfe"):
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    mp3 = head[1] & 0xE0 == 0xE0 and head[1] & 0x18 != 0x08 and head[1] & 0x06 == 0x02 and head[2] >> 4 not in {0, 15}
    return "audio/mpeg" if mp3 else None


def _refuse_pictures_and_programs(head: bytes) -> None:
    for magic, what in REFUSED:
        if head.startswith(magic) and (not magic.isalnum() or b"\x00" in head):
            raise unreadable(f"This is {what}.")


def _text(text: str, whole: bool, name: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("WEBVTT"):
        return WEBVTT
    if markup := _markup(start, name):
        return markup
    if _JSON_START.match(start) and not name.endswith((".md", ".markdown", ".txt", ".srt", ".vtt")):
        return JSON
    if has_cue_times(text):
        return WEBVTT if name.endswith(".vtt") else SUBRIP
    if name.endswith((".srt", ".vtt")) and whole:
        raise Unprocessable(
            "The file is named as subtitles but has no cue times (00:00:01,000 --> 00:00:03,000); "
            "if it is a plain transcript, send it as .txt.",
            code="no_cue_times",
        )
    if name.endswith(".json") or (_JSON_START.match(start) and start.startswith("{")):
        return JSON
    if name.endswith((".md", ".markdown")) or _MARKDOWN.search(text):
        return MARKDOWN
    return PLAIN


def _markup(start: str, name: str) -> str | None:
    """A page is a page whatever its name; text with a tag in it is not."""
    found = _ELEMENT.match(start)
    if found is None:
        return HTML if name.endswith((".html", ".htm", ".xhtml")) else None
    element = found.group(2).lower()
    if element == "svg" or (found.group(1) and "<svg" in start[:2000].lower()):
        raise unreadable("This is an SVG picture.")
    if element == "html" or name.endswith((".html", ".htm", ".xhtml")):
        return HTML
    if start.startswith("<?xml"):
        if re.search(r"<(?:\w+:)?html\b", start[:4000], re.IGNORECASE):
            return HTML
        raise unreadable("This is XML, not text.", "Send the text that stands in it.")
    return HTML if element in _HTML_START and len(_HTML_TAG.findall(start[:20000])) >= 3 else None
