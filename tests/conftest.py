"""A real PostgreSQL, a real server, a real worker: shared by the run, so every test brings accounts of its own."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import uvicorn
from litestar import Litestar
from sqlalchemy import text

from app.config import Settings
from app.features import feature_modules
from app.main import create_app
from app.shared import embedded
from app.shared.bell import Bell, build_bell
from app.shared.job_store import JobStore
from app.shared.jobs import Task
from app.shared.resources import Resources, open_resources
from app.supervisor import prepare_database
from app.worker.runtime import Runtime, worker_name
from app.worker.settings import build_queue, build_worker

SAMPLES = Path(__file__).parent.parent / "app/demo/samples"
PASSWORD = "correct horse battery"
SHORT = {
    "JOB_LOOK_SECONDS": "0.1",
    "JOB_BEAT_SECONDS": "0.5",
    "JOB_TICK_SECONDS": "0.5",
    "JOB_BACKOFF_SECONDS": "0.1",
}
"""A lease is as long as in production: however busy the machine, no test loses a job that it runs."""
AT_WILL = {
    "REGISTRATIONS_PER_MINUTE": "100000",
    "REFRESHES_PER_MINUTE": "100000",
    "FAILED_LOGINS_PER_ADDRESS": "100000",
}
"""All tests sign up from one address."""
CHEAP = {"ARGON2_MEMORY_KIB": "8", "ARGON2_TIME_COST": "1", "ARGON2_PARALLELISM": "1"}
"""Nobody guesses at the tests' passwords; tests/features/accounts/test_passwords.py hashes one at the real price."""
RECEIVERS = {"WEBHOOK_ALLOW_PRIVATE": "true", "WEBHOOK_RETRY_SECONDS": "0.1,0.1"}
"""Webhooks go to receivers on this machine, and don't take days."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def in_a_thread(work: Callable[[], Any]) -> Any:
    """The test session has an event loop; what starts one of its own needs another thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: none is left for the end, when the other processes have nothing more to do."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="strand-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(home: Path) -> Iterator[Settings]:
    """The settings of the run's own embedded PostgreSQL, migrated; durability off, as nothing outlives the run."""
    wanted = {"OWNER_MAX_RUNNING": "5", **SHORT, **AT_WILL, **CHEAP, **RECEIVERS}
    given = Settings.from_env({"STRAND_HOME": str(home), **wanted})
    cluster = embedded.locate(given)
    cluster.create()
    cluster.start(fsync="off", synchronous_commit="off", full_page_writes="off")
    ready = embedded.with_secrets(msgspec.structs.replace(given, database_url=cluster.url))
    try:
        prepare_database(ready)
        yield ready
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    async with open_resources(settings) as opened:
        yield opened


@asynccontextmanager
async def working(settings: Settings, resources: Resources, tasks: Mapping[str, Task[Any]]) -> AsyncIterator[Runtime]:
    """A worker of a test's own, for tasks of its own; it is rung by nobody and looks by itself."""
    url = settings.database_url or ""
    async with JobStore(url, settings, worker_name(), resources.hints.touch) as store:
        bell = Bell(build_bell(url))
        runtime = Runtime(settings, resources, store, bell, tasks)
        await runtime.start()
        try:
            yield runtime
        finally:
            await runtime.stop()
            await bell.close()


@pytest.fixture(scope="session")
async def worker(settings: Settings, resources: Resources) -> AsyncIterator[Runtime]:
    """A worker in this process, bell included."""
    list(feature_modules("tasks"))
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            JobStore(settings.database_url or "", settings, worker_name(), resources.hints.touch)
        )
        queue = build_queue(settings)
        bell = Bell(queue)
        await bell.alive()
        runtime = Runtime(settings, resources, store, bell)
        await runtime.start()
        saq_worker = build_worker(queue, runtime)
        saq_worker.SIGNALS = []
        listening = asyncio.create_task(saq_worker.start())
        yield runtime
        await saq_worker.stop()
        await asyncio.wait({listening}, timeout=5)
        await runtime.stop()
        await bell.close()


