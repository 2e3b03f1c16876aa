"""The operator's and newcomer's command line: `strand`."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from app import VERSION
from app.config import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; what can't be done is said in one sentence, with exit code 2."""
    parser = argparse.ArgumentParser(prog="strand", description="Strand: the pre-production partner of video makers.")
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve API and worker together, with an embedded database if none is set")
    commands.add_parser("api", help="serve the API alone")
    commands.add_parser("worker", help="run one worker alone")
    commands.add_parser("migrate", help="bring the database to the newest schema")
    commands.add_parser("doctor", help="check every setting, server, key and version")
    saved = commands.add_parser("backup", help="write database and files to one archive, while the service runs")
    saved.add_argument("file", help="the archive to write; .tar.gz packs it, - is the standard output")
    back = commands.add_parser("restore", help="bring a backup into an empty database and the storage")
    back.add_argument("file", type=Path, help="the archive")
    back.add_argument("--force", action="store_true", help="delete what the database holds")
    well = commands.add_parser("health", help="whether the API or the worker that runs here is well, for orchestrators")
    well.add_argument("role", nargs="?", choices=["api", "worker"], help="default: whatever runs here")
    well.add_argument("--live", action="store_true", help="only what a restart would mend: no lost database")
    demo = commands.add_parser("demo", help="show the whole journey on the samples, through the API")
    demo.add_argument("--keep", action="store_true", help="leave it serving afterwards")
    demo.add_argument("--output", default="demo-output", help="the folder to write to (default: demo-output)")
    operator = commands.add_parser("create-operator", help="open an operator's account")
    operator.add_argument("email")
    operator.add_argument("--display-name", default="Operator")
    measured = commands.add_parser("evaluate", help="measure the analysis on a folder of texts with known answers")
    measured.add_argument("what", choices=EVALUATIONS)
    measured.add_argument("--data", required=True, help="the folder")
    _add_operating(commands)
    given = parser.parse_args(arguments)
    try:
        return COMMANDS[given.command](given)
    except SettingsError as error:
        sys.stderr.write(f"strand: {error}\n")
        return 2


def _add_operating(commands: Any) -> None:
    jobs = commands.add_parser("jobs", help="look at jobs and act on them, for operators")
    actions = jobs.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="the newest jobs")
    listed.add_argument("--status", choices=["queued", "running", "succeeded", "failed", "cancelled"])
    listed.add_argument("--kind")
    listed.add_argument("--owner", help="the owner's id")
    listed.add_argument("--waits-for", choices=["retry", "provider", "budget"])
    listed.add_argument("--limit", type=int, default=30)
    for name, says in (
        ("why", "why a job is where it is, with its steps, events and paid calls"),
        ("cancel", "stop a job"),
        ("retry", "let a failed or cancelled job go on from its last finished step"),
        ("replay", "run a job's input again from the start, as a new job"),
    ):
        actions.add_parser(name, help=says).add_argument("job_id")
    drain = actions.add_parser("drain", help="begin no more jobs, and wait until none is running")
    drain.add_argument("--kind", help="only jobs of this kind")
    drain.add_argument("--off", action="store_true", help="let jobs begin again")
    drain.add_argument("--no-wait", action="store_true", help="don't wait for what runs")
    index = commands.add_parser("index", help="the index over vectors, and which model made them, for operators")
    doing = index.add_subparsers(dest="action", required=True)
    doing.add_parser("status", help="what there is, and whether it suits")
    rebuilt = doing.add_parser("rebuild", help="make it anew beside the old one, sized for what there is")
    rebuilt.add_argument("--kind", choices=["hnsw", "ivfflat", "none"], help="instead of VECTOR_INDEX")
    doing.add_parser("reembed", help="embed by its engine's model what another model embedded, a job a project")
    audit = commands.add_parser("audit", help="who did what to what, when and from where, for operators")
    audit.add_argument("--actor", help="the id of the account that did it")
    audit.add_argument("--action", help="such as sign_in.failed")
    audit.add_argument("--target", help="the id of what it was done to")
    audit.add_argument("--limit", type=int, default=30)
    commands.add_parser("workers", help="the workers, what they run, and which providers are paused")


