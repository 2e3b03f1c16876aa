"""Reading a file in a process of its own, so that a hostile file takes nothing down but that."""

import asyncio
import contextlib
import logging
import os
import signal
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO

import msgspec

from app.features.sources.readers.answers import MEMORY_EXIT, Answer
from app.features.sources.readers.decoding import SNIFFED
from app.features.sources.readers.limits import Limits
from app.features.sources.readers.model import Reading
from app.features.sources.readers.sniffing import is_media, sniff
from app.features.sources.readers.source import SourceFile
from app.shared.exceptions import Unprocessable

ROOT = Path(__file__).parents[4]
"""The folder that holds the package `app`."""
PASSED_ON = ("PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "SYSTEMROOT", "LD_LIBRARY_PATH")
SPARING = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "LANG": "C.UTF-8"}
"""Threads would reserve more memory than the limit leaves."""

logger = logging.getLogger(__name__)


async def read_guarded(path: Path, filename: str | None, folder: Path, limits: Limits | None = None) -> Reading:
    """Read *path* in a confined process; what it makes beside the text (pictures, sound) lies in *folder* then.

    Raises `Unprocessable` with a code and a sentence whatever the file does; the process is gone when this returns or
    is cancelled.
    """
    limits = limits or Limits()
    source = await asyncio.to_thread(_look, path, filename, folder, limits)
    media_type = source.media_type
    seconds = limits.media_wall_seconds if is_media(media_type) else limits.wall_seconds
    with tempfile.TemporaryFile() as output:
        status = await _run(source, output, seconds)
        answer = await asyncio.to_thread(_answer, output, limits) if status == 0 else None
    if answer is None:
        raise _failure(status)
    if answer.detail:
        logger.warning("A reader failed: %s (%s)", answer.detail, media_type)
    if answer.reading is None:
        raise Unprocessable(answer.message, code=answer.code)
    await asyncio.to_thread(_check, answer.reading, folder, limits)
    return answer.reading


def _look(path: Path, filename: str | None, folder: Path, limits: Limits) -> SourceFile:
    with path.open("rb") as file:
        head = file.read(SNIFFED + 1)
    media_type = sniff(head[:SNIFFED], len(head) <= SNIFFED, filename)
    return SourceFile(path.absolute(), filename, media_type, folder.absolute(), limits)


async def _run(source: SourceFile, output: IO[bytes], seconds: float) -> int | None:
    """The process's exit status; None where its time was over."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-s", "-m", "app.features.sources.readers", msgspec.json.encode(source, enc_hook=str).decode(),
        stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=asyncio.subprocess.DEVNULL, cwd=source.folder,
        env=_environment(source.folder), start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it may have started goes too
        if process.returncode is None:
            await asyncio.shield(process.wait())


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours: keys and addresses are none of a reader's business."""
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**given, **SPARING, "PYTHONPATH": str(ROOT), "HOME": str(folder), "TMPDIR": str(folder)}


def _answer(output: IO[bytes], limits: Limits) -> Answer | None:
    """None for anything that is no answer."""
    if os.fstat(output.fileno()).st_size > limits.written_bytes:
        return None
    output.seek(0)
    try:
        return msgspec.msgpack.decode(output.read(), type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _failure(status: int | None) -> Unprocessable:
    if status is None or -status in {signal.SIGXCPU, signal.SIGALRM}:
        return Unprocessable(
            "Reading the file took too long; split it and send the parts, or send its text.", code="reader_timeout"
        )
    if status == MEMORY_EXIT or -status == signal.SIGKILL:
        return Unprocessable(
            "Reading the file takes more memory than one file gets; split it and send the parts, or send its text.",
            code="reader_memory",
        )
    logger.warning("A reader ended with status %s", status)
    return Unprocessable(
        "The file made its reader crash; save it again in another program or format and send that, or send its text.",
        code="reader_crashed",
    )


def _check(reading: Reading, folder: Path, limits: Limits) -> None:
    """A process that a file took over could answer anything: no text too long, no span outside, no file elsewhere."""
    size = len(reading.text)
    spans = [(cue.start, cue.end) for cue in reading.cues]
    spans += [(heading.start, heading.start) for heading in reading.headings]
    spans += [(page.start, page.start) for page in reading.pages]
    names: list[str | None] = []
    if reading.media:
        names = [reading.media.poster, reading.media.waveform, *(part.file for part in reading.media.audio)]
    sound = size <= limits.text_characters and all(0 <= start <= end <= size for start, end in spans)
    if not sound or not all(_is_own_file(folder, name) for name in names if name is not None):
        raise _failure(1)


def _is_own_file(folder: Path, name: str) -> bool:
    """A plain file right in *folder*; a link could lead anywhere."""
    try:
        return Path(name).name == name and stat.S_ISREG((folder / name).lstat().st_mode)
    except (OSError, ValueError):
        return False
