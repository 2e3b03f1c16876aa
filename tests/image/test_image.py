"""The image as an operator runs it: API and workers from the one image, with every privilege taken away.

Runs what `make image` built. IMAGE names another; IMAGE_DATABASE_URL (reachable from this machine's loopback, and empty)
another PostgreSQL than the embedded one; RUN_OPTIONS goes to `docker run` or `podman run`.
"""

import asyncio
import json
import os
import secrets
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator

import asyncpg
import httpx
import pytest

from app.config import Settings
from app.shared.embedded import locate
from tests.conftest import PASSWORD, SAMPLES, free_port

pytestmark = pytest.mark.slow

IMAGE = os.environ.get("IMAGE", "strand")
BARE = [
    "--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges",
    "--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096",
]  # fmt: skip
API_GRACE, WORKER_GRACE = 20, 45
"""As in docker-compose.yml."""


class Runner:
    """docker or podman, whichever is there, with the environment that all containers share."""

    def __init__(self, program: str, environment: dict[str, str], volume: str) -> None:
        self._program = program
        self._given = [*BARE, *shlex.split(os.environ.get("RUN_OPTIONS", "")), "--volume", f"{volume}:/var/lib/strand"]
        for name, value in environment.items():
            self._given += ["--env", f"{name}={value}"]
        self.started: list[str] = []

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([self._program, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"{arguments[:2]}: {done.stdout}\n{done.stderr}"
        return done

    def once(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self("run", "--rm", *self._given, IMAGE, *command, check=False)

    def start(self, name: str, *command: str) -> str:
        name = f"strand-check-{name}-{secrets.token_hex(3)}"
        self.started.append(name)
        self("run", "--detach", "--name", name, "--hostname", name, *self._given, IMAGE, *command)
        return name

    def inside(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        return self("exec", name, *command, check=False)

    def until_well(self, name: str, seconds: float = 180) -> None:
        give_up = time.monotonic() + seconds
        while (said := self.inside(name, "strand", "health")).returncode:
            assert time.monotonic() < give_up, f"{said.stderr}\n{self('logs', name, check=False).stderr[-3000:]}"
            time.sleep(0.5)

    def stop(self, name: str, grace: int) -> int:
        """SIGTERM, and SIGKILL after the grace; gives the exit code."""
        self("stop", "--time", str(grace), name)
        return int(self("inspect", "--format", "{{.State.ExitCode}}", name).stdout)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    if given := os.environ.get("IMAGE_DATABASE_URL"):
        yield given
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="strand-image-") as home:
        cluster = locate(Settings(strand_home=home))
        cluster.create()
        options = f"-p {port} -h 127.0.0.1 -k {cluster.sockets}"
        cluster.run("pg_ctl", "start", "-w", "-D", str(cluster.data), "-o", options, "-l", str(cluster.data / "log"))
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            asyncio.run(_make_database(url))
            yield url.replace("/postgres", "/strand").replace("//strand@", "//postgres@")
        finally:
            cluster.remove()


async def _make_database(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create database strand")
    await connection.close()


@pytest.fixture(scope="module")
def runner(database: str, redis_url: str) -> Iterator[Runner]:
    there = [one for one in ("docker", "podman") if shutil.which(one)]
    if not there:
        pytest.skip("neither docker nor podman is here to run the image")
    has_it = (
        one for one in there if not subprocess.run([one, "image", "inspect", IMAGE], capture_output=True).returncode
    )
    if (program := next(has_it, None)) is None:
        pytest.skip(f"there is no image {IMAGE}; `make image` builds it where its base can be had")
    environment = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": database,
        "BROKER_URL": redis_url,
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "ENGINE": "offline",
        "METRICS_TOKEN": "for-the-check",
    }
    volume = f"strand-check-{secrets.token_hex(3)}"
    runner = Runner(program, environment, volume)
    runner.environment = environment  # type: ignore[attr-defined]
    tried = runner.once("true")
    if tried.returncode:
        pytest.skip(f"{program} can't run containers here: {tried.stderr.strip()[-300:]}")
    try:
        yield runner
    finally:
        for name in runner.started:
            runner("rm", "--force", name, check=False)
        runner("volume", "rm", volume, check=False)


def test_the_image_says_what_it_is_and_runs_as_nobody(runner: Runner) -> None:
    (image,) = json.loads(runner("image", "inspect", IMAGE).stdout)
    said = image["Config"]

    assert said["User"] == "10001"
    assert said["Labels"]["org.opencontainers.image.version"] not in {"", "unknown"}
    assert {**image, **said}["Healthcheck"]["Test"] == ["CMD", "strand", "health"]


@pytest.mark.parametrize("program", ["pip", "gcc", "make", "git", "curl"])
def test_no_tool_that_builds_or_loads_is_inside(runner: Runner, program: str) -> None:
    assert runner.once("sh", "-c", f"command -v {program}").returncode
    assert runner.once("python", "-c", f"import {program}").returncode


def test_a_setting_that_can_not_be_ends_a_container_with_a_sentence(runner: Runner) -> None:
    ended = runner("run", "--rm", *BARE, *shlex.split(os.environ.get("RUN_OPTIONS", "")), IMAGE, check=False)

    assert ended.returncode == 2
    assert "SECRET_KEY" in ended.stderr


def test_api_and_workers_serve_from_the_one_image_without_privileges_and_leave_with_exit_0(runner: Runner) -> None:
    """Migrated twice, as every deployment does; a source read by one of two workers; all stopped by SIGTERM while
    somebody follows a job."""
    for _ in range(2):
        migrated = runner.once("strand", "migrate")
        assert migrated.returncode == 0, migrated.stderr
    api, *workers = [
        runner.start("api"),
        runner.start("worker", "strand", "worker"),
        runner.start("worker", "strand", "worker"),
    ]
    for one in (api, *workers):
        runner.until_well(one)
        assert runner.inside(one, "id", "-u").stdout.strip() == "10001"
        assert runner.inside(one, "touch", "/opt/app/changed").returncode
        assert "NoNewPrivs:\t1" in (status := runner.inside(one, "cat", "/proc/1/status").stdout)
        assert "CapEff:\t0000000000000000" in status
    address = f"http://127.0.0.1:{runner.environment['PORT']}"  # type: ignore[attr-defined]
    with httpx.Client(base_url=f"{address}/api/v1", timeout=30) as client:
        _sign_in(client)
        assert client.get("/health").json()["status"] == "healthy"
        assert client.get("/health").json()["queue"]["workers_alive"] == 2
        project = client.post("/projects", json={"title": "Longitude"}).json()["id"]
        sample = next(path for path in sorted(SAMPLES.rglob("*.md")))
        sent = client.post(
            f"/projects/{project}/sources/file",
            files={"file": (sample.name, sample.read_bytes())},
            data={"role": "reference"},
        )
        assert sent.status_code == 202, sent.text
        source = _until_ready(client, sent.json()["source"]["id"])
        assert source["word_count"] > 0
        # as long as workers are away the job can't end, so the stream stays open until the API says goodbye
        assert [runner.stop(one, WORKER_GRACE) for one in workers] == [0, 0]
        assert runner.inside(api, "strand", "health", "worker").returncode == 1
        waiting = client.post(f"/sources/{source['id']}/ingest").json()
        job = waiting.get("job", waiting)["id"]
        with client.stream("GET", f"/jobs/{job}/events") as events:
            assert events.status_code == 200
            next(events.iter_bytes())
            began = time.monotonic()
            code = runner.stop(api, API_GRACE)
            assert time.monotonic() - began < API_GRACE
    assert code == 0, runner("logs", api, check=False).stderr[-3000:]


def _sign_in(client: httpx.Client) -> None:
    who = {"email": "nell@example.com", "password": PASSWORD}
    assert client.post("/auth/register", json={**who, "display_name": "Nell"}).status_code == 201
    client.headers["Authorization"] = f"Bearer {client.post('/auth/login', json=who).json()['access_token']}"


def _until_ready(client: httpx.Client, source_id: str, seconds: float = 60) -> dict[str, object]:
    give_up = time.monotonic() + seconds
    while (source := client.get(f"/sources/{source_id}").json())["status"] in {"pending", "processing"}:
        assert time.monotonic() < give_up, source
        time.sleep(0.2)
    assert source["status"] == "ready", source
    return source
