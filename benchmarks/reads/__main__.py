"""Reads, and a write, with a token at 32 connections: Strand, the floor and the usual style, in turns on one database.

`python -m benchmarks.reads [--rounds 5] [--seconds 5]`. Needs wrk. One process each, on the same cores as PostgreSQL and the load.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from msgspec import Struct
from msgspec.structs import replace

from app.config import Settings
from app.db.session import plain_url
from app.evaluate.retrieval import own_database
from app.shared.keys import Keys
from benchmarks.reads.shelf import Creator, fill
from benchmarks.record import record
from tests.conftest import free_port

HERE = Path(__file__).parent
SERVERS = {
    "Strand": "app.serving",
    "floor": "benchmarks.reads.floor:app",
    "FastAPI + ORM": "benchmarks.reads.usual:app",
}
PATHS = {
    "GET /projects?limit=20": "/api/v1/projects?limit=20",
    "GET /jobs/{id}": "/api/v1/jobs/{job}",
    "GET /sources/{id}/chunks": "/api/v1/sources/{source}/chunks",
    "GET /scripts/{id}": "/api/v1/scripts/{script}",
}
TAGGED = "GET /scripts/{id}"
NEW = '{"title": "Another project", "target_minutes": 12}'
CONNECTIONS, THREADS = 32, 1


class Round(Struct):
    """Requests a second; milliseconds."""

    rate: float
    p50: float
    p99: float
    wrong: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not here; `apt-get install wrk` brings it.")
    with own_database() as settings, tempfile.TemporaryDirectory() as folder:
        ready = replace(settings, secret_key=settings.secret_key or "a key of the benchmark, long enough to be one")
        creators = asyncio.run(fill(plain_url(ready.database_url or ""), Keys.of(ready)))
        with serving(ready) as ports:
            rows = [
                measure(what, lines(Path(folder), path, creators), ports, given.rounds, given.seconds)
                for what, path in PATHS.items()
            ]
            rows.append(
                measure(
                    "POST /projects",
                    lines(Path(folder), "/api/v1/projects", creators),
                    ports,
                    given.rounds,
                    given.seconds,
                    NEW,
                )
            )
            rows.append(unchanged(Path(folder), creators, ports, given.rounds, given.seconds))
    head = "| what | by | requests/s | of the floor | p50 ms | p99 ms |\n| --- | --- | --- | --- | --- | --- |"
    record("Reads", "python -m benchmarks.reads", "\n".join((head, *(line for row in rows for line in row))))


def door(app: str, port: int) -> list[str]:
    """A process of its own, or an application that uvicorn serves."""
    usual = ["uvicorn", app, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    return usual if ":" in app else [app]


@contextmanager
def serving(settings: Settings, servers: Mapping[str, str] = SERVERS) -> Iterator[dict[str, int]]:
    """Each server on a port of its own, all of them up."""
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": settings.database_url or "", "SECRET_KEY": settings.secret_key or "",
        "STRAND_HOME": str(settings.home), "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    ports = {name: free_port() for name in servers}
    started = [
        subprocess.Popen([sys.executable, "-m", *door(app, ports[name])], env=environment | {"PORT": str(ports[name])})
        for name, app in servers.items()
    ]
    try:
        for port in ports.values():
            wait_for(port)
        yield ports
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)


def wait_for(port: int) -> None:
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/v1/projects")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"Nothing answers on port {port}.")


def lines(folder: Path, path: str, creators: Sequence[Creator], tags: Sequence[str] = ()) -> Path:
    """What wrk sends, by a file that load.lua reads."""
    file = folder / "requests.tsv"
    ids = [{"job": one.job, "source": one.source, "script": one.script} for one in creators]
    addressed = [f"{path.format(**known)}\t{one.token}" for known, one in zip(ids, creators, strict=True)]
    if tags:
        addressed = [f"{line}\t{tag}" for line, tag in zip(addressed, tags, strict=True)]
    file.write_text("\n".join(addressed))
    return file


def measure(
    what: str, requests: Path, ports: dict[str, int], rounds: int, seconds: int, body: str | None = None
) -> list[str]:
    for port in ports.values():
        load(port, requests, 1, body)
    measured = [{name: load(port, requests, seconds, body) for name, port in ports.items()} for _ in range(rounds)]
    return [row(what, name, [one[name] for one in measured], [one["floor"] for one in measured]) for name in SERVERS]


def unchanged(folder: Path, creators: Sequence[Creator], ports: dict[str, int], rounds: int, seconds: int) -> list[str]:
    """A client that has the newest version already, against the floor that sends the body again."""
    address = f"http://127.0.0.1:{ports['Strand']}"
    tags = [
        httpx.get(f"{address}/api/v1/scripts/{one.script}", headers={"Authorization": f"Bearer {one.token}"}).headers[
            "etag"
        ]
        for one in creators
    ]
    known, plain = PATHS[TAGGED], []
    for _ in range(rounds):
        floor = load(ports["floor"], lines(folder, known, creators), seconds)
        plain.append((load(ports["Strand"], lines(folder, known, creators, tags), seconds), floor))
    return [row(f"{TAGGED}, unchanged (304)", "Strand", [one for one, _ in plain], [one for _, one in plain])]


def load(port: int, requests: Path, seconds: int, body: str | None = None, connections: int = CONNECTIONS) -> Round:
    command = [
        "wrk",
        "--timeout",
        "30s",
        f"-t{THREADS}",
        f"-c{connections}",
        f"-d{seconds}s",
        "-s",
        str(HERE / "load.lua"),
    ]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}", "--", str(requests), *([body] if body else [])],
        capture_output=True,
        text=True,
        check=True,
    )
    said = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    found = Round(float(said[1]), float(said[2]), float(said[3]), int(said[4]))
    assert found.wrong == 0, f"{found.wrong} answers were no success:\n{done.stdout}"
    return found


def row(what: str, name: str, measured: Sequence[Round], floor: Sequence[Round]) -> str:
    """Medians over the rounds; the share of the floor is of each round's pair."""
    share = statistics.median(one.rate / other.rate for one, other in zip(measured, floor, strict=True))
    rate, p50, p99 = (statistics.median(getattr(one, name) for one in measured) for name in ("rate", "p50", "p99"))
    return f"| {what} | {name} | {rate:,.0f} | {share:.2f} | {p50:.1f} | {p99:.1f} |"


if __name__ == "__main__":
    main()