def operate(given: argparse.Namespace) -> int:
    from app.operating import run as act

    return act(given)


def index(given: argparse.Namespace) -> int:
    from app.indexing import run as act

    return act(given)


def run(_: argparse.Namespace) -> int:
    from app.supervisor import serve

    return serve(Settings.from_env())


def api(_: argparse.Namespace) -> NoReturn:
    Settings.from_env()
    os.execv(sys.executable, [sys.executable, "-m", "app.serving"])  # noqa: S606


def worker(_: argparse.Namespace) -> NoReturn:
    Settings.from_env()
    os.execv(sys.executable, [sys.executable, "-m", "app.worker.run"])  # noqa: S606


def migrate(_: argparse.Namespace) -> int:
    from app.shared.embedded import embedded_database
    from app.supervisor import prepare_database

    with embedded_database(Settings.from_env(), migrated=False) as settings:
        prepare_database(settings)
    print("The database is at the newest schema.")
    return 0


def doctor(_: argparse.Namespace) -> int:
    from app.doctor import examine

    return examine(Settings.from_env())


def backup(given: argparse.Namespace) -> int:
    from app.backup import backup as save

    return save(Settings.from_env(), given.file)


def restore(given: argparse.Namespace) -> int:
    from app.restore import restore as bring_back

    return bring_back(Settings.from_env(), given.file, force=given.force)


def health(given: argparse.Namespace) -> int:
    from app.health import examine

    return examine(Settings.from_env(), given.role, live=given.live)


def demo(given: argparse.Namespace) -> int:
    from app.demo.journey import show

    return show(given.output, keep=given.keep)


def evaluate(given: argparse.Namespace) -> int:
    """The module's `report` yields the tables line by line, so that a long run shows how far it is."""
    report = import_module(f"app.evaluate.{given.what}").report
    try:
        for line in report(Path(given.data)):
            print(line, flush=True)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"strand: {given.data} can't be measured: {error}\n")
        return 2
    return 0


def create_operator(given: argparse.Namespace) -> int:
    password = os.environ.get("OPERATOR_PASSWORD") or getpass.getpass("Password (10 characters or more): ")
    return asyncio.run(_create_operator(given.email, given.display_name, password))


async def _create_operator(email: str, display_name: str, password: str) -> int:
    from app.db.models import Role
    from app.db.session import Database
    from app.features.accounts.schemas import Registration
    from app.features.accounts.service import AccountService
    from app.shared.audit import AT_THE_MACHINE, record
    from app.shared.embedded import embedded_database, with_secrets
    from app.shared.exceptions import AppError

    wanted = {"email": email, "display_name": display_name, "password": password}
    try:
        registration = msgspec.convert(wanted, Registration)
    except msgspec.ValidationError as error:
        raise SettingsError(f"The account can't be opened: {error}.") from None
    with embedded_database(with_secrets(Settings.from_env())) as settings:
        db = Database(settings.database_url or "")
        try:
            async with db.transaction() as session:
                user = await AccountService.of(session, settings).register(registration, Role.OPERATOR)
                record(session, None, "user.registered", ("user", user.id), address=AT_THE_MACHINE, role=user.role)
        except AppError as error:
            raise SettingsError(error.message) from None
        finally:
            await db.close()
    print(f"{user.email} is an operator now.")
    return 0


EVALUATIONS = ("retrieval", "safety", "voice")
"""Modules of app.evaluate."""

COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "api": api,
    "worker": worker,
    "migrate": migrate,
    "doctor": doctor,
    "backup": backup,
    "restore": restore,
    "health": health,
    "demo": demo,
    "evaluate": evaluate,
    "create-operator": create_operator,
    "index": index,
    "jobs": operate,
    "audit": operate,
    "workers": operate,
}

if __name__ == "__main__":
    sys.exit(main())
