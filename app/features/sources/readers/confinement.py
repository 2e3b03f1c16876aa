"""What a reading process takes from itself before it sees a file."""

import contextlib
import resource
import signal
import sys
from typing import Any

from app.features.sources.readers.limits import Limits

FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.kill", "pty.", "webbrowser.")  # fmt: skip
MARGIN_SECONDS = 10


def confine(limits: Limits, *, media: bool) -> None:
    """Memory, CPU, file size and open files end with the process, whatever its parsers do.

    The wall clock is the parent's; the alarm here is for a process whose parent is gone. macOS has not all of these.
    """
    cpu = limits.media_cpu_seconds if media else limits.cpu_seconds
    wall = limits.media_wall_seconds if media else limits.wall_seconds
    _limit("RLIMIT_CORE", 0, 0)
    _limit("RLIMIT_FSIZE", limits.written_bytes, limits.written_bytes)
    _limit("RLIMIT_NOFILE", limits.open_files, limits.open_files)
    _limit("RLIMIT_CPU", limits.cpu_seconds, cpu + MARGIN_SECONDS)
    _limit("RLIMIT_DATA", limits.memory_bytes, limits.memory_bytes)
    _limit("RLIMIT_AS", limits.memory_bytes, limits.memory_bytes)
    signal.setitimer(signal.ITIMER_REAL, wall + MARGIN_SECONDS)
    sys.addaudithook(_refuse)


def allow_cpu(seconds: float, most: int) -> None:
    """More CPU time for what is known to be long, up to the limit set at the start; nothing where none was set."""
    if resource.getrlimit(resource.RLIMIT_CPU)[0] != resource.RLIM_INFINITY:
        _limit("RLIMIT_CPU", min(int(seconds) + 1, most), None)


def peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _limit(name: str, soft: int, hard: int | None) -> None:
    kind = getattr(resource, name, None)
    if kind is None:
        return
    with contextlib.suppress(ValueError, OSError):  # lower already, or unknown to this system
        highest = resource.getrlimit(kind)[1]
        if hard is None or (highest != resource.RLIM_INFINITY and hard > highest):
            hard = highest
        resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    """A reader opens files and computes: it speaks to nobody and starts nothing."""
    if event.startswith(FORBIDDEN):
        raise PermissionError(f"A reader may not use {event}.")
