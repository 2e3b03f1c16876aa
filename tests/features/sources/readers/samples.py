"""Small documents and recordings, made by code, each with what a test needs in it."""

import math
import zipfile
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from app.features.sources.readers.guard import _look
from app.features.sources.readers.limits import Limits
from app.features.sources.readers.model import Reading
from app.features.sources.readers.registry import read_file

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
STYLES = (
    f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Kop2"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="My own"/><w:basedOn w:val="Kop2"/></w:style></w:styles>'
)
CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def read(folder: Path, name: str, data: bytes | str, limits: Limits | None = None) -> Reading:
    """Read in this process, as the guarded one does."""
    path = folder / f"given-{name}"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(_look(path, name, folder, limits or Limits()))


def archive(folder: Path, members: dict[str, str | bytes], name: str = "made.zip") -> bytes:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for member, data in members.items():
            made.writestr(member, data)
    return path.read_bytes()


def paragraph(text: str, style: str = "") -> str:
    kind = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{kind}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def docx(folder: Path, body: str, **parts: str) -> bytes:
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": STYLES,
    }
    return archive(folder, members | {f"word/{name}.xml": data for name, data in parts.items()})


def epub(
    folder: Path, chapters: dict[str, str], spine: Sequence[str], extra: dict[str, str | bytes] | None = None
) -> bytes:
    items = "".join(
        f'<item id="{name}" href="text/{name}.xhtml" media-type="application/xhtml+xml"/>' for name in chapters
    )
    order = "".join(f'<itemref idref="{name}"/>' for name in spine)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0"><metadata>'
        "<dc:title>The Sea Clock</dc:title><dc:creator>Ada Quill</dc:creator><dc:date>1998-05-02</dc:date></metadata>"
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package,
    }  # fmt: skip
    pages = {f"OEBPS/text/{name}.xhtml": page for name, page in chapters.items()}
    return archive(folder, members | pages | (extra or {}))


def xhtml(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title/></head><body>{body}</body></html>"
    )


def pdf(pages: Sequence[Sequence[tuple[float, float, float, str]]], count: int | None = None) -> bytes:
    """Each page is a row of (x, y, size, text) in Helvetica on 612 by 792 points; *count* is what the file claims."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]  # fmt: skip
    kids = []
    for lines in pages:
        said = b"".join(
            b"BT /F1 %g Tf %g %g Td (%s) Tj ET\n"
            % (size, x, y, text.translate({40: "\\(", 41: "\\)"}).encode("cp1252"))
            for x, y, size, text in lines
        )
        packed = zlib.compress(said)
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), count or len(kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def prose_lines(text: str, y: float = 700, x: float = 72, size: float = 11, width: int = 80) -> list[tuple[float, float, float, str]]:  # fmt: skip
    """Text set in lines of about *width* characters."""
    lines: list[str] = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [(x, y - 1.25 * size * number, size, line) for number, line in enumerate(lines)]


def sound(path: Path, seconds: float, rate: int = 22_050, codec: str = "pcm_s16le", form: str | None = None) -> bytes:
    """A tone that swells and fades once a second."""
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = "mono"
        _sing(out, stream, seconds, rate)
    return path.read_bytes()


def _sing(out: av.container.OutputContainer, stream: av.AudioStream, seconds: float, rate: int) -> None:
    time = np.arange(int(seconds * rate)) / rate
    tone = (np.sin(2 * math.pi * 330 * time) * np.abs(np.sin(math.pi * time)) * 12_000).astype(np.int16)
    for start in range(0, len(tone), 1024):
        frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def video(
    path: Path, seconds: int = 4, black_seconds: int = 1, subtitles: str | None = None, audible: bool = True
) -> bytes:
    """Black at first, then stripes; *subtitles* is SubRip text that becomes a track."""
    with av.open(str(path), "w") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 720, 406, "yuv420p"
        voice = out.add_stream("aac", rate=22_050, layout="mono") if audible else None
        track = None
        if subtitles is not None:
            written = path.with_suffix(".track.srt")
            written.write_text(subtitles)
            given = av.open(str(written))
            track = out.add_stream_from_template(given.streams.subtitles[0])
        for number in range(seconds * 10):
            image = np.zeros((406, 720, 3), np.uint8)
            if number >= black_seconds * 10:
                image[:, ::4], image[::8] = (200, 90, 40), (20, 220, 120)
            out.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(picture.encode(None))
        if voice is not None:
            _sing(out, voice, seconds, 22_050)
        if track is not None:
            for packet in given.demux(given.streams.subtitles[0]):
                if packet.size:
                    packet.stream = track
                    out.mux(packet)
            given.close()
    return path.read_bytes()
