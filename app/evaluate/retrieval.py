"""How well search finds, measured on a folder: `strand evaluate retrieval --data DIR`.

DIR is one set, or holds several (at most two folders down): a folder each with `corpus.jsonl` (_id, title, text), `queries.jsonl`
(_id, text) and `qrels.tsv` (query, document, relevance; in the folder or in its `qrels/test.tsv`). Each document becomes a
source of a project in a PostgreSQL of the run's own; each query that has a relevant document is searched as the API does.
A document's rank is that of its best chunk. PostgreSQL's own ranks over the same chunks are the baselines.
"""

import asyncio
import json
import math
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any, get_args
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text

from app.config import Settings
from app.db import migrate
from app.db.models import SourceKind, SourceRole
from app.features.accounts.schemas import Registration
from app.features.accounts.service import AccountService
from app.features.projects.schemas import ProjectCreate
from app.features.projects.service import ProjectService
from app.features.search.pipelines import Search, search_project
from app.features.search.schemas import SearchMode
from app.features.sources.pipelines import version_of
from app.features.sources.readers.model import Heading, Reading
from app.features.sources.schemas import NewSource
from app.features.sources.service import SourceService
from app.features.sources.versions import Published, VersionStore
from app.shared import embedded
from app.shared.resources import Resources, open_resources
from app.shared.text import normalise

DEPTH = 10
CHUNKS_ASKED_FOR = 30
"""Several may be of one document."""
LONGEST_QUERY, LONGEST_TITLE = 1000, 300

BASELINES = {
    "ts_rank_cd, any word": ("ts_rank_cd(indexed, wanted)", "|"),
    "ts_rank, any word, by length": ("ts_rank(indexed, wanted, 1)", "|"),
    "ts_rank, all words": ("ts_rank(indexed, wanted)", "&"),
}
INDEXED = """
create temporary table indexed_chunks on commit drop as
select source_id, to_tsvector('english', text) as indexed from retrievable_text where project_id = :project
"""
BASELINE = """
with found as (
  select source_id, max({rank}) as rank
  from indexed_chunks cross join (
    select cast(replace(cast(plainto_tsquery('english', :words) as text), ' & ', :operator) as tsquery) as wanted
  ) asked
  where indexed @@ wanted group by source_id
)
select source_id from found order by rank desc, source_id limit :depth
"""


class Query(Struct, frozen=True):
    text: str
    relevant: dict[str, int]
    """Grade of each relevant document."""


class Collection(Struct, frozen=True):
    """A test set as it lies in a folder."""

    name: str
    documents: dict[str, tuple[str, str]]
    """Title and text."""
    queries: list[Query]


class Shelf(Struct, frozen=True):
    """A test set as it lies in the database."""

    owner: UUID
    project: UUID
    names: dict[UUID, str]
    """The document that each source is."""
    chunks: int


def ndcg(found: Sequence[str], relevant: dict[str, int]) -> float:
    """Normalised discounted cumulative gain of the first ten, linear in the grades (Järvelin and Kekäläinen 2002)."""
    gained = sum(relevant.get(one, 0) / math.log2(place + 2) for place, one in enumerate(found[:DEPTH]))
    best = sorted(relevant.values(), reverse=True)[:DEPTH]
    return gained / sum(grade / math.log2(place + 2) for place, grade in enumerate(best))


def recall(found: Sequence[str], relevant: dict[str, int]) -> float:
    return len(set(found[:DEPTH]) & set(relevant)) / len(relevant)


def collections(data: Path) -> list[Collection]:
    """The sets in a folder. Raises ValueError where there is none, or where one can't be read."""
    folders = sorted(path.parent for pattern in ("", "*/", "*/*/") for path in data.glob(f"{pattern}corpus.jsonl"))
    if not folders:
        raise ValueError(f"{data} has no corpus.jsonl, nor has a folder in it.")
    return [read_collection(folder) for folder in folders]


