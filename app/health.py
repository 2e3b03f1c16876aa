"""`strand health`: whether what runs in this container is well, for orchestrators. Loads as little as it can."""

import asyncio
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Collection
from pathlib import Path

import asyncpg
import asyncpg.exceptions

from app.config import Settings

ROLES = {"api": {"app.serving", "app.main:app"}, "worker": {"app.worker.run"}}
"""What the command line of each process names."""
ANSWER_SECONDS = 4
SEEN = """
select extract(epoch from now() - max(seen_at))::float8 from worker_processes where starts_with(name, $1)
"""


def examine(settings: Settings, role: str | None, *, live: bool) -> int:
    """Say what is wrong; 1 if anything is. Without a role, whatever runs here is asked.

    With *live* only what a restart would mend counts: a database that is away does not.
    """
    roles = [role] if role else sorted(running())
    if not roles:
        sys.stderr.write("Neither the API nor a worker runs here.\n")
        return 1
    said = [(one, CHECKS[one](settings, live)) for one in roles]
    for one, wrong in said:
        if wrong:
            sys.stderr.write(f"{one}: {wrong}\n")
    return 1 if any(wrong for _, wrong in said) else 0


def running(processes: Path = Path("/proc")) -> Collection[str]:
    """The roles that processes of this container have, by their command lines."""
    found = set()
    for path in processes.glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        except OSError:  # it has ended, or is somebody else's
            continue
        found |= {role for role, named in ROLES.items() if named.intersection(words)}
    return found


def _api(settings: Settings, live: bool) -> str | None:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  compared, not listened on
    address = f"http://{host}:{settings.port}/api/v1/health/{'live' if live else 'ready'}"
    try:
        urllib.request.urlopen(address, timeout=ANSWER_SECONDS).close()
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}; its database may be away"
    except OSError as error:
        return f"it does not answer at {address}: {error}"
    return None


def _worker(settings: Settings, live: bool) -> str | None:
    within = max(10.0, 5 * settings.job_beat_seconds)
    try:
        silent = asyncio.run(_silence(settings))
    except (OSError, TimeoutError, asyncpg.exceptions.PostgresError, asyncpg.exceptions.InterfaceError) as error:
        return None if live else f"the database can't be reached: {error or type(error).__name__}"
    if silent is None:
        return "no worker of this container has made itself known"
    return f"its last sign of life is {silent:.0f} s old" if silent > within else None


async def _silence(settings: Settings) -> float | None:
    """Seconds since a worker of this host last gave a sign of life; None if none ever did."""
    async with asyncio.timeout(ANSWER_SECONDS):
        _, _, address = (settings.database_url or "").partition("://")
        connection = await asyncpg.connect(f"postgresql://{address}")
        try:
            silence: float | None = await connection.fetchval(SEEN, f"{socket.gethostname()}:")
        finally:
            await connection.close()
    return silence


CHECKS: dict[str, Callable[[Settings, bool], str | None]] = {"api": _api, "worker": _worker}