@asynccontextmanager
async def serving(app: Litestar) -> AsyncIterator[str]:
    """An application over a real socket; gives its address."""
    port = free_port()
    process = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="on"))
    process.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(process.serve())
    while not process.started:
        assert not running.done(), "the API did not start"
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    process.should_exit = True
    await running


@pytest.fixture(scope="session")
async def server(settings: Settings) -> AsyncIterator[str]:
    """The API of the run."""
    async with serving(create_app(settings)) as address:
        yield address


@pytest.fixture
async def anonymous(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{server}/api/v1", timeout=30) as client:
        yield client


async def sign_up(client: httpx.AsyncClient, email: str | None = None) -> dict[str, Any]:
    """A new account, signed in: gives the token pair with the e-mail."""
    email = email or f"{uuid4().hex}@example.com"
    registered = await client.post(
        "/auth/register", json={"email": email, "password": PASSWORD, "display_name": "Nell"}
    )
    assert registered.status_code == 201, registered.text
    pair = await client.post("/auth/login", json={"email": email, "password": PASSWORD})
    assert pair.status_code == 200, pair.text
    return {**pair.json(), "email": email, "id": registered.json()["id"]}


@asynccontextmanager
async def signed_in(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client signed in as a creator of its own."""
    async with httpx.AsyncClient(base_url=f"{server}/api/v1", timeout=60) as client:
        account = await sign_up(client)
        client.headers["Authorization"] = f"Bearer {account['access_token']}"
        yield client


@pytest.fixture
async def creator(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """A creator with nothing yet."""
    async with signed_in(server) as client:
        yield client


@pytest.fixture
async def stranger(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """Another creator."""
    async with signed_in(server) as client:
        yield client


@pytest.fixture(scope="module")
async def reader(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """A creator for all tests of a file that leave what is there as it was."""
    async with signed_in(server) as client:
        yield client


@pytest.fixture
async def operator(server: str, resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """A client signed in as an operator."""
    async with signed_in(server) as client:
        me = (await client.get("/users/me")).json()["id"]
        async with resources.db.transaction() as session:
            await session.execute(text("update users set role = 'operator' where id = :id"), {"id": me})
        yield client


async def open_project(client: httpx.AsyncClient) -> str:
    made = await client.post("/projects", json={"title": "How sailors found their longitude"})
    assert made.status_code == 201, made.text
    project_id: str = made.json()["id"]
    return project_id


@pytest.fixture
async def project(creator: httpx.AsyncClient) -> str:
    return await open_project(creator)


@pytest.fixture(scope="module")
async def room(reader: httpx.AsyncClient) -> str:
    """The reader's project."""
    return await open_project(reader)


async def finished(client: httpx.AsyncClient, job: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
    """The job once it has ended."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        answer = await client.get(f"/jobs/{job['id']}")
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        if read["status"] not in {"queued", "running"}:
            return read
        await asyncio.sleep(0.03)
    raise AssertionError(f"The job did not end in {seconds} s: {read}")


async def add_text(
    client: httpx.AsyncClient, project: str, said: str, title: str = "A source", role: str = "reference", **headers: str
) -> dict[str, Any]:
    """A text source, read to its end: gives the source as it is then."""
    sent = {"title": title, "role": role, "kind": "text", "text": said}
    added = await client.post(f"/projects/{project}/sources", json=sent, headers=headers)
    assert added.status_code == 202, added.text
    job = await finished(client, added.json()["job"])
    assert job["status"] == "succeeded", job
    source: dict[str, Any] = (await client.get(f"/sources/{added.json()['source']['id']}")).json()
    return source


async def add_file(
    client: httpx.AsyncClient, project: str, name: str, data: bytes, role: str = "reference"
) -> httpx.Response:
    files = {"file": (name, data)}
    return await client.post(f"/projects/{project}/sources/file", files=files, data={"role": role, "title": name})


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis of the run's own. Without the binary the tests that need it are left out, but never in CI."""
    binary = shutil.which("redis-server")
    if binary is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs redis-server.")
        pytest.skip("redis-server is not installed; `apt-get install redis-server` brings it")
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)