def read_collection(folder: Path) -> Collection:
    try:
        documents = {
            str(row["_id"]): (normalise(row.get("title") or "").strip(), normalise(row["text"]))
            for row in _rows(folder / "corpus.jsonl")
        }
        asked = {str(row["_id"]): row["text"] for row in _rows(folder / "queries.jsonl")}
        relevant: dict[str, dict[str, int]] = {}
        for query, document, grade in _judgements(folder):
            if grade > 0 and document in documents:
                relevant.setdefault(query, {})[document] = grade
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{folder} is not in the layout of BEIR: {error!r}.") from error
    queries = [Query(said, relevant[name]) for name, said in asked.items() if name in relevant]
    if not queries:
        raise ValueError(f"{folder} has no query with a relevant document.")
    return Collection(folder.name, documents, queries)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _judgements(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Lines of query, document and grade; the heading, whose last word is no number, is left out."""
    path = folder / "qrels.tsv" if (folder / "qrels.tsv").exists() else folder / "qrels" / "test.tsv"
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) >= 3 and fields[-1].strip().lstrip("-").isdigit():
            yield fields[0], fields[-2], int(fields[-1])


def report(data: Path) -> Iterator[str]:
    """The tables, line by line. Raises ValueError where there is nothing to measure."""
    found = collections(data)
    with own_database() as settings, asyncio.Runner() as runner:
        lines = _measure(settings, found)
        while (line := runner.run(_next(lines))) is not None:
            yield line


async def _next(lines: AsyncIterator[str]) -> str | None:
    return await anext(lines, None)


@contextmanager
def own_database() -> Iterator[Settings]:
    """A PostgreSQL for this run alone: neither DATABASE_URL nor the home's own is touched, and no key is used."""
    home = Path(tempfile.mkdtemp(prefix="strand-evaluate-"))
    given = Settings.from_env({"STRAND_HOME": str(home), "ENGINE": "offline"})
    cluster = embedded.locate(given)
    try:
        cluster.create()
        cluster.start(fsync="off", synchronous_commit="off", full_page_writes="off")  # nothing outlives the run
        migrate.upgrade(cluster.url)
        yield embedded.with_secrets(msgspec.structs.replace(given, database_url=cluster.url))
    finally:
        cluster.remove()
        shutil.rmtree(home, ignore_errors=True)


async def _measure(settings: Settings, found: Sequence[Collection]) -> AsyncIterator[str]:
    async with open_resources(settings) as resources:
        async with resources.db.transaction() as session:
            whose = Registration("evaluate@example.com", secrets.token_urlsafe(24), "Evaluation")
            owner = (await AccountService.of(session, settings).register(whose)).id
        for number, collection in enumerate(found):
            shelf = await stored(resources, owner, collection)
            yield (
                f"{chr(10) * bool(number)}{collection.name}: {len(collection.documents):,} documents in "
                f"{shelf.chunks:,} chunks, {len(collection.queries):,} queries; vectors of {resources.llm.embedding_model}."
            )
            yield "\n| way | nDCG@10 | recall@10 |\n| --- | --- | --- |"
            for name in BASELINES:
                yield _row(name, collection, await _by_postgresql(resources, shelf, collection, name))
            for mode in get_args(SearchMode):
                yield _row(f"search, {mode}", collection, await _by_search(resources, shelf, collection, mode))


def _row(name: str, collection: Collection, found: Sequence[Sequence[str]]) -> str:
    pairs = list(zip(found, collection.queries, strict=True))
    gains = fmean(ndcg(one, query.relevant) for one, query in pairs)
    return f"| {name} | {gains:.4f} | {fmean(recall(one, query.relevant) for one, query in pairs):.4f} |"


async def stored(resources: Resources, owner: UUID, collection: Collection) -> Shelf:
    """The documents as sources of a new project, read, embedded and published; the title is a heading."""
    names: dict[UUID, str] = {}
    chunks = 0
    async with resources.db.transaction() as session:
        project = (await ProjectService(session=session).start(owner, ProjectCreate(collection.name))).id
    for name, (title, body) in collection.documents.items():
        headings = [Heading(0, 1, title)] if title else []
        record = version_of(
            Reading("\n\n".join(filter(None, (title, body))), "text/plain", "evaluate", headings=headings)
        )
        vectors = await resources.llm.embed([chunk.text for chunk in record.chunks])
        async with resources.db.transaction() as session:
            new = NewSource((title or name)[:LONGEST_TITLE], SourceRole.REFERENCE, SourceKind.TEXT, None)
            source_id = (await SourceService(session).add(owner, project, new)).id
            store = VersionStore(session)
            version = await store.store_version(source_id, record)
            ids = [chunk_id for chunk_id, _ in await store.unembedded(source_id, version, len(record.chunks) + 1)]
            await store.store_embeddings(ids, vectors, resources.llm.embedding_model)
            await store.publish(source_id, version, Published(record.word_count, len(record.chunks), None))
        names[source_id] = name
        chunks += len(record.chunks)
    async with resources.db.transaction() as session:
        await session.execute(text("analyze"))
    return Shelf(owner, project, names, chunks)


async def _by_search(resources: Resources, shelf: Shelf, collection: Collection, mode: SearchMode) -> list[list[str]]:
    found = []
    for query in collection.queries:
        wanted = Search(shelf.owner, shelf.project, query.text[:LONGEST_QUERY], CHUNKS_ASKED_FOR, mode=mode)
        hits = await search_project(resources, wanted)
        found.append(list(dict.fromkeys(shelf.names[hit.source_id] for hit in hits)))
    return found


async def _by_postgresql(resources: Resources, shelf: Shelf, collection: Collection, name: str) -> list[list[str]]:
    rank, operator = BASELINES[name]
    statement, found = text(BASELINE.format(rank=rank)), []
    async with resources.db.transaction() as session:
        await session.execute(text(INDEXED), {"project": shelf.project})
        for query in collection.queries:
            given = {"words": query.text[:LONGEST_QUERY], "operator": f" {operator} ", "depth": DEPTH}
            found.append([shelf.names[one] for one in await session.scalars(statement, given)])
    return found
