import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.config import ROOT_HOME, Settings
from app.shared import embedded

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root, whose homes are private")


@pytest.fixture
def private_home():
    """A home below a folder that nobody but its owner may enter."""
    outer = Path(tempfile.mkdtemp(prefix="strand-private-"))
    outer.chmod(0o700)
    yield outer / "home"
    shutil.rmtree(outer, ignore_errors=True)


def permissions(path: Path) -> dict[str, tuple[int, int]]:
    """Mode and owner of a path and everything above it."""
    return {str(one): (one.stat().st_mode, one.stat().st_uid) for one in (path, *path.parents)}


@as_root
def test_as_root_no_permission_outside_our_own_folder_changes(private_home):
    package = embedded._packaged_binaries()
    private_home.mkdir(mode=0o700)
    before = permissions(private_home) | permissions(package)
    settings = Settings.from_env({"STRAND_HOME": str(private_home)})

    with embedded.embedded_database(settings) as ready:
        cluster = embedded.locate(settings)
        assert ready.database_url == cluster.url
        assert str(cluster.folder).startswith(str(ROOT_HOME))

    assert permissions(private_home) | permissions(package) == before
    cluster.remove()


@as_root
def test_the_data_of_a_home_that_is_gone_is_deleted(private_home):
    settings = Settings.from_env({"STRAND_HOME": str(private_home)})
    folder = embedded.locate(settings).folder
    assert folder.exists()
    shutil.rmtree(private_home)

    other = embedded.locate(settings)

    assert not folder.exists()
    assert other.folder != folder
    other.remove()


def test_the_server_runs_as_long_as_anybody_needs_it(private_home):
    settings = Settings.from_env({"STRAND_HOME": str(private_home)})
    hold = "import sys, time; from app.config import Settings; from app.shared.embedded import embedded_database\nwith embedded_database(Settings.from_env()):\n    print('up', flush=True); sys.stdin.read()"  # fmt: skip
    environment = {**os.environ, "STRAND_HOME": str(private_home)}
    environment.pop("DATABASE_URL", None)

    with embedded.embedded_database(settings):
        cluster = embedded.locate(settings)
        other = subprocess.Popen(
            [sys.executable, "-c", hold], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert other.stdout.readline() == b"up\n"
    assert running(cluster)

    other.communicate(b"", timeout=30)

    assert not running(cluster)
    cluster.remove()


def test_a_holder_that_is_killed_does_not_keep_the_server_for_ever(private_home):
    settings = Settings.from_env({"STRAND_HOME": str(private_home)})
    code = "import time; from app.config import Settings; from app.shared.embedded import embedded_database\nwith embedded_database(Settings.from_env()):\n    print('up', flush=True); time.sleep(60)"  # fmt: skip
    killed = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "STRAND_HOME": str(private_home)}, stdout=subprocess.PIPE
    )
    assert killed.stdout.readline() == b"up\n"
    killed.kill()
    killed.wait()
    cluster = embedded.locate(settings)
    assert running(cluster)

    with embedded.embedded_database(settings):
        pass

    assert not running(cluster)
    cluster.remove()


def test_generated_secrets_are_private_and_stay_the_same(private_home):
    settings = Settings.from_env({"STRAND_HOME": str(private_home)})

    first, second = embedded.with_secrets(settings), embedded.with_secrets(settings)

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert (private_home / "secret_key").stat().st_mode & 0o777 == 0o600


def running(cluster: embedded.Cluster) -> bool:
    """Whether the cluster's server runs, after it had a moment to leave."""
    pid = cluster.data / "postmaster.pid"
    for _ in range(20):
        if not pid.exists():
            return False
        time.sleep(0.05)
    return True
