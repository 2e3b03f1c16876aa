"""One database at 1, 10 and 100 times: what each hot request and each transition of a job costs PostgreSQL there.

`python -m benchmarks.growth [--creators 100] [--times 1 10 100]`. The service runs in this process and is asked as a client asks; what
it says to PostgreSQL is explained afterwards, with the same values. Ends with 1 where a plan reads a big table whole, or sorts
what grows.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import asyncpg
import httpx
from pgvector.asyncpg import register_vector

from app.config import Settings
from app.db.models import Role
from app.db.session import plain_url
from app.evaluate.retrieval import own_database
from app.features.accounts.tokens import issue_access_token
from app.features.jobs.looking import Looks
from app.main import create_app
from app.shared.http import Principal
from app.shared.job_store import JobStore
from app.shared.keys import Keys
from app.shared.resources import Resources
from app.supervisor import prepare_database
from app.worker.retention import sweep
from benchmarks.growth.fill import grow
from benchmarks.growth.listening import Noted, Said, listening
from benchmarks.growth.plans import Cost, cost
from benchmarks.reads.shelf import thing
from benchmarks.record import record
from tests.conftest import in_a_thread, serving

ASKED = 7
"""The creator who is asked for; all have as much."""
WAITS = "benchmark.waits"
READS = {
    "GET /users/me": "/users/me",
    "GET /projects": "/projects?limit=20",
    "GET /projects?search=": "/projects?limit=20&search=project%201",
    "GET /projects/{id}": "/projects/{project}",
    "GET /projects/{id}/sources": "/projects/{project}/sources",
    "GET /sources/{id}/chunks": "/sources/{source}/chunks",
    "GET /scripts/{id}": "/scripts/{script}",
    "GET /projects/{id}/scripts": "/projects/{project}/scripts",
    "GET /jobs": "/jobs",
    "GET /jobs/{id}": "/jobs/{job}",
    "GET /usage": "/usage",
    "search, keyword": "/projects/{project}/search?q=half%20a%20degree&mode=keyword",
    "search, semantic": "/projects/{project}/search?q=half%20a%20degree&mode=semantic",
    "search, hybrid": "/projects/{project}/search?q=half%20a%20degree&mode=hybrid",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=100)
    parser.add_argument("--times", nargs="+", type=int, default=[1, 10, 100])
    given = parser.parse_args()
    found: dict[int, Mapping[str, Cost]] = {}
    with own_database() as settings:
        in_a_thread(lambda: prepare_database(settings))
        for times in given.times:
            found[times] = asyncio.run(measure(settings, given.creators * times))
    record("Growth", "python -m benchmarks.growth", table(found, given.creators))
    wrong = {f"{name}: {told}" for costs in found.values() for name, one in costs.items() for told in one.told}
    if wrong:
        sys.exit("\n".join(sorted(wrong)))


def table(found: Mapping[int, Mapping[str, Cost]], creators: int) -> str:
    sizes = list(found)
    head = (
        "| what | statements | "
        + " | ".join(f"{creators * size:,} creators: ms, pages" for size in sizes)
        + " | pages, last to first | reads or sorts that grow |"
    )
    rows = []
    for name, first in found[sizes[0]].items():
        several = [found[size][name] for size in sizes]
        told = sorted({one for each in several for one in each.told})
        grown = several[-1].pages / max(1, first.pages)
        rows.append(
            f"| {name} | {first.statements} | "
            + " | ".join(f"{one.milliseconds:.2f}, {one.pages:,}" for one in several)
            + f" | {grown:.2f} | {'; '.join(told) or 'none'} |"
        )
    return "\n".join((head, "|" + " --- |" * (len(sizes) + 4), *rows))


async def measure(settings: Settings, creators: int) -> Mapping[str, Cost]:
    app = create_app(settings)
    url = plain_url(settings.database_url or "")
    async with serving(app) as address:
        resources: Resources = app.state.resources
        await grow(url, creators, resources.llm.embedding_model)
        engine, costs = resources.db.engine.sync_engine, {}
        connection = await asyncpg.connect(url)
        await register_vector(connection)
        async for name, ask, dry in everything(address, settings, resources):
            if not dry:
                await ask()  # caches, prepared statements
            with listening(engine, dry=dry) as heard, suppress(Noted):
                await ask()
            costs[name] = await cost(connection, [one for one in heard if counted(one)])
            sys.stderr.write(f"{creators:,} {name}: {costs[name]}\n")
        await connection.close()
    return costs


def counted(said: Said) -> bool:
    """Not what is written now and then whatever is asked, and not single new rows, which can't be written twice."""
    return "metric_totals" not in said.sql and not said.sql.lstrip().lower().startswith("insert")


async def everything(
    address: str, settings: Settings, resources: Resources
) -> AsyncIterator[tuple[str, Callable[[], Awaitable[object]], bool]]:
    """What is done, and whether it is only said (`listening`'s *dry*)."""
    async with client_of(address, settings) as client:
        where = {
            "project": str(thing(ASKED, 1))[:-12] + "000000010001",
            "source": thing(ASKED, 4),
            "script": thing(ASKED, 5),
        }
        where["job"] = str(thing(ASKED, 3))[:-12] + "000000030001"
        for name, path in READS.items():
            yield name, asking(client, "GET", path.format(**where)), False
        yield "POST /projects", asking(client, "POST", "/projects", title="Another"), False
        note = {"title": "A note", "role": "reference", "kind": "text"}
        sources = f"/projects/{where['project']}/sources"

        async def add() -> None:
            answer = await client.post(sources, json={**note, "text": f"Longitude is time. {uuid4().hex}"})
            assert answer.status_code == 202, answer.text

        yield "POST /projects/{id}/sources", add, False
    looks, user = Looks(resources.db), Principal(thing(ASKED, 1), Role.CREATOR, thing(ASKED, 2))
    yield "a look at a followed job", lambda: looks.look(user, UUID(where["job"]), 2), False
    async with JobStore(settings.database_url or "", settings, "growth", lambda _: None) as store:
        (held,) = await store.claim([WAITS], 1)
        await store.start_step(held, "a", "x", time.monotonic())
        for name, ask in {
            "a claim of one job": lambda: store.claim([WAITS], 1),
            "a claim of ten": lambda: store.claim([WAITS], 10),
            "signs of life of a run": lambda: store.beat([held]),
            "a step's start": lambda: store.start_step(held, "b", "x", time.monotonic()),
            "a step's end": lambda: store.save_step(held, "a", "x", "1", None, 3, None),
            "a quick step": lambda: store.save_step(held, "c", "x", "1", None, 3, 0.001),
            "a job's end": lambda: store.settle(held, "succeeded"),
            "the reaper's round": store.reap,
            "jobs to be told of": lambda: store.untold([WAITS]),
        }.items():
            yield name, ask, True
        await store.settle(held, "succeeded")
    yield "the sweep", lambda: sweep(resources), False


def asking(client: httpx.AsyncClient, method: str, path: str, **body: object) -> Callable[[], Awaitable[object]]:
    async def ask() -> None:
        answer = await client.request(method, path, json=body or None)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"

    return ask


@asynccontextmanager
async def client_of(address: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    token = issue_access_token(Keys.of(settings), thing(ASKED, 1), thing(ASKED, 2), Role.CREATOR)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", headers=headers, timeout=120) as client:
        yield client


if __name__ == "__main__":
    main()
