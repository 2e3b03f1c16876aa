"""A script version as a file: which formats there are, and what the files are called."""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

from msgspec import Struct

from app.features.scripts.exports.data import write_data
from app.features.scripts.exports.document import ExportScript, cleaned
from app.features.scripts.exports.fountain import write_fountain
from app.features.scripts.exports.markdown import write_markdown
from app.features.scripts.exports.plain import write_plain
from app.features.scripts.exports.subtitles import write_srt, write_vtt
from app.features.scripts.exports.teleprompter import write_teleprompter
from app.features.scripts.exports.timeline import write_timeline
from app.features.scripts.exports.youtube import write_youtube
from app.features.scripts.schemas import ExportFormat

LONGEST_SLUG = 80


class ExportFile(Struct, frozen=True):
    """A file to hand out. `name` is safe on every file system and may hold letters of any script."""

    name: str
    media_type: str
    body: bytes

    @property
    def disposition(self) -> str:
        """The Content-Disposition header (RFC 6266): a name of ASCII letters for old clients, the name itself for others."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        stem, dot, rest = plain.rpartition("-v")
        fallback = f"{stem.strip('-') or 'script'}{dot}{rest}"
        return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(self.name, safe='')}"


class _Format(Struct, frozen=True):
    ending: str
    media_type: str
    write: Callable[[ExportScript], str | bytes]


def write_word(script: ExportScript) -> bytes:
    """Word's library is loaded by the first who wants a Word file: it takes 7 MB."""
    from app.features.scripts.exports import word  # noqa: PLC0415

    return word.write_word(script)


FORMATS: dict[str, _Format] = {
    "md": _Format(".md", "text/markdown", write_markdown),
    "txt": _Format(".txt", "text/plain", write_plain),
    "docx": _Format(".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", write_word),
    "fountain": _Format(".fountain", "text/plain", write_fountain),
    "otio": _Format(".otio", "application/vnd.pixar.opentimelineio+json", write_timeline),
    "json": _Format(".json", "application/json", write_data),
    "youtube": _Format("-youtube.md", "text/markdown", write_youtube),
    "teleprompter": _Format("-teleprompter.html", "text/html", write_teleprompter),
    "srt": _Format(".srt", "application/x-subrip; charset=utf-8", write_srt),
    "vtt": _Format(".vtt", "text/vtt", write_vtt),
}


def export(format: ExportFormat, script: ExportScript) -> ExportFile:  # noqa: A002  the word of the contract
    """The same script gives the same bytes."""
    kind = FORMATS[format]
    body = kind.write(script if format == "json" else cleaned(script))
    return ExportFile(
        file_name(script.title, script.version, kind.ending),
        kind.media_type,
        body.encode(errors="replace") if isinstance(body, str) else body,
    )


def file_name(title: str, version: int, ending: str) -> str:
    """how-sailors-found-their-longitude-v3.md"""
    slug = "-".join(re.findall(r"[^\W_]+", re.sub(r"['’]", "", unicodedata.normalize("NFC", title)).lower()))
    while len(slug) > LONGEST_SLUG or len(slug.encode()) > 2 * LONGEST_SLUG:
        slug = slug.rpartition("-")[0] if "-" in slug[20:] else slug[: len(slug) - 1]
    return f"{slug.strip('-') or 'script'}-v{version}{ending}"
