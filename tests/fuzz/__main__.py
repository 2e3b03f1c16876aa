"""`python -m tests.fuzz FORMAT... [--minutes 10] [--seed 0] [--found FOLDER] [--plain]`; without a format it lists them."""

import argparse
import importlib
import os
import subprocess
import sys
import time
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

from tests import fuzz

READERS = ["app.features.sources.readers", "app.features.sources.chunks", "app.shared.text", "app.features.dna.portable", "app.features.dna.foreign_prints", "app.shared.clients.robots", "app.shared.clients.urls"]  # fmt: skip
"""What coverage guides through."""
atheris = importlib.import_module("atheris") if find_spec("atheris") and "--plain" not in sys.argv else None

with atheris.instrument_imports(include=READERS) if atheris else nullcontext():
    from tests.fuzz.formats import FORMATS
    from tests.fuzz.loop import Fuzzing, run_guided, run_plainly


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=fuzz.__doc__)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("--minutes", type=float, default=10.0, help="for each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--found", type=Path, default=Path("build/fuzz"), help="the folder for findings")
    parser.add_argument("--plain", action="store_true", help="without coverage, also where atheris is installed")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := [name for name in asked.formats if name not in FORMATS]:
        parser.error(f"there is no format {unknown[0]!r}; there are {', '.join(FORMATS)}")
    if not asked.formats:
        print("\n".join(FORMATS))
        return 0
    if asked.here:
        return fuzz_here(asked)
    for name in asked.formats:
        fuzz_in_processes(name, asked)
    found = [path for name in asked.formats for path in (asked.found / name).glob("*.finding")]
    print(f"{len(found)} findings" + (f" in {asked.found}" if found else ""))
    return 1 if found else 0


def fuzz_in_processes(name: str, asked: argparse.Namespace) -> None:
    """A process that a parser in C takes down is started again until the time is over; the guard bears such an end too."""
    until = time.monotonic() + asked.minutes * 60
    began, runs, ends, seed = time.monotonic(), 0, 0, asked.seed
    while (left := until - time.monotonic()) > 3:
        command = [sys.executable, "-m", "tests.fuzz", name, "--here", "--minutes", str(left / 60), "--seed", str(seed), "--found", str(asked.found)]  # fmt: skip
        count = asked.found / name / "runs"
        count.unlink(missing_ok=True)
        done = subprocess.run([*command, *(["--plain"] if asked.plain else [])], stderr=subprocess.DEVNULL, check=False)
        if done.returncode == 1 and not count.exists():
            sys.exit(f"{name} could not be started; `{' '.join(command[1:])}` says why")
        runs += int(count.read_text()) if count.exists() else 0
        ends += done.returncode not in {0, 1}
        seed += 1
    kinds = len(list((asked.found / name).glob("*.finding")))
    how = "guided by coverage" if atheris else "at random"
    print(f"{name}: {runs:,} inputs in {time.monotonic() - began:.0f} s, {how}; {kinds} kinds of findings, {ends} ends of the process", flush=True)  # fmt: skip


def fuzz_here(asked: argparse.Namespace) -> int:
    (name,) = asked.formats
    fuzzing = Fuzzing(name, asked.found / name, asked.seed)
    if atheris:
        run_guided(fuzzing, asked.minutes * 60, atheris, asked.found / name / "corpus")
    run_plainly(fuzzing, asked.minutes * 60)
    (fuzzing.folder / "runs").write_text(str(fuzzing.runs))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    sys.exit(main())
