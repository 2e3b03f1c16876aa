"""The provider as a process of its own, for tests that stop and start the others."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

import msgspec

from tests.provider.script import Rule

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 15
SECONDS_TO_SETTLE = 5
KEY = "sk-provider"


class ProviderProcess:
    """Serves from `start` (or entering) to `stop` (or leaving), and again after another `start`, at the same port and
    with the same log file. It ends with the process that started it, however that ends."""

    def __init__(self, log: Path | None = None, port: int = 0) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="provider-")
        self.log_file = log or Path(self._folder.name) / "requests.jsonl"
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the provider does not run"
        return self._process.pid

    @property
    def env(self) -> dict[str, str]:
        """What sends the SDKs of a process here; which engine it takes is its own matter."""
        return {
            "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{self.url}/v1",
            "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": self.url, "PROVIDER_URL": self.url,
        }  # fmt: skip

    def start(self) -> Self:
        assert self._process is None, "the provider runs already"
        port_file = Path(self._folder.name) / "port"
        port_file.unlink(missing_ok=True)
        errors = Path(self._folder.name) / "errors"
        command = [sys.executable, "-m", "tests.provider", "serve", "--port", str(self.port), "--log",
                   str(self.log_file), "--port-file", str(port_file), "--until-stdin-ends"]  # fmt: skip
        with errors.open("wb") as said:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + SECONDS_TO_START
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError(f"The provider did not start: {errors.read_text(errors='replace')}")
            time.sleep(0.01)
        self.port = int(port_file.read_text())
        return self

    def stop(self) -> None:
        """End the process, if it runs; what is on its way is cut."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin is not None
        process.stdin.close()

    def script(self, *rules: Rule | dict[str, Any]) -> None:
        """Add rules after those that are there."""
        self._call("POST", "/_script", [_plain(rule) for rule in rules])

    def clear(self) -> None:
        """Forget the rules and the records; the log file keeps its lines."""
        self._call("DELETE", "/_script")
        self._call("DELETE", "/_log")

    def calm(self) -> None:
        """Forget the rules; the records stay."""
        self._call("DELETE", "/_script")

    def log(self) -> list[dict[str, Any]]:
        """A record for each request, with its body and how it ended."""
        records: list[dict[str, Any]] = self._call("GET", "/_log")
        return records

    def lines(self) -> list[dict[str, Any]]:
        """What the log file holds: also of earlier starts, also when the process is gone."""
        if not self.log_file.exists():
            return []
        return [json.loads(line) for line in self.log_file.read_text(encoding="utf-8").splitlines()]

    def settled(self) -> list[dict[str, Any]]:
        """The lines, once each request has its ending: that is written after the client has the answer."""
        until = time.monotonic() + SECONDS_TO_SETTLE
        while True:
            lines = self.lines()
            ended = sum("received" not in line for line in lines)
            if 2 * ended == len(lines) or time.monotonic() > until:
                return lines
            time.sleep(0.01)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()) from None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()


def _plain(rule: Rule | dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = rule if isinstance(rule, dict) else msgspec.to_builtins(rule)
    return {name: value for name, value in plain.items() if name not in {"added", "drawn"}}
