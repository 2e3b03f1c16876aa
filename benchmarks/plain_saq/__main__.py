"""It says what the fault suite would find there, beside what this engine does in the same fault and the same run, and
writes the table into `docs/reliability.md`."""

import argparse
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from uuid import uuid4

import psycopg

from benchmarks.plain_saq.faults import FAULTS
from benchmarks.plain_saq.lane import Lane, Outcome
from benchmarks.plain_saq.plain import Plain
from benchmarks.plain_saq.report import in_all, page, table, write
from benchmarks.plain_saq.strand import Strand
from tests.faults.servers import PostgresServer


def run(lane: Lane, faults: list[str]) -> dict[str, Outcome | str | None]:
    found: dict[str, Outcome | str | None] = {}
    for name in faults:
        _, fault, seconds = FAULTS[name]
        began = time.monotonic()
        try:
            lane.begin(f"{name}-{uuid4().hex[:6]}", seconds)
            found[name] = fault(lane)
        except Exception as error:  # one cell less, not the whole run
            found[name] = f"not measured: {type(error).__name__}: {str(error)[:300]}"
        sys.stderr.write(f"{lane.name}, {name}, {time.monotonic() - began:.0f} s: {found[name]}\n")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    parser.add_argument("--lanes", nargs="+", type=int, default=[0, 1, 2, 3])
    parser.add_argument("--dry", action="store_true", help="write no page")
    given = parser.parse_args()
    began = time.monotonic()
    postgres, lanes = PostgresServer(), list[Lane]()
    made: list[Callable[[], Lane]] = [
        lambda: Plain("plain SAQ, defaults", postgres, best=False, on_redis=True),
        lambda: Plain("plain SAQ, best settings", postgres, best=True, on_redis=True),
        lambda: Plain("the same on SAQ's Postgres queue", postgres, best=True, on_redis=False),
    ]
    try:
        lanes.extend(made[number]() for number in given.lanes if number < len(made))
        with psycopg.connect(postgres.url) as connection:
            server = connection.info.parameter_status("server_version")
        if len(made) in given.lanes:
            lanes.append(Strand())
        with ThreadPoolExecutor(4) as pool:
            running = {lane.name: pool.submit(run, lane, given.faults) for lane in lanes}
            found = {name: future.result() for name, future in running.items()}
    finally:
        for lane in lanes:
            lane.close()
        postgres.remove()
    told = subprocess.run(["redis-server", "--version"], check=True, capture_output=True, text=True).stdout
    numbers = re.search(r"v=(\S+)", told)
    assert numbers is not None
    versions = f"SAQ {version('saq')}, Redis {numbers[1]}, PostgreSQL {server}, Python {platform.python_version()}"
    rows = table([lane.name for lane in lanes], found)
    sys.stdout.write(f"{rows}\n{versions}; {time.monotonic() - began:.0f} s\n")
    if not given.dry:
        write(page(rows, versions, in_all([lane.name for lane in lanes], found)))


if __name__ == "__main__":
    main()
