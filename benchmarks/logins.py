"""What others feel while many sign in at once: reads of signed-in creators, without and with a storm of logins, in turns.

`python -m benchmarks.logins [--rounds 5] [--seconds 5] [--at-once 16]`. Needs wrk. Hashes at their default price; the storm's accounts
and passwords are right, so that no limit stops it.
"""

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
from msgspec.structs import replace

from app.db.session import plain_url
from app.evaluate.retrieval import own_database
from app.features.accounts.passwords import Passwords
from app.shared.keys import Keys
from benchmarks.crowd import crowd
from benchmarks.reads.__main__ import Round, lines, load, serving
from benchmarks.reads.shelf import fill
from benchmarks.record import record

PASSWORD = "measure by measure"
READERS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=16)
    given = parser.parse_args()
    with own_database() as settings, tempfile.TemporaryDirectory() as folder:
        ready = replace(settings, secret_key=settings.secret_key or "a key of the benchmark, long enough to be one")
        url = plain_url(ready.database_url or "")
        creators = asyncio.run(fill(url, Keys.of(ready)))
        asyncio.run(give_passwords(url, asyncio.run(Passwords.of(ready).hash(PASSWORD))))
        with serving(ready, {"Strand": "app.serving"}) as ports:
            port, requests = ports["Strand"], lines(Path(folder), "/api/v1/projects?limit=20", creators)
            load(port, requests, 2, connections=READERS)
            quiet, stormy, logins = [], [], []
            for _ in range(given.rounds):
                quiet.append(load(port, requests, given.seconds, connections=READERS))
                with storm(port, given.at_once) as made:
                    time.sleep(1)
                    stormy.append(load(port, requests, given.seconds, connections=READERS))
                logins.append(len(made) / (given.seconds + 1))
    rows = [row("nothing", quiet, quiet), row(f"{given.at_once} who sign in at once", stormy, quiet)]
    head = "| beside | requests/s | p50 ms | p99 ms | p99 to the quiet one |\n| --- | --- | --- | --- | --- |"
    said = f"\n\n{statistics.median(logins):.1f} logins a second meanwhile."
    record("Logins", "python -m benchmarks.logins", "\n".join((head, *rows)) + said)


def row(beside: str, measured: list[Round], quiet: list[Round]) -> str:
    share = statistics.median(one.p99 / other.p99 for one, other in zip(measured, quiet, strict=True))
    rate, p50, p99 = (statistics.median(getattr(one, name) for one in measured) for name in ("rate", "p50", "p99"))
    return f"| {beside} | {rate:,.0f} | {p50:.1f} | {p99:.1f} | {share:.2f} |"


async def give_passwords(url: str, password_hash: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("update users set password_hash = $1", password_hash)
    await connection.close()


@contextmanager
def storm(port: int, at_once: int) -> Iterator[list[float]]:
    """So many who sign in again as soon as they are in; gives when each was."""
    made: list[float] = []

    def sign_in(number: int, over: threading.Event) -> None:
        account = {"email": f"creator{number + 1}@example.com", "password": PASSWORD}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
            while not over.is_set():
                answer = client.post("/auth/login", json=account)
                assert answer.status_code == 200, answer.text
                made.append(time.monotonic())

    with crowd(at_once, sign_in):
        yield made


if __name__ == "__main__":
    main()
