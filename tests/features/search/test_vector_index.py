import re
from uuid import uuid4

import asyncpg
import httpx
import pytest
from msgspec.structs import replace

from app.db.base import DIMENSIONS
from app.db.session import plain_url
from app.features.search import statements, vector_index
from app.main import create_app
from tests.conftest import add_text, serving

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
async def raw(settings):
    connection = await asyncpg.connect(plain_url(settings.database_url))
    yield connection
    await vector_index.rebuild(connection, "none")
    await connection.close()


@pytest.fixture
async def shelves(creator, project):
    """Many small sources, all different."""
    trades = ["cooper", "smith", "weaver", "mason", "potter", "tanner", "joiner", "fuller"]
    body = "\n\n".join(
        f"## Shelf {n}\n\n" + f"The {trades[n % 8]} of house {n} works with tool {n * 7} at bench {n * 13}. " * 6
        for n in range(120)
    )
    return await add_text(creator, project, body, "Shelves")


async def found(creator, project, q, **params):
    answer = await creator.get(
        f"/projects/{project}/search", params={"q": q, "mode": "semantic", "limit": 10, **params}
    )
    assert answer.status_code == 200, answer.text
    return [hit["chunk_id"] for hit in answer.json()["items"]]


@pytest.fixture
async def by_index(settings, creator):
    """The creator at a server that calls a scope of two chunks a large one."""
    async with (
        serving(create_app(replace(settings, search_exact_chunks=1))) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", headers=creator.headers) as client,
    ):
        yield client


@pytest.mark.parametrize("kind", ["hnsw", "ivfflat"])
async def test_a_large_scope_finds_by_the_index_what_an_exact_search_finds(
    creator, stranger, by_index, project, shelves, raw, kind
):
    theirs = (await stranger.post("/projects", json={"title": "Noise"})).json()["id"]
    await add_text(stranger, theirs, "The cooper of house 7 works at bench 91. " * 2000, "Noise")
    queries = ["the cooper of house 8", "tool 700 at bench 1300", "a potter in house 100"]
    exact = [await found(creator, project, q) for q in queries]

    await vector_index.rebuild(raw, kind)
    indexed = [await found(by_index, project, q) for _ in range(8) for q in queries]  # beyond the first plans

    assert all(len(hits) == 10 for hits in exact)
    for number, hits in enumerate(indexed):
        assert len(set(hits) & set(exact[number % 3])) >= 9


@pytest.mark.parametrize("kind", ["hnsw", "ivfflat"])
@pytest.mark.parametrize(
    "scoped", [{}, {"role": "reference", "speaker": "Ada", "phrases": ["a cooper"], "excluded": ["b"]}]
)
async def test_the_plan_of_a_large_scope_goes_by_the_index_and_that_of_a_small_one_never(shelves, raw, kind, scoped):
    await vector_index.rebuild(raw, kind)
    await raw.execute("set enable_sort = off; set enable_bitmapscan = off; set enable_seqscan = off")
    given = {
        "owner": uuid4(),
        "project": uuid4(),
        "role": None,
        "source": None,
        "speaker": None,
        "phrases": [],
        "excluded": [],
    }
    given |= {"model": "any", "vector": str([0.5] * DIMENSIONS), "farthest": 1.0, "limit": 10} | scoped

    plans = []
    for by_index in (True, False):
        leg = statements.vector_leg(given, by_index=by_index)
        for name in sorted(given, key=len, reverse=True):
            leg = re.sub(rf"(?<!:):{name}\b", literal(given[name]), leg)
        plans.append("\n".join(row[0] for row in await raw.fetch(f"explain {leg}")))

    assert vector_index.NAME in plans[0]
    assert vector_index.NAME not in plans[1]


def literal(value: object) -> str:
    if isinstance(value, list):
        return f"array[{', '.join(map(literal, value))}]::text[]"
    return "null" if value is None else str(value) if isinstance(value, int | float) else f"'{value}'"


async def test_the_index_says_what_it_is_and_what_would_suit(raw):
    none = await vector_index.status(raw, "hnsw")
    await vector_index.rebuild(raw, "ivfflat")
    lists = await vector_index.status(raw, "ivfflat")
    other = await vector_index.status(raw, "hnsw")
    await vector_index.rebuild(raw, "hnsw")
    graph = await vector_index.status(raw, "hnsw")

    assert (none.kind, none.valid) == (None, False)
    assert "exact without" in none.advice
    assert (lists.kind, lists.parameters, lists.advice) == ("ivfflat", "lists=10", "It is well.")
    assert other.advice == "VECTOR_INDEX is hnsw; `strand index rebuild` makes that."
    assert (graph.kind, graph.valid, graph.advice) == ("hnsw", True, "It is well.")
    assert graph.size_bytes > 0


@pytest.mark.parametrize(
    ("rows", "lists"), [(0, 10), (5_000, 10), (100_000, 100), (1_000_000, 1000), (4_000_000, 2000)]
)
def test_lists_are_sized_from_the_rows(rows, lists):
    assert vector_index.lists_for(rows) == lists
