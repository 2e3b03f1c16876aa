"""Files to text: what a file is, is decided by its content; its name only breaks ties."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence

from charset_normalizer import from_bytes
from markdown_it import MarkdownIt
from msgspec import Struct, field

from app.features.sources import subtitles
from app.features.sources.subtitles import Cue
from app.shared.exceptions import Unprocessable
from app.shared.text import normalise, words

MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a bitmap picture"),
    (b"RIFF", "a RIFF media file"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
)
SNIFFED = 65536
_TIME_MARK = re.compile(r"\\?\[(?:\d{1,2}:)?\d{1,2}:\d{2}\\?\]\s?")
_STAGE_MARK = re.compile(
    r"\\?\[(?:laughter|laughs|applause|music|crosstalk|unintelligible|inaudible)[^\]\\]{0,60}\\?\]\s?", re.IGNORECASE
)
_SPEAKER_LINE = re.compile(r"^\*\*([^*\n:]{1,80}):\*\*[ \t]*", re.MULTILINE)
_WORDY_CONTROL = frozenset(b"\t\n\r\f\x1b")


class Heading(Struct, frozen=True):
    """Where a heading stands, and how deep (1 is the outermost)."""

    start: int
    level: int
    title: str


class Reading(Struct):
    """What a reader got out of a file: normalised text, and what points into it."""

    text: str
    media_type: str
    reader: str
    cues: list[Cue] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    duration_seconds: float | None = None


def sniff(data: bytes, filename: str | None) -> str:
    """The media type of what can be read; raises `Unprocessable` for what can't, saying what it is."""
    if not data.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Unprocessable("The file is empty.", code="empty_file")
    head = data[:SNIFFED]
    for magic, what in MAGIC:
        if head.startswith(magic) and (not magic.isalnum() or b"\x00" in head):
            raise Unprocessable(
                f"This is {what}, not text; send a transcript, subtitles or a text file.", code="unreadable_file"
            )
    if head[4:12] in {b"ftypisom", b"ftypmp42", b"ftypM4A ", b"ftypqt  ", b"ftypiso2", b"ftypavc1"}:
        raise Unprocessable(
            "This is a video or recording, not text; send its transcript or subtitles.", code="unreadable_file"
        )
    text = decode(head, whole=len(head) == len(data))
    if re.match(r"\s*(<!doctype html|<html|<\?xml)", text, re.IGNORECASE):
        raise Unprocessable(
            "This is a web page or XML, not text; send the text that stands in it.", code="unreadable_file"
        )
    if text.lstrip("\ufeff \t\r\n").startswith("WEBVTT"):
        return "text/vtt"
    name = (filename or "").lower()
    if subtitles.has_cue_times(text):
        return "text/vtt" if name.endswith(".vtt") else "application/x-subrip"
    if name.endswith((".srt", ".vtt")):
        raise Unprocessable(
            "The file is named as subtitles but has no cue times (00:00:01,000 --> 00:00:03,000); "
            "if it is a plain transcript, send it as .txt.",
            code="no_cue_times",
        )
    if name.endswith((".md", ".markdown")) or re.search(r"^(#{1,6} \S|\*\*[^*\n]{1,80}:\*\* )", text, re.MULTILINE):
        return "text/markdown"
    return "text/plain"


def read(data: bytes, filename: str | None) -> Reading:
    """Decode, parse and normalise. Raises `Unprocessable` where there is nothing to read."""
    media_type = sniff(data, filename)
    reading = READERS[media_type](normalise(decode(data)))
    reading.media_type = media_type
    if not words(reading.text):
        raise Unprocessable("There are no words in it.", code="no_text")
    return reading


