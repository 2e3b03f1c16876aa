"""Search through the product: how long it takes, and what the index finds of what an exact search finds.

`python -m benchmarks.search [--chunks 1000 10000 100000]`, offline, on a PostgreSQL of its own. Each text is of one of many made-up
subjects: half of its words are a subject's own, as often as Zipf says, half are those of the samples. They are stored and
embedded as the product does; a query is nine words that a text says in a row; the index is built by the operator's command. Beside
them the floors: the bare SQL of the nearest ten, once by the driver with the vector at hand, and the same vectors in numpy.
"""

import argparse
import asyncio
import dataclasses
import math
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

import asyncpg
import numpy as np
from msgspec.structs import replace
from pgvector.asyncpg import register_vector

from app.config import Settings
from app.db.base import DIMENSIONS
from app.db.session import plain_url
from app.evaluate.retrieval import Collection, Shelf, own_database, stored
from app.features.accounts.schemas import Registration
from app.features.accounts.service import AccountService
from app.features.search import statements, vector_index
from app.features.search.pipelines import Search, search_project
from app.features.search.schemas import SearchMode
from app.shared.resources import Resources, open_resources
from benchmarks.ingestion import own_sentences
from benchmarks.record import record

SEED = 20261121
DOCUMENT_WORDS, CHUNKS_A_DOCUMENT = 2_000, 12
VOCABULARY, SUBJECT_WORDS, TEXTS_A_SUBJECT = 20_000, 400, 8
QUERIES, WARM, QUERY_WORDS = 100, 10, 9
LIMIT = 10
BARE_EXACT = """
select id from retrievable_text where project_id = $1 and embedding_model = $2 order by (embedding <=> $3) + 0 limit $4
"""
BARE_INDEX = f"""
select id from retrievable_text where project_id = $1 and embedding_model = $2
order by embedding::halfvec({DIMENSIONS}) <=> $3::vector::halfvec({DIMENSIONS}) limit $4
"""
MILLION = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    given = parser.parse_args()
    with own_database() as settings:
        rows = asyncio.run(measure(settings, given.chunks))
    head = "| chunks | by | mode | p50 ms | p99 ms | recall@10 of exact | built in |"
    table = "\n".join((head, "|" + " --- |" * 7, *map(str, rows)))
    record(
        "Search", "python -m benchmarks.search", f"{table}\n\n{at_a_million(rows)}" if len(given.chunks) > 1 else table
    )


@dataclasses.dataclass(frozen=True)
class Row:
    chunks: int
    by: str
    mode: SearchMode
    p50: float
    """Milliseconds, as is `p99`."""
    p99: float
    recall: str
    built: str

    def __str__(self) -> str:
        return f"| {self.chunks:,} | {self.by} | {self.mode} | {self.p50:.1f} | {self.p99:.1f} | {self.recall} | {self.built} |"


def at_a_million(rows: Sequence[Row]) -> str:
    """What a million chunks would take if time went on growing as a power of the number of chunks, as it did between the
    two largest sizes measured (not below no growth at all)."""
    smaller, larger = sorted({row.chunks for row in rows})[-2:]
    before = {(row.by, row.mode): row for row in rows if row.chunks == smaller}
    said = []
    for row in (row for row in rows if row.chunks == larger):
        power = math.log(row.p50 / before[row.by, row.mode].p50) / math.log(larger / smaller)
        expected = row.p50 * (MILLION / larger) ** max(0.0, power)
        said.append(f"| {row.by} | {row.mode} | {power:.2f} | {expected:,.0f} |")
    head = f"By calculation, from the growth between {smaller:,} and {larger:,} chunks:\n\n| by | mode | time grows with chunks to the power of | p50 ms at 1,000,000 |"
    return "\n".join((head, "|" + " --- |" * 4, *said))


