"""docs/adding-a-feature.md, followed to the letter in a copy of the tree."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.db.session import plain_url
from tests.conftest import add_text, finished, free_port, in_a_thread, sign_up

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/adding-a-feature.md").read_text()
FILES = re.compile(r"^(Add to )?`([\w/.]+)`[^\n]*:\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def database(settings) -> str:
    """An empty one, in the run's cluster."""
    url = plain_url(settings.database_url)

    async def create():
        connection = await asyncpg.connect(url)
        await connection.execute("create database from_nothing")
        await connection.close()

    in_a_thread(lambda: asyncio.run(create()))
    return url.replace("/strand?", "/from_nothing?")


@pytest.fixture
def copy(tmp_path, database, settings) -> Iterator["Copy"]:
    made = Copy(tmp_path / "strand", database, settings.secret_key)
    yield made
    for process in made.started:
        process.terminate()
    for process in made.started:
        process.wait(30)


class Copy:
    """The tree in another folder, and what runs in it."""

    def __init__(self, root: Path, database: str, key: str) -> None:
        shutil.copytree(ROOT / "app", root / "app", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "alembic.ini", root)
        self.root, self.started = root, []
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(root), "DATABASE_URL": database,
            "SECRET_KEY": key, "STRAND_HOME": str(root / "home"), "ENGINE": "offline",
        }  # fmt: skip

    def follow(self, page: str) -> None:
        for added, name, text in FILES.findall(page):
            path = self.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(path.read_text() + text if added else text)

    def run(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, *arguments: str) -> None:
        self.started.append(subprocess.Popen([sys.executable, "-m", *arguments], cwd=self.root, env=self.environment))


async def answering(client: httpx.AsyncClient) -> None:
    for _ in range(600):
        try:
            if (await client.get("/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError("The API didn't start.")


async def test_a_feature_that_is_added_by_the_page_is_discovered_migrated_served_and_worked(copy):
    copy.run("python", "-m", "app.cli", "migrate")
    copy.follow(PAGE)
    for command in COMMANDS.findall(PAGE):
        copy.run("bash", "-ec", command)
    copy.run(
        "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "app/features/tallies", "app/db/models/tally.py"
    )
    copy.run("python", "-m", "app.cli", "migrate")
    port = free_port()
    copy.start("uvicorn", "app.main:app", "--port", str(port), "--log-level", "warning")
    copy.start("app.worker.run")

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as client:
        await answering(client)
        client.headers["Authorization"] = f"Bearer {(await sign_up(client))['access_token']}"
        project = (await client.post("/projects", json={"title": "Clocks"})).json()["id"]
        await add_text(client, project, "A clock is late. No clock was ever late on purpose, said the clockmaker.")
        asked = await client.post(f"/projects/{project}/tallies", json={"word": "Clock"})
        job = await finished(client, asked.json())
        tally = await client.get(f"/tallies/{job['result']['id']}")
        stranger = {"Authorization": f"Bearer {(await sign_up(client))['access_token']}"}
        hidden = await client.get(f"/tallies/{job['result']['id']}", headers=stranger)

    assert asked.status_code == 202
    assert [step["name"] for step in job["steps"]] == ["count_in_sources", "save_tally"]
    assert (tally.json()["word"], tally.json()["count"]) == ("clock", 2)
    assert hidden.status_code == 404