def decode(data: bytes, *, whole: bool = True) -> str:
    """Bytes to text: a byte order mark, UTF-8, UTF-16 by its zero bytes, then Windows-1252 and what statistics say.

    *whole* is False for the beginning of a longer file, which may end inside a character.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data[: len(data) - len(data) % 2 if encoding == "utf-16" else None].decode(encoding, "replace")
    even, odd = data[0:2000:2].count(0), data[1:2000:2].count(0)
    if max(even, odd) > len(data[:2000]) * 0.3:
        return data[: len(data) - len(data) % 2].decode("utf-16-be" if even > odd else "utf-16-le", "replace")
    try:
        return _plain(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(data) - 4:
            return _plain(data[: error.start].decode("utf-8"))
    control = sum(byte < 32 and byte not in _WORDY_CONTROL for byte in data[:SNIFFED])
    if control > len(data[:SNIFFED]) * 0.01:
        raise Unprocessable("This is not text; send a transcript, subtitles or a text file.", code="unreadable_file")
    # a Western guess is right far more often than statistics on a short text, which take Portuguese for Polish
    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        western = None
    if western is not None and _looks_western(western):
        return western
    best = from_bytes(data[:SNIFFED]).best()
    return data.decode(best.encoding if best else "latin-1", "replace")


def _plain(text: str) -> str:
    if text.count("\x00") > len(text) * 0.01:
        raise Unprocessable("This is not text; send a transcript, subtitles or a text file.", code="unreadable_file")
    return text


def _looks_western(text: str) -> bool:
    """High characters that stand in words are mostly the accented letters of western languages."""
    high = [character for character in text if character > "\x7f"]
    usual = sum(
        character in "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœÀÁÂÃÄÅÆÇÈÉÊËÍÎÑÓÔÕÖØÚÜ’‘“”–—…«»°©®£€§·•¡¿ºª" for character in high
    )
    return not high or usual / len(high) > 0.8


def read_plain(text: str) -> Reading:
    return Reading(text.strip(), "text/plain", "text-1")


def read_subtitles(text: str) -> Reading:
    cues, body = subtitles.read(text)
    duration = max((cue.end_seconds or 0 for cue in cues), default=None)
    return Reading(body, "", "subtitles-1", cues=cues, duration_seconds=duration)


def read_markdown(text: str) -> Reading:
    """Words and headings without the markup; `**Name:**` at a paragraph's start is a speaker's turn."""
    source = _STAGE_MARK.sub("", _TIME_MARK.sub("", text))
    often = Counter(name.strip() for name in _SPEAKER_LINE.findall(source))
    source = _SPEAKER_LINE.sub(lambda line: f"\n{line.group()}", source)
    parts: list[str] = []
    headings: list[Heading] = []
    turns: list[tuple[int, str]] = []
    length, level = 0, 0
    for token in MarkdownIt("commonmark").parse(source):
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type in {"fence", "code_block"} and token.content.strip():
            length = _append(parts, length, token.content.strip())
        elif token.type == "inline":
            speaker = _SPEAKER_LINE.match(token.content)
            words_only = _inline_text(token.children or [])
            if speaker and (level or often[speaker.group(1).strip()] < 2):
                speaker = None  # a bold label, not somebody who speaks
            if speaker:
                words_only = words_only[len(speaker.group(1)) + 1 :].lstrip()
            start = length + (2 if parts else 0)
            if words_only.strip():
                length = _append(parts, length, words_only.strip())
                if level:
                    headings.append(Heading(start, level, words_only.strip()[:300]))
                elif speaker:
                    turns.append((start, speaker.group(1).strip()))
            level = 0
    body = "\n\n".join(parts)
    cues = [
        Cue(start, _turn_end(body, turns, index), None, None, speaker) for index, (start, speaker) in enumerate(turns)
    ]
    return Reading(body, "text/markdown", "markdown-1", cues=cues, headings=headings)


def _append(parts: list[str], length: int, part: str) -> int:
    length += len(part) + (2 if parts else 0)
    parts.append(part)
    return length


def _inline_text(children: Sequence[object]) -> str:
    text = []
    for child in children:
        kind = getattr(child, "type", "")
        if kind in {"text", "code_inline"}:
            text.append(getattr(child, "content", ""))
        elif kind in {"softbreak", "hardbreak"}:
            text.append(" ")
        elif kind == "image":
            text.append(getattr(child, "content", ""))
    return "".join(text)


def _turn_end(body: str, turns: list[tuple[int, str]], index: int) -> int:
    end = turns[index + 1][0] if index + 1 < len(turns) else len(body)
    while end > turns[index][0] and body[end - 1].isspace():
        end -= 1
    return end


READERS: dict[str, Callable[[str], Reading]] = {
    "text/plain": read_plain,
    "text/markdown": read_markdown,
    "text/vtt": read_subtitles,
    "application/x-subrip": read_subtitles,
}


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def checksum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
