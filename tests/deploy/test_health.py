"""`strand health`, as orchestrators ask it, and the processes that it asks about."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import msgspec
import pytest

from app import health
from tests.conftest import free_port

AWAY = "postgresql://strand@127.0.0.1:1/strand"
KEY = "mF3xk9Qw7Zt1Lp5Rv8Ny2Bc6Hd4Js0Ga"


def test_the_api_is_well_while_it_serves_and_leaves_with_exit_0_when_it_is_told_to(settings):
    port = free_port()
    given = {"DATABASE_URL": settings.database_url, "SECRET_KEY": KEY, "PORT": str(port)}
    environment = {**os.environ, **given, "STRAND_HOME": str(settings.home), "STORAGE_URL": settings.storage_url or ""}
    here = msgspec.structs.replace(settings, port=port)
    process = subprocess.Popen([sys.executable, "-m", "app.cli", "api"], env=environment)
    try:
        give_up = time.monotonic() + 60
        while health.examine(here, "api", live=False):
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 0
        assert health.examine(here, "api", live=True) == 1
    finally:
        process.kill()
        process.wait()


async def test_a_worker_is_well_while_it_gives_signs_of_life(settings, worker, resources):
    """Others' tests may have held up this process, and its worker with it: the next sign comes at once."""
    for _ in range(100):
        if (code := await asyncio.to_thread(health.examine, settings, "worker", live=False)) == 0:
            break
        await asyncio.sleep(0.1)
    assert code == 0


@pytest.mark.parametrize(("live", "code"), [(False, 1), (True, 0)])
def test_a_worker_whose_database_is_away_is_not_well_but_no_restart_would_mend_it(settings, live, code, capsys):
    away = msgspec.structs.replace(settings, database_url=AWAY)

    assert health.examine(away, "worker", live=live) == code
    assert bool(capsys.readouterr().err) is not live


def test_a_worker_that_never_came_or_fell_silent_is_not_well(settings, monkeypatch, capsys):
    monkeypatch.setattr(health.socket, "gethostname", lambda: "another-container")

    assert health.examine(settings, "worker", live=True) == 1
    assert "has made itself known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "roles"),
    [
        (["python", "-m", "app.worker.run"], {"worker"}),
        (["uvicorn", "app.main:app", "--reload"], {"api"}),
        (["python", "-m", "app.serving"], {"api"}),
        (["python", "/opt/app/bin/strand", "health"], set()),
        (["python", "/opt/app/bin/strand", "health", "worker"], set()),
        (["api"], set()),
        ([], set()),
    ],
)
def test_what_runs_in_a_container_is_told_by_its_command_lines(tmp_path, words, roles):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cmdline").write_bytes("".join(f"{word}\0" for word in words).encode())

    assert health.running(tmp_path) == roles
