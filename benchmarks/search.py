"""Search through the product: how long it takes, and what the index finds of what an exact search finds.

`python -m benchmarks.search [--chunks 1000 100000]`, offline, on a PostgreSQL of its own. Texts are sentences of the
samples put together anew, stored and embedded as the product does; the index is built by the operator's own command.
"""

import argparse
import asyncio
import dataclasses
import random
import statistics
import time
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from app.config import Settings
from app.db.session import plain_url
from app.evaluate.retrieval import Collection, Shelf, own_database, stored
from app.features.accounts.schemas import Registration
from app.features.accounts.service import AccountService
from app.features.search import vector_index
from app.features.search.pipelines import Search, search_project
from app.features.search.schemas import SearchMode
from app.shared.resources import Resources, open_resources
from benchmarks.ingestion import own_sentences, text_of
from benchmarks.record import record

SEED = 20261121
DOCUMENT_WORDS, CHUNKS_A_DOCUMENT = 2_000, 12
QUERIES, WARM = 100, 10
LIMIT = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", nargs="+", type=int, default=[1_000, 100_000])
    given = parser.parse_args()
    with own_database() as settings:
        rows = asyncio.run(measure(settings, given.chunks))
    head = "| chunks | by | mode | p50 ms | p99 ms | recall@10 of exact | built in |"
    record("Search", "python -m benchmarks.search", "\n".join((head, "|" + " --- |" * 7, *rows)))


async def measure(settings: Settings, sizes: Sequence[int]) -> list[str]:
    chance, sentences, rows = random.Random(SEED), own_sentences(), []
    connection = await asyncpg.connect(plain_url(settings.database_url or ""))
    async with open_resources(settings) as resources:
        async with resources.db.transaction() as session:
            whose = Registration("search@example.com", "measure by measure", "Search")
            owner = (await AccountService(session, settings.secret_key or "").register(whose)).id
        for size in sizes:
            documents = {
                str(number): (f"Text {number}", text_of(sentences, DOCUMENT_WORDS, chance))
                for number in range(-(-size // CHUNKS_A_DOCUMENT))
            }
            shelf = await stored(resources, owner, Collection(f"{size} chunks", documents, []))
            queries = [" ".join(chance.choice(sentences).split()[:9]) for _ in range(QUERIES)]
            rows += await by_each(resources, connection, shelf, queries)
    await connection.close()
    return rows


async def by_each(
    resources: Resources, connection: asyncpg.Connection, shelf: Shelf, queries: Sequence[str]
) -> list[str]:
    """Exact in all modes; then by each kind of index, whatever the scope's size."""
    rows = []
    exactly, indexed = (
        dataclasses.replace(resources, settings=replace(resources.settings, search_exact_chunks=most))
        for most in (10**9, 1)
    )
    exact = await found(exactly, shelf, queries, "semantic")
    modes: tuple[SearchMode, ...] = ("semantic", "keyword", "hybrid")
    rows += [
        await timed(exactly, shelf, queries, "exact", mode, exact if mode == "semantic" else None) for mode in modes
    ]
    for kind in ("hnsw", "ivfflat"):
        began = time.perf_counter()
        await vector_index.rebuild(connection, kind)
        built = f"{time.perf_counter() - began:.0f} s"
        size = (await vector_index.status(connection, kind)).size_bytes / 1e6
        rows += [
            await timed(indexed, shelf, queries, kind, "semantic", exact, f"{built}, {size:.0f} MB"),
            await timed(indexed, shelf, queries, kind, "hybrid", None),
        ]
    await vector_index.rebuild(connection, "none")
    return rows


async def timed(
    resources: Resources, shelf: Shelf, queries: Sequence[str], by: str, mode: SearchMode, exact: list[list[UUID]] | None, built: str = ""
) -> str:  # fmt: skip
    await found(resources, shelf, queries[:WARM], mode)
    took: list[float] = []
    hits = await found(resources, shelf, queries, mode, took)
    milliseconds = [seconds * 1000 for seconds in sorted(took)]
    recall = ""
    if exact is not None:
        shares = [len(set(one) & set(other)) / len(other) for one, other in zip(hits, exact, strict=True) if other]
        recall = f"{statistics.fmean(shares):.3f}"
    p99 = milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * 0.99))]
    return (
        f"| {shelf.chunks:,} | {by} | {mode} | {statistics.median(milliseconds):.1f} | {p99:.1f} | {recall} | {built} |"
    )


async def found(
    resources: Resources, shelf: Shelf, queries: Sequence[str], mode: SearchMode, took: list[float] | None = None
) -> list[list[UUID]]:
    hits = []
    wanted = Search(shelf.owner, shelf.project, "", LIMIT, mode=mode)
    for query in queries:
        began = time.perf_counter()
        one = await search_project(resources, replace(wanted, q=query))
        if took is not None:
            took.append(time.perf_counter() - began)
        hits.append([hit.chunk_id for hit in one])
    return hits


if __name__ == "__main__":
    main()
