"""How much a file may cost to read, and the sentences for what costs more."""

from msgspec import Struct

from app.shared.exceptions import Unprocessable

MIB = 1024 * 1024


class Limits(Struct, frozen=True, kw_only=True):
    """For one file. Wall time is held by the parent, everything else by the reading process itself."""

    memory_bytes: int = 1024 * MIB
    """Address space: code, libraries and thread stacks count too, about 150 MiB of it before anything is read."""
    cpu_seconds: int = 60
    wall_seconds: float = 120
    media_cpu_seconds: int = 900
    """The most that a recording gets; it gets `cpu_seconds` and a tenth of its duration, up to this."""
    media_wall_seconds: float = 800
    written_bytes: int = 256 * MIB
    """Of any one file that the reading process writes, its answer included."""
    open_files: int = 64
    text_characters: int = 20_000_000
    text_bytes: int = 100 * MIB
    """Of a file that is text, which is held in memory whole."""
    document_bytes: int = 512 * MIB
    """Of a PDF or a ZIP, which are read piece by piece."""
    unpacked_bytes: int = 200 * MIB
    """Of all that is really read out of one archive."""
    members: int = 20_000
    pages: int = 10_000
    audio_part_bytes: int = 24 * MIB
    """Speech services take 25 MB at most."""


def too_large(what: str, advice: str = "Split it and send the parts.") -> Unprocessable:
    return Unprocessable(f"{what} {advice}", code="too_large_inside")


def malformed(what: str, advice: str = "Open it, save it again and send the new file.") -> Unprocessable:
    return Unprocessable(f"{what} {advice}", code="malformed_file")


def unreadable(what: str, advice: str = "Send a transcript, subtitles, a text or a document.") -> Unprocessable:
    return Unprocessable(f"{what} {advice}", code="unreadable_file")


def encrypted(what: str) -> Unprocessable:
    return Unprocessable(f"{what} Remove the protection and send it again.", code="encrypted_file")


def no_text(what: str) -> Unprocessable:
    return Unprocessable(what, code="no_text")
