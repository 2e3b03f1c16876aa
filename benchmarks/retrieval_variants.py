"""Which embedder, which BM25 and which fusion: `python -m benchmarks.retrieval_variants DATA_DIR`.

The documents of the sets below DATA_DIR/retrieval are stored as `strand evaluate retrieval` stores them; the legs are
then computed here over the same chunks and lexemes, so that each part can be varied alone.
"""

import asyncio
import math
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
import snowballstemmer
from msgspec import Struct
from sqlalchemy import text

from app.config import Settings
from app.db.base import DIMENSIONS
from app.evaluate.retrieval import Collection, collections, ndcg, own_database, stored
from app.features.accounts.schemas import Registration
from app.features.accounts.service import AccountService
from app.features.search.ranking import CANDIDATES, parse_query
from app.features.search.service import SearchService
from app.shared.clients import embeddings
from app.shared.resources import open_resources
from app.shared.text import FUNCTION_WORDS, words
from benchmarks.record import record

NEAREST = 0.05
COMMON = frozenset(FUNCTION_WORDS["en"].split())
ONLY_FUNCTION_WORDS = 0.15
CHUNKS = "select id, source_id, text from retrievable_text where project_id = :project order by id"
POSTINGS = "select chunk_id, lexeme, frequency from search_postings where project_id = :project"

Order = list[list[int]]
Weigh = Callable[[str], float]
stem_of = cache(snowballstemmer.stemmer("english").stemWord)


class Bench(Struct):
    """A test set as arrays: a row a chunk."""

    collection: Collection
    documents: list[str]
    texts: list[str]
    frequencies: np.ndarray
    asked: np.ndarray
    """Which lexemes each query asks for: (lexemes, queries)."""

    def gain(self, order: Order) -> float:
        ranked = [list(dict.fromkeys(self.documents[chunk] for chunk in found)) for found in order]
        return fmean(ndcg(one, query.relevant) for one, query in zip(ranked, self.collection.queries, strict=True))

    def bm25(self, k1: float, b: float) -> np.ndarray:
        lengths, holders = self.frequencies.sum(axis=1), (self.frequencies > 0).sum(axis=0)
        idf = np.log(1 + (len(self.texts) - holders + 0.5) / (holders + 0.5))
        norm = k1 * (1 - b + b * lengths / lengths.mean())
        return np.asarray((idf * self.frequencies * (k1 + 1) / (self.frequencies + norm[:, None])) @ self.asked)

    def cosines(self, weigh: Weigh, character_weight: float, buckets: int) -> np.ndarray:
        queries = [query.text for query in self.collection.queries]
        chunks, asked = (hashed(texts, weigh, character_weight, buckets) for texts in (self.texts, queries))
        return np.asarray(chunks @ asked.T)


def hashed(texts: Sequence[str], weigh: Weigh, character_weight: float, buckets: int) -> np.ndarray:
    """The offline embedder with its parts to be chosen; *weigh* is asked for a stem."""

    @cache
    def features(stem: str) -> tuple[np.ndarray, np.ndarray]:
        padded = f"<{stem}>"
        grams = sorted({padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)})
        grams = grams if character_weight else []
        weighted = [(f"s:{stem}", 1.0), *((f"c:{gram}", character_weight / math.sqrt(len(grams))) for gram in grams)]
        digests = [(zlib.crc32(f"{salt}{name}".encode()), w) for name, w in weighted for salt in range(buckets)]
        places = np.array([(digest >> 1) % DIMENSIONS for digest, _ in digests])
        return places, np.array([w if digest & 1 else -w for digest, w in digests], dtype=np.float32)

    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, said in enumerate(texts):
        for stem, count in Counter(map(stem_of, words(said.lower()))).items():
            places, weights = features(stem)
            np.add.at(vectors[row], places, weights * (weigh(stem) * (1 + math.log(count))))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def even(stem: str) -> float:
    return ONLY_FUNCTION_WORDS if stem in COMMON else 1.0


def shipped() -> Weigh:
    with np.load(embeddings.RARITY) as table:
        known = dict(zip(table["stems"].tolist(), table["weights"].tolist(), strict=True))
    return lambda stem: known.get(zlib.crc32(stem.encode()), 255) / 255


def of_corpus(texts: Sequence[str]) -> Weigh:
    holders = Counter(stem for said in texts for stem in set(map(stem_of, words(said.lower()))))

    def idf(count: int) -> float:
        return math.log(1 + (len(texts) - count + 0.5) / (count + 0.5))

    return lambda stem: math.sqrt(idf(holders[stem]) / idf(0))


def best(scores: np.ndarray, least: float) -> Order:
    order = np.argsort(-scores, axis=0, kind="stable")[:CANDIDATES].T
    return [[int(chunk) for chunk in found if scores[chunk, query] > least] for query, found in enumerate(order)]


def by_rank(first: Order, second: Order, weight: float, constant: int) -> Order:
    fused = []
    for legs in zip(first, second, strict=True):
        scores: dict[int, float] = defaultdict(float)
        for leg, share in zip(legs, (1.0, weight), strict=True):
            for rank, chunk in enumerate(leg, 1):
                scores[chunk] += share / (constant + rank)
        fused.append(sorted(scores, key=lambda chunk: -scores[chunk]))
    return fused


