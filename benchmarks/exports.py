"""How long each format of a script's export takes: `python -m benchmarks.exports`.

Scripts of our own sentences, a citation in every third; 1,500 words are ten minutes of video. CPU time on one core, median.
"""

import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import get_args
from uuid import UUID, uuid5

from app.features.scripts.exports.document import ExportScript, SourceCard
from app.features.scripts.exports.files import export
from app.features.scripts.schemas import ExportFormat, ScriptCitation, Section
from app.shared.evidence import Span
from benchmarks.ingestion import own_sentences
from benchmarks.record import record

WORDS = (1_500, 15_000)
SECTION_WORDS, CITED_EVERY = 150, 3
ROUNDS = 9
SOURCES = [uuid5(UUID(int=0), str(number)) for number in range(5)]


def main() -> None:
    scripts = {words: script_of(words) for words in WORDS}
    rows = []
    for kind in get_args(ExportFormat):
        taken = [middle(kind, scripts[words]) for words in WORDS]
        rows.append(f"| {kind} | " + " | ".join(f"{seconds * 1000:,.1f}" for seconds in taken) + " |")
    head = (
        "| format | "
        + " | ".join(f"{words:,} words, ms" for words in WORDS)
        + " |\n"
        + "| --- " * (1 + len(WORDS))
        + "|"
    )
    record("Exports", "python -m benchmarks.exports", "\n".join((head, *rows)))


def middle(kind: ExportFormat, script: ExportScript) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        export(kind, script)
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


def script_of(words: int) -> ExportScript:
    sentences = itertools.cycle(own_sentences())
    sections = [section(number, list(taken(sentences, SECTION_WORDS))) for number in range(words // SECTION_WORDS)]
    cards = {source_id: SourceCard(f"Source {number}", "N. Hale") for number, source_id in enumerate(SOURCES, 1)}
    return ExportScript("A script of some length", 1, sections, cards, author="Nell")


def taken(sentences: Iterator[str], words: int) -> Iterator[str]:
    while words > 0:
        sentence = next(sentences)
        words -= len(sentence.split())
        yield sentence


def section(number: int, said: Sequence[str]) -> Section:
    citations, at = [], 0
    for place, sentence in enumerate(said):
        span = Span(at, at + len(sentence))
        at = span.end + 1
        if place % CITED_EVERY == 0:
            there = Span(number * 10_000 + span.start, number * 10_000 + span.end)
            citations.append(ScriptCitation(None, span, SOURCES[place % len(SOURCES)], 1, there, sentence))
    return Section(str(number), "segment", f"Part {number + 1}", " ".join(said), "A picture of it.", "", False, 60.0, citations)  # fmt: skip


if __name__ == "__main__":
    main()
