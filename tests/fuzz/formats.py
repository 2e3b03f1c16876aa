"""What is fuzzed: for each format its seeds, how they are changed, and what has to hold of what comes out."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np

from app.features.dna.fingerprint import LENGTHS, VoicePrint, dump
from app.features.dna.foreign_prints import check_print
from app.features.dna.portable import PortableProfile

# the readers load each other by name; a fuzzer that guides itself by coverage has to see them loaded
from app.features.sources.readers import docx, epub, markdown, media, pdf, plain, subtitles, transcripts, web_pages
from tests.features.sources.readers import samples
from tests.features.sources.readers.test_transcripts import FORMS
from tests.fuzz import mutating, properties

LOADED = (docx, epub, markdown, media, pdf, plain, subtitles, transcripts, web_pages)
SAID = "The harbour clock was slow. Nobody had noticed; it cost nine minutes a day."
DOCX_WORDS = (
    "<w:p><w:r><w:t>said</w:t></w:r></w:p>", '<w:footnoteReference w:id="2"/>', "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>",
    "<w:txbxContent>", '<w:pStyle w:val="Mine"/>', '<w:outlineLvl w:val="99999"/>', '<w:basedOn w:val="Mine"/>', "<w:del>", "<w:sdt>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "&#0;", "&#xD800;", "<![CDATA[", '<?xml version="1.0" encoding="utf-7"?>', "http://127.0.0.1/",
    "../../x.xml", "/officeDocument", "²", "-1", "w:val=", 'Target="../word/document.xml"', "D:20240101", "2024-13-45T99:99:99+99:99",
)  # fmt: skip
EPUB_WORDS = (
    '<itemref idref="a"/>', '<item id="a" href="text/a.xhtml" media-type="application/xhtml+xml"/>', "../../../etc/passwd", "%2e%2e/", "%00", "%ff",
    'properties="nav"', '<nav epub:type="toc"><ol><li><a href="a.xhtml">', "<tr><td>", "<pre>", "<h1>", "<script>", "<svg>", "<!ENTITY a 'b'>", "&a;",
    '<EncryptionMethod Algorithm="x"/>', '<CipherReference URI="OEBPS/text/a.xhtml"/>', "full-path=", "#", "<ruby>", '<?xml version="1.0"?>', "</body>",
)  # fmt: skip
HTML_WORDS = (
    "<p>", "</p>", "<div>", "<table><tr><td>", "<td>", "<tr>", "</table>", "<h1>", "<pre>", "<article>", "<nav>", "<a href=x>", "<ul><li>", "<script type='application/ld+json'>",
    '{"@graph": [{"headline": 1, "author": [{"name": ["x"]}]}]}', "<meta charset=", "<meta charset='utf-7'>", "<meta charset='idna'>", "<meta charset='hex'>", "<base href='//'>", "<svg>", "<math>",
    "<![CDATA[", "<!--", "-->", "<?php", "&#0;", "&#xD800;", "&#x110000;", "&nbsp;", "<br/>", "<template>", "<!ENTITY a 'b'>", "<time datetime='PT'>", '<time datetime="9999-12-31T23:59:59-23:59">',
    "class=author", "rel=author", "itemprop=datePublished content=", "<frameset>", "<plaintext>", "<noscript>", "<select><option>", "</html>", "</body>", "<title>",
)  # fmt: skip
TEXT_WORDS = (
    "Ann: ", "BO (00:12): ", "[00:12] Ann: ", "0:12\n", "**Ann:** ", ">> ", "00:00:01", "99:99:99,999", "\n\n", "\u2028", "- ", "Ann Lee\n", "1:2:3:4 ", "Dr. ", "e.g. ", "...", "[1]", "U.S. ",
    "I. Newton", "’", "(", "![", "](", "```\n", "---\ntitle: x\n---\n", "# ", "|a|b|\n|-|-|\n", "> ", "<b>", "&amp;", "&#0;", "[laughs]", "***", "~~", "1. ", "\t", "\r", "\x0c", "\\",
)  # fmt: skip
SUBTITLE_WORDS = (
    "1\n00:00:01,000 --> 00:00:02,000\n", "00:01.000 --> 00:02.000 align:start position:0%\n", "WEBVTT\n\n", "NOTE ", "STYLE\n::cue {}\n", "REGION\n", "<v Ann>", "</v>", "<c.yellow>", "</c>", "<00:00:01.500>",
    "{\\an8}", "-->", "999:99:99,999 --> 000:00:00,000", "0:00:01.000,0:00:02.000\n", "Ann: ", "- ", "&lt;", "&#0;", "&#xD800;", "\n \n", "2\n", "X-TIMESTAMP-MAP=MPEGTS:9", "<v.loud  >", "<v \x0b>",
)  # fmt: skip
JSON_WORDS = (
    "segments", "utterances", "monologues", "results", "channels", "alternatives", "transcript", "words", "elements", "events", "segs", "utf8", "tStartMs", "dDurationMs", "start", "end", "start_ms", "timestamp",
    "timestamps", "offsets", "offsetInTicks", "durationInTicks", "speaker", "name", "text", "word", "paragraphs", "sentences", "00:00:01,5", "PT1H2M3.5S", "1.5s", "-3s", "title", "duration", "٣", "²", ".", "{", "]", "\n{}\n",
)  # fmt: skip
PDF_WORDS = (
    "/Kids", "/Count", "/Parent", "/Pages", "/Page", "/Contents", "/Length", "/Filter", "/FlateDecode", "/LZWDecode", "/ASCIIHexDecode", "/DCTDecode", "/MediaBox [0 0 0 0]", "/MediaBox [-1e9 -1e9 1e9 1e9]", "/Rotate 37",
    "/Encrypt << /Filter /Standard /V 5 >>", "/Title", "/CreationDate (D:99999999999999+99'99)", "/ObjStm", "Tj", "TJ", "Td", "Tm", "BT", "ET", "1 0 0 1 0 0 Tm", "0 0 0 0 0 0 Tm", "/F1 0 Tf", "/F1 -5 Tf", "/F1 1e9 Tf",
    "(\\255\\002)", "<FEFFD800>", "/ToUnicode", "/Encoding /Identity-H", "Do", "q", "Q", "T*", "99999 Tc", "3 Tr",
)  # fmt: skip
ROBOTS_WORDS = ("User-agent: *\n", "User-agent: StrandReader\n", "Disallow: /", "Allow: /a*b$\n", "*" * 50, "$", "%", "%2f", "%zz", "#", ":", "\r", "Crawl-delay: 1\n", "Sitemap: x\n", "/a/b?c=d", "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"))  # fmt: skip
URL_WORDS = ("http://", "https://", "//", "\\", "@", ":", ":443", ":0", ":99999", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1", "0x7f.1", "2130706433", "１２７.0.0.1", "。", "xn--", "ß", "example.org", ".", "..", "/../", "%2e%2e", "%", "?", "#", "\t", "\n", " ", ";", "[", "]", "%25", "localhost", "\u200d", "ا", "\u0661")  # fmt: skip


@dataclass(frozen=True)
class Format:
    """Its seeds are made when it runs; *check* raises on what must not happen."""

    seeds: Callable[[Path], list[bytes]]
    check: Callable[[Path, bytes], None]
    mutate: mutating.Mutator


def named(*names: str) -> Callable[[Path, bytes], None]:
    """Read under one of these names, which the file's own bytes choose."""

    def check(folder: Path, data: bytes) -> None:
        properties.check_file(folder, names[len(data) // 8 % len(names)], data)

    return check


def text_seeds(_: Path) -> list[bytes]:
    turns = "\n".join(f"{name}: {SAID}" for name in ("Ann", "Bo", "Ann", "Bo"))
    timed = "\n".join(f"[{n}:0{n}] {SAID}" for n in range(4))
    headed = "\n".join(f"Ann Lee  {n}:12\n{SAID}" for n in range(4))
    texts = [
        SAID,
        turns,
        timed,
        headed,
        f"{SAID}\n\n{SAID}",
        "Çà et là, l’été dernier. " * 3,
        "Кто там? Это мы. " * 9,
        "時は金なり。" * 9,
    ]
    return [*(text.encode() for text in texts), SAID.encode("utf-16"), SAID.encode("utf-16-le"), texts[5].encode("cp1252"), texts[6].encode("koi8-r"), texts[7].encode("shift_jis"), texts[7].encode("iso2022_jp")]  # fmt: skip


def markdown_seeds(_: Path) -> list[bytes]:
    front = f'---\ntitle: "Of clocks"\nauthor: Ann\n---\n# One\n\n{SAID}\n\n## Two\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n'
    talk = "".join(f"**{name}:** [00:0{n}] {SAID} [laughs]\n\n" for n, name in enumerate(("Ann", "Bo", "Ann", "Bo")))
    return [front.encode(), talk.encode(), f"# A\n<div>{SAID}</div>\n> quoted *deeply* [x](y) ![z](w)\n".encode()]


def html_seeds(_: Path) -> list[bytes]:
    facts = '<script type="application/ld+json">{"@graph": [{"headline": "Clocks", "author": {"name": "Ann"}, "datePublished": "2024-05-01"}]}</script>'
    body = f"<nav><ul><li><a href='/'>Home</a></ul></nav><article><h1>Of clocks</h1><p class=byline>By Ann Lee</p><time datetime='2024-05-01'>May</time><p>{SAID * 4}</p><h2>Why</h2><ul><li>{SAID}<li>b</ul><table><tr><th>a<td>b</tr><tr><td><table><tr><td>c</table></table><pre>x\n y</pre></article><footer>(c)</footer>"
    page = f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>Of clocks | Site</title><meta property='og:title' content='Clocks'>{facts}</head><body>{body}</body></html>"
    return [page.encode(), samples.xhtml(f"<p>{SAID}</p><div/>").encode(), f"<p>{SAID}</p><p>b</p><p>c</p>".encode(), page.replace("utf-8", "cp1251").encode("cp1251")]  # fmt: skip


def pdf_seeds(_: Path) -> list[bytes]:
    one = [(72.0, 700.0, 18.0, "Of clocks"), *samples.prose_lines(SAID * 6, 660)]
    two = [*samples.prose_lines(SAID * 5, width=40), *samples.prose_lines(SAID * 5, x=330, width=40)]
    made = [
        samples.pdf([one]),
        samples.pdf([one, two, [], two]),
        samples.pdf([[*two, (300, 30, 9, f"Page {n}")] for n in range(3)]),
    ]
    return [mutating.write_pdf([body for _, body in mutating._OBJECT.findall(data)]) for data in made]


def docx_seeds(folder: Path) -> list[bytes]:
    note = f'<w:footnotes {samples.W}><w:footnote w:id="2">{samples.paragraph("A note.")}</w:footnote></w:footnotes>'
    row = f"<w:tr><w:tc>{samples.paragraph('a')}</w:tc><w:tc>{samples.paragraph('b')}</w:tc></w:tr>"
    body = (
        samples.paragraph("Of clocks", "Kop2") + samples.paragraph(SAID, "Mine")
        + f'<w:p><w:r><w:t>Noted</w:t><w:footnoteReference w:id="2"/></w:r><w:ins><w:r><w:t> in.</w:t><w:br/><w:tab/></w:r></w:ins></w:p><w:tbl>{row}{row}</w:tbl>'
        + f"<w:p><w:r><w:pict><w:txbxContent>{samples.paragraph('In a box.')}</w:txbxContent></w:pict></w:r></w:p><w:sdt><w:sdtContent>{samples.paragraph('Held.')}</w:sdtContent></w:sdt>"
    )  # fmt: skip
    whole = samples.docx(folder, body, footnotes=note, endnotes=note.replace("footnote", "endnote"))
    core = '<cp:coreProperties xmlns:cp="p" xmlns:dc="d"><dc:title>Clocks</dc:title><dc:creator>Ann</dc:creator><dc:created>2024-05-01T10:00:00Z</dc:created></cp:coreProperties>'
    rels = '<Relationships><Relationship Type="http://x/officeDocument" Target="word/document.xml"/></Relationships>'
    more = {**mutating.unpacked(whole), "docProps/core.xml": core.encode(), "_rels/.rels": rels.encode()}
    return [whole, mutating.packed(more), samples.docx(folder, samples.paragraph(SAID))]


def epub_seeds(folder: Path) -> list[bytes]:
    pages = {
        "a": samples.xhtml(f"<h1>One</h1><p>{SAID * 3}</p><table><tr><td>a</td><td>b</td></tr></table>"),
        "b": samples.xhtml('<nav epub:type="toc"><ol><li><a href="a.xhtml">One</a></li></ol></nav>'),
        "c": samples.xhtml(f"<h2>Two</h2><blockquote>{SAID}<br/>x</blockquote><ul><li>y</li></ul><pre>z\n z</pre>"),
    }
    hidden = '<encryption xmlns:enc="e"><enc:EncryptedData><enc:EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/><enc:CipherData><enc:CipherReference URI="OEBPS/f.otf"/></enc:CipherData></enc:EncryptedData></encryption>'
    return [
        samples.epub(folder, pages, ["a", "c", "b"]),
        samples.epub(folder, pages, [], {"META-INF/encryption.xml": hidden}),
    ]


def subtitle_seeds(_: Path) -> list[bytes]:
    cues = [(n, f"00:00:0{n},000 --> 00:00:0{n + 1},500", said) for n, said in enumerate(("Ann: Hi.", "<i>there</i>", "Ann: - {\\an8}you", "1984"), 1)]  # fmt: skip
    srt = "\n\n".join(f"{n}\n{times}\n{said}" for n, times, said in cues)
    vtt = "WEBVTT - x\n\nNOTE a\n\nSTYLE\n::cue {}\n\n" + "\n\n".join(f"{times.replace(',', '.')} align:start\n<v Ann>{said}</v>" for _, times, said in cues)  # fmt: skip
    rolling = "WEBVTT\n\n" + "\n\n".join(f"00:00:0{n}.000 --> 00:00:0{n + 1}.000\nline {n}\nline {n + 1}<00:00:0{n}.500><c> x</c>" for n in range(6))  # fmt: skip
    sbv = "\n\n".join(f"0:00:0{n}.000,0:00:0{n + 1}.000\nsaid {n}" for n in range(4))
    return [srt.encode(), srt.replace("\n", "\r\n").encode("utf-16"), vtt.encode(), rolling.encode(), sbv.encode()]


def transcript_seeds(_: Path) -> list[bytes]:
    lines = "\n".join(json.dumps({"start": n, "end": n + 1, "text": f"said {n}"}) for n in range(4))
    return [*(json.dumps(form).encode() for form in FORMS.values()), lines.encode(), b'{"text": "A bare one."}']


def media_seeds(folder: Path) -> list[bytes]:
    track = "1\n00:00:00,100 --> 00:00:00,900\n<i>Ann:</i> Hi there.\n"
    short = {"video.mkv": {}, "video.mp4": {"subtitles": None}, "silent.mkv": {"audible": False}}
    made = [samples.video(folder / name, 1, 0, **{"subtitles": track, **more}) for name, more in short.items()]
    sounds = (("a.wav", "pcm_s16le", None), ("a.webm", "libopus", "webm"), ("a.mp3", "libmp3lame", "mp3"), ("a.flac", "flac", None), ("a.aac", "aac", "adts"))  # fmt: skip
    return [
        *made,
        *(
            samples.sound(folder / name, 0.4, 48_000 if codec == "libopus" else 22_050, codec, form)
            for name, codec, form in sounds
        ),
    ]


def profile_seeds(_: Path) -> list[bytes]:
    """One with a fingerprint of nothing that fits together as a measured one does, and one without."""
    half, whole, curve = np.ones(2, np.float16), np.ones(1, np.float32), len(LENGTHS)
    small = VoicePrint(
        hashes=np.array([1, 2], np.uint32), roots=half, weights=half, centre=half, unseen=whole, bias=whole,
        others=np.ones((3, curve), np.float32), own=np.ones((2, curve), np.float32), register=np.ones(3, np.float32), held_out=whole,
    )  # fmt: skip
    example = example_of(msgspec.json.schema(PortableProfile))
    packed = b64encode(dump(small)).decode()
    check_print(b64decode(packed))
    return [json.dumps({**example, "fingerprint": one}).encode() for one in ("AAAA", packed)]


def example_of(schema: dict[str, Any], defs: dict[str, Any] | None = None) -> Any:
    """A value that a JSON schema allows: each field there, one item in each list."""
    defs = defs or schema.get("$defs", {})
    if "$ref" in schema:
        return example_of(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], defs)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        inner = schema.get("additionalProperties")
        given = {name: example_of(one, defs) for name, one in schema.get("properties", {}).items()}
        return given or ({"x": example_of(inner, defs)} if isinstance(inner, dict) else {})
    if kind == "array":
        if "prefixItems" in schema:
            return [example_of(one, defs) for one in schema["prefixItems"]]
        inner = schema.get("items")
        return [example_of(inner, defs)] * max(1, schema.get("minItems", 1)) if isinstance(inner, dict) else []
    if kind == "string":
        return {"uuid": "0190a000-0000-7000-8000-000000000000", "date-time": "2024-05-01T10:00:00Z"}.get(schema.get("format", ""), "2024-05-01T10:00:00Z")  # fmt: skip
    return {"integer": 1, "number": 0.5, "boolean": True}.get(kind or "")


def robots_seeds(_: Path) -> list[bytes]:
    return [
        b"User-agent: *\nDisallow: /a\nAllow: /a/b$\nDisallow: /*?c=\n",
        b"\xef\xbb\xbfuser-agent: StrandReader\r\ndisallow: /%7Ex # no\r\n",
    ]


def url_seeds(_: Path) -> list[bytes]:
    return [
        b"https://example.org/a/../b?c=d#e\n../x",
        b"http://b\xc3\xbccher.example:8080/%7e%2F\n//other.example/",
        b"http://[2606:4700::1111]/\n?q",
    ]


def any_seeds(folder: Path) -> list[bytes]:
    return [seeds[0] for make in (text_seeds, markdown_seeds, html_seeds, pdf_seeds, docx_seeds, epub_seeds, subtitle_seeds, transcript_seeds) if (seeds := make(folder))]  # fmt: skip


NAMES = ("a.txt", "a.md", "a.html", "a.json", "a.srt", "a.vtt", "a.pdf", "a.docx", "a.epub", "a.mp4", "a", "a.xml")
FORMATS = {
    "text": Format(text_seeds, named("a.txt"), mutating.text_mutator(TEXT_WORDS)),
    "markdown": Format(markdown_seeds, named("a.md"), mutating.text_mutator(TEXT_WORDS)),
    "html": Format(html_seeds, named("a.html"), mutating.markup_mutator(HTML_WORDS)),
    "pdf": Format(pdf_seeds, named("a.pdf"), mutating.pdf_mutator(PDF_WORDS)),
    "docx": Format(docx_seeds, named("a.docx"), mutating.archive_mutator(DOCX_WORDS)),
    "epub": Format(epub_seeds, named("a.epub"), mutating.archive_mutator(EPUB_WORDS)),
    "subtitles": Format(subtitle_seeds, named("a.srt", "a.vtt"), mutating.text_mutator(SUBTITLE_WORDS)),
    "transcript": Format(transcript_seeds, named("a.json"), mutating.json_mutator(JSON_WORDS)),
    "media": Format(media_seeds, named("a.mp4"), mutating.binary_mutator),
    "any": Format(
        any_seeds, named(*NAMES), mutating.text_mutator((*TEXT_WORDS, *HTML_WORDS, *SUBTITLE_WORDS, *JSON_WORDS))
    ),
    "profile": Format(
        profile_seeds,
        lambda _, data: properties.check_profile(data),
        mutating.json_mutator((*JSON_WORDS, "quote", "source_id", "span")),
    ),
    "robots": Format(robots_seeds, lambda _, data: properties.check_robots(data), mutating.text_mutator(ROBOTS_WORDS)),
    "url": Format(url_seeds, lambda _, data: properties.check_url(data), mutating.text_mutator(URL_WORDS)),
}


def seeds_of(name: str) -> list[bytes]:
    with TemporaryDirectory() as folder:
        return FORMATS[name].seeds(Path(folder))
