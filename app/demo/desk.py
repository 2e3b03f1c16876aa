"""Where the demo sits: the public API on one side, the progress on the terminal on the other."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

START_SECONDS, JOB_SECONDS = 180, 300
PASSWORD = "a demo password"  # noqa: S105  of an account on a database that the demo makes and removes


class DemoFailed(Exception):
    """A step that did not work, and what to do about it."""


class Desk:
    """Calls of the API and steps that a person can watch."""

    def __init__(self, console: Console, address: str, process: subprocess.Popen[bytes]) -> None:
        self.client = httpx.Client(base_url=f"{address}/api/v1", timeout=60)
        self._process = process
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("[progress.description]{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[stage]}"),
            TimeElapsedColumn(),
            console=console,
        )

    def wait_until_healthy(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            if self._process.poll() is not None:
                raise DemoFailed(
                    "Strand ended while it started; strand.log in the output folder says why. Try `make doctor`."
                )
            try:
                if self.client.get("/health").json()["status"] == "healthy":
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise DemoFailed(f"Strand was not ready within {START_SECONDS} s; strand.log says why. Try `make doctor`.")

    def sign_up(self, email: str, name: str) -> None:
        account = {"email": email, "password": PASSWORD}
        self.call("POST", "/auth/register", json={**account, "display_name": name})
        token = self.call("POST", "/auth/login", json=account)["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **options: Any) -> Any:
        return self._answered(method, path, **options).json()

    def file(self, path: str, **options: Any) -> httpx.Response:
        """A file, with the headers that say its name and type."""
        return self._answered("GET", path, **options)

    def made(self, path: str, body: dict[str, Any], task: TaskID | None = None) -> str:
        """Ask for something that a job makes; the id of what it made."""
        job = self.call("POST", path, json=body)
        made: str = self.wait(job["id"], task)["result"]["id"]
        return made

    def wait(self, job_id: str, task: TaskID | None = None) -> dict[str, Any]:
        give_up = time.monotonic() + JOB_SECONDS
        while time.monotonic() < give_up:
            job: dict[str, Any] = self.call("GET", f"/jobs/{job_id}")
            if task is not None:
                self.progress.update(task, completed=job["progress"], stage=(job["stage"] or "").replace("_", " "))
            if job["status"] == "succeeded":
                return job
            if job["status"] in {"failed", "cancelled"}:
                reason = (job["error"] or {}).get("message", "it was cancelled")
                raise DemoFailed(f"The job {job['kind']} ended with: {reason}")
            time.sleep(0.1)
        raise DemoFailed(f"A job was not done within {JOB_SECONDS} s; strand.log says why.")

    @contextmanager
    def step(self, description: str, total: float | None = None) -> Iterator[TaskID]:
        task = self.progress.add_task(description, total=total, stage="")
        yield task
        done = total if total is not None else 1
        self.progress.update(task, total=done, completed=done, stage="[green]done[/]")

    def _answered(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = self.client.request(method, path, **options)
        if answer.status_code >= 400:
            raise DemoFailed(
                f"{method} {path} answered {answer.status_code}: {answer.json().get('detail', answer.text)}"
            )
        return answer
