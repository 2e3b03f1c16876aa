"""Start-up times and memory of the doors, the demo's time, the environment's size: `python -m benchmarks.footprint`."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from app.config import Settings
from app.shared.embedded import Cluster, locate
from app.supervisor import prepare_database
from benchmarks.record import record
from tests.conftest import free_port
from tests.faults.servers import RedisServer

ROUNDS = 3


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="strand-bench-"))
    cluster, redis = locate(Settings.from_env({"STRAND_HOME": str(home)})), RedisServer()
    try:
        cluster.create()
        cluster.start()
        prepare_database(Settings.from_env({"STRAND_HOME": str(home), "DATABASE_URL": cluster.url}))
        bells = {"Redis": {"BROKER_URL": redis.url}, "PostgreSQL": {}}
        doors = {
            (door, bell): [measure(cluster, home, broker) for _ in range(ROUNDS)]
            for door, measure in (("API", measure_api), ("worker", measure_worker))
            for bell, broker in bells.items()
        }
    finally:
        redis.remove()
        cluster.remove()
        shutil.rmtree(home, ignore_errors=True)
    demo = [measure_demo() for _ in range(2)]
    runtime, everything = environment_sizes()
    rows = [
        ("a loop of ten million additions (how fast the machine was)", f"{pace():.2f} s"),
        *(row for (door, bell), measured in doors.items() for row in told(f"{door}, bell on {bell}", measured)),
        ("`make demo`, warm", f"{middle(demo):.0f} s"),
        ("environment, to run", f"{runtime:.0f} MB"),
        ("environment, to develop", f"{everything:.0f} MB"),
    ]
    table = "\n".join(("| what | median |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in rows)))
    record("Footprint", "python -m benchmarks.footprint", table)


def told(who: str, measured: list[tuple[float, float]]) -> list[tuple[str, str]]:
    return [
        (f"{who}: from start to ready", f"{middle([seconds for seconds, _ in measured]):.2f} s"),
        (f"{who}: memory, idle", f"{middle([memory for _, memory in measured]):.0f} MB"),
    ]


def middle(values: list[float]) -> float:
    return statistics.median(values)


def pace() -> float:
    began, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - began


def measure_api(cluster: Cluster, home: Path, broker: dict[str, str]) -> tuple[float, float]:
    port = free_port()

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/api/v1/health/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    return started(["-m", "app.serving"], cluster, home, ready, broker | {"PORT": str(port)})


def measure_worker(cluster: Cluster, home: Path, broker: dict[str, str]) -> tuple[float, float]:
    log = home / "worker.log"
    return started(["-m", "app.worker.run"], cluster, home, lambda: "is ready" in log.read_text(), broker, log)


def started(
    command: list[str],
    cluster: Cluster,
    home: Path,
    ready: Callable[[], bool],
    settings: dict[str, str],
    log: Path | None = None,
) -> tuple[float, float]:
    """Seconds until it is ready, and its resident megabytes two seconds later."""
    environment = {**os.environ, "DATABASE_URL": cluster.url, "STRAND_HOME": str(home), **settings}
    began = time.perf_counter()
    with (log or Path(os.devnull)).open("wb") as output:
        process = subprocess.Popen([sys.executable, *command], env=environment, stdout=output, stderr=subprocess.STDOUT)
    while not ready():
        assert process.poll() is None, "it ended while it started"
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    time.sleep(2)
    memory = psutil.Process(process.pid).memory_info().rss / 1e6
    process.terminate()
    process.wait(20)
    return seconds, memory


def measure_demo() -> float:
    with tempfile.TemporaryDirectory() as output:
        began = time.perf_counter()
        command = [sys.executable, "-m", "app.cli", "demo", "--output", output]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began


def environment_sizes() -> tuple[float, float]:
    """Megabytes of what the locked requirements install: to run, and to develop."""
    sizes = []
    for name in ("base", "dev"):
        with tempfile.TemporaryDirectory() as folder:
            install = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
                "--no-deps",
                "--target",
                folder,
            ]
            subprocess.run([*install, "--require-hashes", "-r", f"requirements/{name}.txt"], check=True)
            files = (Path(root) / file for root, _, files in os.walk(folder) for file in files)
            sizes.append(sum(path.lstat().st_size for path in files) / 1e6)
    return sizes[0], sizes[1]


if __name__ == "__main__":
    main()
