"""Servers of the suite's own on free ports, to be killed, frozen, and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from app.config import Settings
from app.shared import embedded
from tests.conftest import free_port


class PostgresServer:
    """An embedded cluster; what was committed survives a crash of its processes."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="strand-faults-"))
        self.cluster = embedded.locate(Settings.from_env({"STRAND_HOME": str(self.home)}))
        self.cluster.create()
        self.start()
        self.url = self.cluster.url

    def start(self) -> None:
        self.cluster.start(fsync="off", full_page_writes="off")

    def crash(self) -> None:
        """Stop at once, as if the power had gone: sessions are cut, recovery runs at the next start."""
        with suppress(Exception):
            self.cluster.run("pg_ctl", "stop", "-m", "immediate", "-w", "-t", "20", "-D", str(self.cluster.data))

    def remove(self) -> None:
        self.cluster.remove()
        shutil.rmtree(self.home, ignore_errors=True)


class RedisServer:
    """A Redis that keeps nothing over a restart."""

    def __init__(self) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            if os.environ.get("CI"):
                pytest.fail("CI needs redis-server.")
            pytest.skip("redis-server is not installed; `apt-get install redis-server` brings it")
        self._binary, self.port = binary, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]  # fmt: skip
        self._process = subprocess.Popen(
            [self._binary, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up:
            answer = subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True)
            if answer.stdout.strip() == b"PONG":
                return
            time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def listeners(self, channel: str) -> int:
        command = ["redis-cli", "-p", str(self.port), "pubsub", "numsub", channel]
        answer = subprocess.run(command, capture_output=True, text=True)
        return int((answer.stdout.split() or ["0"])[-1])

    def keys(self) -> list[str]:
        answer = subprocess.run(["redis-cli", "-p", str(self.port), "keys", "*"], capture_output=True, text=True)
        return answer.stdout.split()

    def remove(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self.kill()