async def measure(settings: Settings, sizes: Sequence[int]) -> list[Row]:
    chance, sentences, rows = random.Random(SEED), own_sentences(), []
    connection = await asyncpg.connect(plain_url(settings.database_url or ""))
    await register_vector(connection)
    async with open_resources(settings) as resources:
        async with resources.db.transaction() as session:
            whose = Registration("search@example.com", "measure by measure", "Search")
            owner = (await AccountService.of(session, settings).register(whose)).id
        for size in sizes:
            documents = {
                str(number): (f"Text {number}", body)
                for number, body in enumerate(texts(sentences, -(-size // CHUNKS_A_DOCUMENT), chance))
            }
            shelf = await stored(resources, owner, Collection(f"{size} chunks", documents, []))
            queries = [asked_of(chance.choice(list(documents.values()))[1], chance) for _ in range(QUERIES)]
            rows += await by_each(resources, connection, shelf, queries)
    await connection.close()
    return rows


def texts(sentences: Sequence[str], count: int, chance: random.Random) -> Iterator[str]:
    """Texts of about 2,000 words."""
    usual = [word for sentence in sentences for word in sentence.split()]
    syllables = [consonant + vowel for consonant in "bcdfglmnprstv" for vowel in "aeiou"]
    made_up = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(VOCABULARY)]
    subjects = [chance.sample(made_up, SUBJECT_WORDS) for _ in range(max(1, count // TEXTS_A_SUBJECT))]
    weights = [1 / rank for rank in range(1, SUBJECT_WORDS + 1)]
    for number in range(count):
        own = chance.choices(subjects[number % len(subjects)], weights, k=DOCUMENT_WORDS // 2)
        said = [word for pair in zip(own, chance.choices(usual, k=len(own)), strict=True) for word in pair]
        lines = []
        while said:
            length = chance.randint(6, 24)
            lines.append(" ".join(said[:length]).strip(".,;:!?").capitalize() + ".")
            said = said[length:]
        yield "\n\n".join(" ".join(lines[start : start + 6]) for start in range(0, len(lines), 6))


def asked_of(text: str, chance: random.Random) -> str:
    words = text.split()
    start = chance.randrange(max(1, len(words) - QUERY_WORDS))
    return " ".join(words[start : start + QUERY_WORDS])


async def by_each(
    resources: Resources, connection: asyncpg.Connection, shelf: Shelf, queries: Sequence[str]
) -> list[Row]:
    """Exact in all modes; then by each kind of index, whatever the scope's size."""
    rows = []
    exactly, indexed = (
        dataclasses.replace(resources, settings=replace(resources.settings, search_exact_chunks=most))
        for most in (10**9, 1)
    )
    exact = await found(exactly, shelf, queries, "semantic")
    floors = Floors(connection, shelf, await resources.llm.embed(queries), resources.llm.embedding_model)
    rows += [await floors.numpy(), await floors.sql("exact", BARE_EXACT)]
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
            await floors.sql(kind, BARE_INDEX),
        ]
    await vector_index.rebuild(connection, "none")
    return rows


class Floors:
    """The nearest ten of a project without the product: no sources, no rights, no text."""

    def __init__(self, connection: asyncpg.Connection, shelf: Shelf, vectors: np.ndarray, model: str) -> None:
        self._connection, self._shelf, self._model = connection, shelf, model
        self._vectors = [vector.astype(np.float32) for vector in vectors]

    async def sql(self, by: str, statement: str) -> Row:
        await self._connection.execute(statements.settings(statements.INDEX_SETTINGS, of_session=True))
        took = []
        for vector in (*self._vectors[:WARM], *self._vectors):
            began = time.perf_counter()
            await self._connection.fetch(statement, self._shelf.project, self._model, vector, LIMIT)
            took.append(time.perf_counter() - began)
        return self._row(f"bare SQL, {by}", took[WARM:])

    async def numpy(self) -> Row:
        rows = await self._connection.fetch(
            "select embedding from retrievable_text where project_id = $1 and embedding_model = $2",
            self._shelf.project,
            self._model,
        )
        everything = np.array([row["embedding"].to_numpy() for row in rows], dtype=np.float32)
        took = []
        for vector in self._vectors:
            began = time.perf_counter()
            near = everything @ vector
            np.argsort(-near[np.argpartition(-near, LIMIT)[:LIMIT]])
            took.append(time.perf_counter() - began)
        return self._row("numpy in memory", took)

    def _row(self, by: str, took: list[float]) -> Row:
        p50, p99 = np.percentile(took, [50, 99]) * 1000
        return Row(self._shelf.chunks, by, "semantic", p50, p99, "", "")


async def timed(
    resources: Resources, shelf: Shelf, queries: Sequence[str], by: str, mode: SearchMode, exact: list[list[UUID]] | None, built: str = ""
) -> Row:  # fmt: skip
    await found(resources, shelf, queries[:WARM], mode)
    took: list[float] = []
    hits = await found(resources, shelf, queries, mode, took)
    milliseconds = [seconds * 1000 for seconds in sorted(took)]
    recall = ""
    if exact is not None:
        shares = [len(set(one) & set(other)) / len(other) for one, other in zip(hits, exact, strict=True) if other]
        recall = f"{statistics.fmean(shares):.3f}"
    p99 = milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * 0.99))]
    return Row(shelf.chunks, by, mode, statistics.median(milliseconds), p99, recall, built)


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