def by_score(first: np.ndarray, second: np.ndarray, legs: tuple[Order, Order], weight: float) -> Order:
    """Scores relative to the best of their leg, added."""
    joined = first / np.maximum(first.max(axis=0), 1e-9) + weight * np.maximum(second, 0) / np.maximum(second.max(axis=0), 1e-9)  # fmt: skip
    return [
        sorted({*one, *other}, key=lambda chunk: -joined[chunk, query])
        for query, (one, other) in enumerate(zip(*legs, strict=True))
    ]


def variants(benches: Sequence[Bench]) -> Iterator[str]:
    def row(part: str, name: str, orders: Sequence[Order]) -> str:
        return (
            f"| {part} | {name} | "
            + " | ".join(f"{b.gain(o):.4f}" for b, o in zip(benches, orders, strict=True))
            + " |"
        )

    for k1, b in ((0.9, 0.4), (1.2, 0.5), (1.2, 0.75), (1.5, 0.6), (1.5, 0.75), (2.0, 0.75), (2.0, 0.9)):
        yield row("BM25", f"k1 {k1}, b {b}", [best(one.bm25(k1, b), 0) for one in benches])
    tables: dict[str, list[Weigh]] = {
        "no IDF": [even for _ in benches],
        "the set's own IDF": [of_corpus(one.texts) for one in benches],
        "fixed IDF": [shipped() for _ in benches],
    }
    settings = [(c, 2) for c in (0, 0.15, 0.25, 0.4, 0.5, 0.6)] + [(0.25, 4), (0.5, 4), (0.5, 1)]
    for table, weighs in tables.items():
        for c, n in settings if table == "fixed IDF" else [(0.25, 4), (0.5, 2)]:
            found = [best(one.cosines(weigh, c, n), NEAREST) for one, weigh in zip(benches, weighs, strict=True)]
            yield row("vectors", f"{table}, n-grams {c}, buckets {n}", found)
    cosines = [one.cosines(weigh, 0.5, 2) for one, weigh in zip(benches, tables["fixed IDF"], strict=True)]
    keyword = [one.bm25(1.5, 0.75) for one in benches]
    first, near = [best(scores, 0) for scores in keyword], [best(scores, NEAREST) for scores in cosines]
    for constant in (60, 20, 10):
        for weight in (0.1, 0.2, 0.25, 0.3, 0.5, 1.0):
            orders = [by_rank(x, y, weight, constant) for x, y in zip(first, near, strict=True)]
            yield row("fused by rank", f"constant {constant}, vectors {weight}", orders)
    for least in (0.0, 0.1, 0.15):
        orders = [by_rank(x, best(y, least), 0.2, 60) for x, y in zip(first, cosines, strict=True)]
        yield row("fused by rank", f"constant 60, vectors 0.2, to distance {1 - least}", orders)
    for weight in (0.25, 0.5, 1.0):
        legs = zip(keyword, cosines, zip(first, near, strict=True), strict=True)
        yield row("fused by score", f"vectors {weight}", [by_score(x, y, both, weight) for x, y, both in legs])


async def arrays(settings: Settings, found: Sequence[Collection]) -> list[Bench]:
    async with open_resources(settings) as resources:
        async with resources.db.transaction() as session:
            whose = Registration("variants@example.com", "measured and forgotten", "Variants")
            owner = (await AccountService.of(session, settings).register(whose)).id
        benches = []
        for collection in found:
            shelf = await stored(resources, owner, collection)
            async with resources.db.transaction() as session:
                chunks = (await session.execute(text(CHUNKS), {"project": shelf.project})).all()
                postings = (await session.execute(text(POSTINGS), {"project": shelf.project})).all()
                rows = {chunk.id: row for row, chunk in enumerate(chunks)}
                columns = {lexeme: n for n, lexeme in enumerate(sorted({one.lexeme for one in postings}))}
                frequencies = np.zeros((len(rows), len(columns)))
                for one in postings:
                    frequencies[rows[one.chunk_id], columns[one.lexeme]] = one.frequency
                asked = np.zeros((len(columns), len(collection.queries)))
                for n, query in enumerate(collection.queries):
                    search = SearchService(session, owner, shelf.project, parse_query(query.text), None, None, None)
                    for lexeme in await search.lexemes():
                        if lexeme in columns:
                            asked[columns[lexeme], n] = 1
            documents = [shelf.names[chunk.source_id] for chunk in chunks]
            benches.append(Bench(collection, documents, [chunk.text for chunk in chunks], frequencies, asked))
    return benches


def main(data: Path) -> None:
    found = collections(data / "retrieval")
    with own_database() as settings:
        benches = asyncio.run(arrays(settings, found))
    names = " | ".join(f"{one.name}, nDCG@10" for one in found)
    head = f"| part | variant | {names} |\n| --- | --- |{' --- |' * len(found)}\n"
    said = (
        "In use: BM25 with k1 1.5 and b 0.75; vectors by the fixed IDF with n-grams at 0.5 in two buckets; fused by rank "
        "with the constant 60, the vectors at 0.2 and to the distance 0.95. One setting for all sets, chosen on these "
        "same sets.\n\n"
    )
    command = "python -m benchmarks.retrieval_variants DATA_DIR"
    record("Retrieval: what was compared", command, said + head + "\n".join(variants(benches)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
