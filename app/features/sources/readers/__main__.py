"""The reading process: `python -m app.features.sources.readers ERRAND` reads one file and answers on standard output."""

import errno
import os
import sys
import traceback
from pathlib import Path

import msgspec

from app.features.sources.readers.answers import MEMORY_EXIT, Answer
from app.features.sources.readers.confinement import confine, peak_memory_bytes
from app.features.sources.readers.registry import read_file
from app.features.sources.readers.sniffing import is_media
from app.features.sources.readers.source import SourceFile
from app.shared.exceptions import AppError


def main() -> int:
    """The answer goes to what standard output was; what a parser prints goes nowhere."""
    output = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    source = msgspec.json.decode(sys.argv[1], type=SourceFile, dec_hook=lambda kind, value: kind(value))
    confine(source.limits, media=is_media(source.media_type))
    try:
        answer = answer_for(source)
        answer.peak_memory_bytes = peak_memory_bytes()
        packed = msgspec.msgpack.encode(answer)
    except MemoryError:
        return MEMORY_EXIT
    with os.fdopen(output, "wb") as file:
        file.write(packed)
    return 0


def answer_for(source: SourceFile) -> Answer:
    try:
        return Answer(read_file(source))
    except AppError as error:
        return Answer(code=error.error_code, message=error.message)
    except RecursionError:
        return Answer(
            code="malformed_file", message="The file is nested far too deeply; save it again in a plainer form."
        )
    except Exception as error:
        if _lacks_memory(error):
            raise MemoryError from None
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Answer(
            code="unreadable_file",
            message="The file could not be read as what it seems to be; save it again, or send its text.",
            detail=f"{type(error).__name__} in {place.name}, {Path(place.filename).name}:{place.lineno}",
        )


def _lacks_memory(error: Exception) -> bool:
    """Libraries say it in their own ways, the loader of shared libraries among them."""
    said = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or "allocate memory" in said
        or "map segment" in said
        or "out of memory" in said
    )


if __name__ == "__main__":
    sys.exit(main())
