"""The newcomer's commands, as processes of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from lxml import html

from app.config import Settings
from app.shared.embedded import locate
from tests.conftest import free_port

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[2]


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "CI") if name in os.environ}
    return {**kept, **more}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose embedded database is there already; whoever needs it starts and stops it."""
    made = tmp_path_factory.mktemp("commands") / "home"
    subprocess.run(strand("migrate"), env=clean_environment(STRAND_HOME=str(made)), cwd=PROJECT, check=True, timeout=90)
    yield made
    locate(Settings.from_env({"STRAND_HOME": str(made)})).remove()


def strand(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *arguments]


def test_the_demo_does_the_main_job_and_leaves_files_and_nothing_else(tmp_path):
    output = tmp_path / "out"
    before = {process.pid for process in psutil.process_iter()}

    done = subprocess.run(
        strand("demo", "--output", str(output)), env=clean_environment(), capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "quotes stand in their sources" in done.stdout
    assert {path.name for path in output.glob("*") if "-v4" not in path.name} == {
        "chat.json", "dna-profile.json", "matches.json", "report.html", "research.json", "revision.json", "safety-check.json",
        "script.json", "searches.json", "sources.json", "structures.json", "usage.json",
    }  # fmt: skip
    exported = {path.name.partition("-v4")[2] for path in output.glob("*-v4*")}
    assert exported == {
        ".md", ".txt", ".docx", ".fountain", ".srt", ".vtt", ".json", ".otio", "-teleprompter.html", "-youtube.md",
    }  # fmt: skip
    links = html.parse(output / "report.html").xpath("//a/@href")
    assert all(link.startswith("#") or (output / link).is_file() for link in links)
    research = json.loads((output / "research.json").read_text())
    assert any("5.1" in one["explanation"] and "39" in one["explanation"] for one in research["contradictions"])
    script = json.loads((output / "script.json").read_text())
    assert abs(script["version"]["word_count"] / (12 * script["version"]["words_per_minute"]) - 1) <= 0.1
    assert json.loads((output / "safety-check.json").read_text())["verdict"] == "clear"
    profile = json.loads((output / "dna-profile.json").read_text())
    assert profile["engine"] == "offline"
    assert all(search["items"] for search in json.loads((output / "searches.json").read_text()))
    left = [p for p in psutil.process_iter() if p.pid not in before and p.status() != "zombie" and _ours(p)]
    assert left == []


def test_a_demo_that_can_not_start_says_what_to_do(tmp_path):
    done = subprocess.run(
        strand("demo", "--output", str(tmp_path / "out")),
        env=clean_environment(JOB_LEASE_SECONDS="never"), capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 1
    assert "The demo stopped" in done.stdout
    assert "strand.log" in done.stdout


def test_run_serves_heals_its_worker_and_stops_cleanly(home):
    port = free_port()
    environment = clean_environment(PORT=str(port), STRAND_HOME=str(home), JOB_BEAT_SECONDS="0.5")
    process = subprocess.Popen(strand("run"), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/api/v1/health"
    try:
        wait(lambda: _status(address) == "healthy")
        family = psutil.Process(process.pid).children(recursive=True)
        (worker,) = [child for child in family if "app.worker.run" in " ".join(child.cmdline())]
        worker.send_signal(signal.SIGKILL)
        wait(
            lambda: any(
                "app.worker.run" in " ".join(c.cmdline()) and c.pid != worker.pid for c in _children(process.pid)
            )
        )
        wait(lambda: _status(address) == "healthy")
        wait(lambda: len(_children(process.pid)) >= 2)
        family = _children(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert process.wait(40) == 0
    assert time.monotonic() - began < 40
    assert not [p for p in family if p.is_running() and p.status() != "zombie"]
    assert _status(address) is None
    cluster = locate(Settings.from_env({"STRAND_HOME": str(home)}))
    assert not (cluster.data / "postmaster.pid").exists()


def test_run_on_a_port_in_use_says_so_and_ends(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = clean_environment(PORT=str(taken.getsockname()[1]), STRAND_HOME=str(home))
        done = subprocess.run(strand("run"), env=environment, capture_output=True, text=True, timeout=90)

    assert done.returncode == 1
    assert "is the port in use" in done.stderr


def test_production_without_a_key_refuses_to_start(tmp_path):
    environment = clean_environment(APP_ENV="production", STRAND_HOME=str(tmp_path / "home"))

    for door in (strand("run"), [sys.executable, "-m", "app.worker.run"], strand("migrate")):
        done = subprocess.run(door, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert "SECRET_KEY" in done.stderr
        assert "Traceback" not in done.stderr


def test_doctor_finds_a_good_machine_good_and_a_bad_setting_bad(home):
    environment = clean_environment(STRAND_HOME=str(home), PORT=str(free_port()))
    good = subprocess.run(strand("doctor"), env=environment, capture_output=True, text=True, timeout=90)
    bad = subprocess.run(
        strand("doctor"), env={**environment, "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/none"},
        capture_output=True, text=True, timeout=90,
    )  # fmt: skip

    assert good.returncode == 0, good.stdout + good.stderr
    assert "All is well" in good.stdout
    assert bad.returncode == 1
    assert "check DATABASE_URL" in bad.stdout


def test_an_operator_is_made_once(home):
    environment = clean_environment(STRAND_HOME=str(home), OPERATOR_PASSWORD="an operator's password")
    made, again = (
        subprocess.run(
            strand("create-operator", "op@example.com"), env=environment, capture_output=True, text=True, timeout=90
        )
        for _ in range(2)
    )

    assert made.returncode == 0, made.stderr
    assert again.returncode == 2
    assert "exists" in again.stderr


def wait(condition, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


def _status(address: str) -> str | None:
    try:
        return httpx.get(address, timeout=5).json()["status"]
    except httpx.HTTPError:
        return None


def _children(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children(recursive=True) if child.status() != "zombie"]


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _ours(process: psutil.Process) -> bool:
    """Of a demo: its cluster lies in the demo's home, and its processes have that home in their environment."""
    try:
        home = process.environ().get("STRAND_HOME", "")
    except psutil.Error:
        home = ""
    return "strand-demo-" in home + " ".join(_cmdline(process))


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch):
    monkeypatch.chdir(PROJECT)
