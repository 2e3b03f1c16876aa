"""How fast the signals are, and how far their intervals can be trusted: `python -m benchmarks.signals DATA_DIR`.

Words a second over all signals, catchphrases and the spreads that a text is compared with, tokenising included, on one
core and in CPU time: each round makes the documents anew. Coverage: from the files of each host, taken as all that
there is, some are drawn with replacement; how often does the interval hold the value of all?
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from app.features.dna import bootstrap, match, phrases, signals
from app.features.dna.corpus import Document, plain_document
from benchmarks.record import record

ROUNDS = 5
DRAWS = 4
SOURCES = (3, 5, 8, 12, 20)
FEWEST_FILES, FEWEST_NOT_NONE = 10, 8

Reals = NDArray[np.float64]
Corpora = dict[str, list[tuple[str, str]]]


def corpora_in(data: Path) -> Corpora:
    """Names and texts of each host's files."""
    folders = sorted(path for path in (data / "voice").iterdir() if path.is_dir())
    return {folder.name: [(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.txt"))] for folder in folders}  # fmt: skip


def documents_of(files: Sequence[tuple[str, str]]) -> list[Document]:
    return [plain_document(text, name) for name, text in files]


def rate(corpora: Corpora, work: Callable[[list[Document]], object]) -> float:
    """Words a second of CPU time: the median over rounds, each over all hosts."""
    rates = []
    for _ in range(ROUNDS):
        started, count = time.process_time(), 0
        for files in corpora.values():
            documents = documents_of(files)
            work(documents)
            count += sum(len(document.words) for document in documents)
        rates.append(count / (time.process_time() - started))
    return median(rates)


def everything(documents: list[Document]) -> None:
    signals.measure_all(documents, "en")
    phrases.catchphrases(documents, "en")
    match.spreads(documents, "en")


def populations(corpora: Corpora) -> list[Reals]:
    """For each host and signal the pairs of all files, where enough of them have one."""
    found: list[Reals] = []
    for files in corpora.values():
        documents = documents_of(files)
        for signal in signals.CATALOGUE:
            pairs = [pair for document in documents if (pair := signals.pair_of(signal, document, "en"))]
            if len(pairs) >= FEWEST_FILES and sum(top != 0 for top, _ in pairs) >= FEWEST_NOT_NONE:
                found.append(np.array(pairs, dtype=float))
    return found


def plain(pairs: Reals) -> tuple[float, float] | None:
    """The percentile interval without widening."""
    sources = len(pairs)
    weights = np.random.default_rng(bootstrap.SEED).multinomial(
        sources, np.full(sources, 1 / sources), bootstrap.ROUNDS
    )
    values = (weights @ pairs[:, 0]) / (weights @ pairs[:, 1])
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def coverage(known: Sequence[Reals], sources: int, bounds: Callable[[Reals], tuple[float, float] | None]) -> float:
    rng = np.random.default_rng(1)
    held = []
    for pairs in known:
        truth = pairs[:, 0].sum() / pairs[:, 1].sum()
        for _ in range(DRAWS):
            found = bounds(pairs[rng.integers(0, len(pairs), sources)])
            assert found is not None
            held.append(found[0] - 1e-12 <= truth <= found[1] + 1e-12)
    return float(np.mean(held))


def main(arguments: Sequence[str]) -> None:
    corpora = corpora_in(Path(arguments[0]))
    known = populations(corpora)
    works: dict[str, Callable[[list[Document]], object]] = {
        "words and sentences alone": lambda documents: [document.words for document in documents],
        f"all {len(signals.CATALOGUE)} signals": lambda documents: signals.measure_all(documents, "en"),
        "catchphrases": lambda documents: phrases.catchphrases(documents, "en"),
        "signals, catchphrases and spreads": everything,
    }
    files = sum(map(len, corpora.values()))
    lines = [
        f"{len(corpora)} hosts, {files} files. CPU time on one core, tokenising included in each line; median of {ROUNDS} rounds.",
        "",
        "| work | words/s |",
        "| --- | --- |",
        *(f"| {name} | {rate(corpora, work):,.0f} |" for name, work in works.items()),
        "",
        f"How often a 95 % interval holds the value of all files ({len(known)} pairs of host and signal, {DRAWS} draws each):",
        "",
        "| sources drawn | percentile | widened (used) |",
        "| --- | --- | --- |",
        *(f"| {n} | {coverage(known, n, plain):.3f} | {coverage(known, n, bootstrap.interval):.3f} |" for n in SOURCES),
    ]
    record("Signals", "python -m benchmarks.signals DATA_DIR", "\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
