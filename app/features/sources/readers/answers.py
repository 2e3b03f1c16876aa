"""What goes to the reading process and what comes back."""

from msgspec import Struct

from app.features.sources.readers.model import Reading

MEMORY_EXIT = 77
"""The exit status of a process that had not even the memory to say so."""


class Answer(Struct):
    """As MessagePack on standard output: a reading, or why there is none."""

    reading: Reading | None = None
    code: str = ""
    message: str = ""
    detail: str = ""
    """For the log: where an unexpected error happened, never what the file says."""
    peak_memory_bytes: int = 0
