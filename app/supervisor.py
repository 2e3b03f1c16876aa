"""`strand run`: the database, the API and one worker in the foreground, each a process of its own."""

import asyncio
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

from app.config import Settings, SettingsError
from app.db import migrate
from app.shared.bell import Bell, build_bell
from app.shared.embedded import embedded_database, with_secrets
from app.shared.logs import configure_logs

log = logging.getLogger(__name__)

STOP_SECONDS = 32
RESTART_SECONDS = (0.5, 1, 2, 5)
STEADY_SECONDS = 10
PORT_IN_USE = "The API could not be started on port %d; is the port in use? Set PORT to a free one."


def serve(settings: Settings) -> int:
    """Run until SIGTERM or Ctrl-C; then stop the children, and last the database. A child that ends is started again;
    an API that can't even start ends the run."""
    configure_logs(settings)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    if taken(settings.host, settings.port):
        log.error(PORT_IN_USE, settings.port)
        return 1
    with embedded_database(settings, migrated=False) as ready:
        prepare_database(with_secrets(ready))
        environment = os.environ | {
            "DATABASE_URL": ready.database_url or "",
            "SECRET_KEY": with_secrets(ready).secret_key or "",
        }
        api = [sys.executable, "-m", "app.serving"]
        children: list[Child] = []
        code = 0
        try:
            children.append(Child("api", api, environment, vital=True))
            children.append(Child("worker", [sys.executable, "-m", "app.worker.run"], environment))
            log.info("Strand serves at http://%s:%d (reference: /docs)", settings.host, settings.port)
            while not stopping.wait(0.2):
                for child in children:
                    if not child.keep_alive():
                        log.error(PORT_IN_USE, settings.port)
                        code = 1
                        stopping.set()
        finally:
            _stop(children)
    return code


def taken(host: str, port: int) -> bool:
    """Whether somebody listens there already: told before anything is started."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


class Child:
    """A process that is started again whatever its exit code, more slowly the more often it ends at once."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], *, vital: bool = False) -> None:
        self.name, self._command, self._environment, self._vital = name, command, environment, vital
        self._failures = 0
        self._restart_at: float | None = None
        self._start()

    def _start(self) -> None:
        self._began, self._restart_at = time.monotonic(), None
        # a session of its own, so that Ctrl-C reaches the supervisor alone, which stops everything in order
        self.process = subprocess.Popen(self._command, env=self._environment, start_new_session=True)  # noqa: S603

    def keep_alive(self) -> bool:
        """Start it again if it ended. False: it is vital and never came up."""
        if self.process.poll() is None:
            return True
        now = time.monotonic()
        if self._restart_at is None:
            steady = now - self._began > STEADY_SECONDS
            self._failures = 0 if steady else self._failures + 1
            if self._vital and self._failures > 1:
                return False
            wait = RESTART_SECONDS[min(self._failures, len(RESTART_SECONDS) - 1)]
            log.warning("The %s ended with code %s; it starts again in %s s", self.name, self.process.returncode, wait)
            self._restart_at = now + wait
        if now >= self._restart_at:
            self._start()
        return True


def _stop(children: list[Child]) -> None:
    for child in children:
        with suppress(ProcessLookupError):
            child.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("The %s did not stop in time; it is killed", child.name)
            child.process.kill()
            child.process.wait()


def prepare_database(settings: Settings) -> None:
    """The newest schema, and the bell's own tables."""
    assert settings.database_url is not None
    try:
        migrate.upgrade(settings.database_url)
    except OSError as error:
        raise SettingsError(f"The database at DATABASE_URL can't be reached: {error}.") from None
    asyncio.run(_prepare_bell(settings))


async def _prepare_bell(settings: Settings) -> None:
    bell = Bell(build_bell(settings.broker_url or settings.database_url or ""))
    await bell.alive()
    await bell.close()
