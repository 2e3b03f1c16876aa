"""Words read a second from the POST to the last job's end, and the memory of it: `python -m benchmarks.ingestion`.

API and worker as `strand run` starts them, on the embedded database, offline; texts, subtitles, a long book, and a very long one.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from app.demo.journey import SAMPLES
from app.shared.text import sentence_spans
from benchmarks.record import record
from tests.conftest import free_port

SEED = 20261121
SHORT_TEXTS, SHORT_WORDS = 40, 1_500
BOOK_WORDS, LONG_WORDS = 200_000, 1_000_000
SUBTITLES = 20
PASSWORD = "measure by measure"


def main() -> None:
    home, port = Path(tempfile.mkdtemp(prefix="strand-ingestion-")), free_port()
    environment = {
        **os.environ, "STRAND_HOME": str(home), "PORT": str(port), "ENGINE": "offline", "OWNER_MAX_RUNNING": "5",
        "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "app.cli", "run"], env=environment, start_new_session=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=120) as client:
            rows = measure(client, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        shutil.rmtree(home, ignore_errors=True)
    head = "| what | sources | words | seconds | words/s | chunks/s | API, most memory | worker and its readers, before | most |"
    table = "\n".join((head, "|" + " --- |" * 9, *rows))
    record("Ingestion", "python -m benchmarks.ingestion", table)


def measure(client: httpx.Client, pid: int) -> list[str]:
    until_healthy(client)
    account = {"email": "measure@example.com", "password": PASSWORD}
    client.post("/auth/register", json={**account, "display_name": "Measure"}).raise_for_status()
    token = client.post("/auth/login", json=account).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    sentences = own_sentences()
    chance = random.Random(SEED)
    texts = [text_of(sentences, SHORT_WORDS, chance) for _ in range(SHORT_TEXTS)]
    book, long = [text_of(sentences, BOOK_WORDS, chance)], [text_of(sentences, LONG_WORDS, chance).encode()]
    files = [path.read_bytes() for path in sorted((SAMPLES / "own").iterdir()) if path.suffix in {".srt", ".vtt"}]
    subtitles = [files[number % len(files)] + f"\n\nNOTE {number}\n".encode() for number in range(SUBTITLES)]
    warm(client, texts[0])
    return [
        run(client, pid, f"pasted texts of {SHORT_WORDS:,} words", texts),
        run(client, pid, "subtitle files", subtitles),
        run(client, pid, f"one book of {BOOK_WORDS:,} words", book),
        run(client, pid, f"one text file of {LONG_WORDS:,} words", long, "txt"),
    ]


def run(client: httpx.Client, pid: int, what: str, bodies: Sequence[str | bytes], ending: str = "srt") -> str:
    project = client.post("/projects", json={"title": what}).json()["id"]
    with Memory(pid) as memory:
        began = time.perf_counter()
        jobs = [add(client, project, body, number, ending) for number, body in enumerate(bodies)]
        for job in jobs:
            ended(client, job)
        took = time.perf_counter() - began
    sources = every_source(client, project)
    words, chunks = (sum(source[name] for source in sources) for name in ("word_count", "chunk_count"))
    return (
        f"| {what} | {len(bodies)} | {words:,} | {took:.1f} | {words / took:,.0f} | {chunks / took:,.0f} |"
        f" {memory.most['api'] / 1e6:,.0f} MB | {memory.first['worker'] / 1e6:,.0f} MB | {memory.most['worker'] / 1e6:,.0f} MB |"
    )


def add(client: httpx.Client, project: str, body: str | bytes, number: int, ending: str = "srt") -> str:
    if isinstance(body, str):
        sent = {"title": f"Text {number}", "role": "reference", "kind": "text", "text": body}
        answer = client.post(f"/projects/{project}/sources", json=sent)
    else:
        files = {"file": (f"talk-{number}.{ending}", body)}
        answer = client.post(f"/projects/{project}/sources/file", files=files, data={"role": "own"})
    answer.raise_for_status()
    job: str = answer.json()["job"]["id"]
    return job


def ended(client: httpx.Client, job: str) -> None:
    while True:
        read = client.get(f"/jobs/{job}").json()
        if read["status"] not in {"queued", "running"}:
            assert read["status"] == "succeeded", read["error"]
            return
        time.sleep(0.05)


def every_source(client: httpx.Client, project: str) -> list[dict[str, Any]]:
    sources: list[dict[str, Any]] = client.get(f"/projects/{project}/sources", params={"limit": 100}).json()["items"]
    return sources


def own_sentences() -> list[str]:
    """Of the samples' text, so that words and lengths are those of prose."""
    text = " ".join(path.read_text(encoding="utf-8") for path in sorted((SAMPLES / "reference").iterdir()))
    return [span.of(text).replace("\n", " ") for span in sentence_spans(text)]


def text_of(sentences: Sequence[str], words: int, chance: random.Random) -> str:
    said: list[str] = []
    count = 0
    while count < words:
        sentence = chance.choice(sentences)
        said.append(sentence)
        count += len(sentence.split())
    return "\n\n".join(" ".join(said[start : start + 6]) for start in range(0, len(said), 6))


def warm(client: httpx.Client, text: str) -> None:
    project = client.post("/projects", json={"title": "Warm"}).json()["id"]
    ended(client, add(client, project, text, 0))


def until_healthy(client: httpx.Client, seconds: float = 90) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            if client.get("/health").json()["status"] == "healthy":
                return
        except (httpx.HTTPError, KeyError, ValueError):
            pass
        time.sleep(0.2)
    raise SystemExit("Strand did not start.")


class Memory:
    """The most resident memory of the API, and of the worker with the processes that it reads in; PostgreSQL not."""

    def __init__(self, pid: int) -> None:
        family = psutil.Process(pid).children(recursive=True)
        self._roots = {
            name: next(one for one in family if module in one.cmdline())
            for name, module in (("api", "app.serving"), ("worker", "app.worker.run"))
        }
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.first = self._now()
        self.most = dict(self.first)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            for name, size in self._now().items():
                self.most[name] = max(self.most[name], size)

    def _now(self) -> dict[str, int]:
        return {name: sum(map(resident, (root, *root.children(recursive=True)))) for name, root in self._roots.items()}


def resident(process: psutil.Process) -> int:
    try:
        size: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return size


if __name__ == "__main__":
    main()
