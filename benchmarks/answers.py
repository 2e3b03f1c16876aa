"""Which questions are answered without a model, and from the right passage: `python -m benchmarks.answers --data DIR`.

DIR holds `corpus.jsonl`, `queries.jsonl` and `qrels.tsv` as XQuAD does when it is laid out for retrieval: several passages of
one article, named `<article>-<number>-<language>`, and questions that one of them answers. Each question is asked of its
article, of the article without the passage that answers it (on topic, not answered), and of another article (off topic).
The threshold was chosen mostly on the articles of even number, after a first look at a sample of both halves; it is not
quite a held-out figure for the others. `--every 4` takes a quarter.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

from msgspec import Struct

from app.features.research.passages import Passage, sentences_of
from app.features.research.relevance import ANSWERED, read_question, relevance
from app.shared.evidence import Span
from benchmarks.record import record

THRESHOLDS = (0.4, 0.47, 0.5, 0.55, 0.6, 0.65)
FAR = 7
"""Articles between a question's own and the one that is off topic."""


class Best(Struct, frozen=True):
    """The most relevant sentence that could be quoted."""

    score: float
    source: UUID | None


class Asked(Struct, frozen=True):
    held_out: bool
    right: UUID
    whole: Best
    without: Best
    elsewhere: Best


def best(question: str, passages: Sequence[Passage]) -> Best:
    sentences = sentences_of(passages)
    scores = relevance(read_question(question), sentences, passages)
    able = [(score, one.source_id) for score, one in zip(scores, sentences, strict=True) if one.claimable]
    return Best(*max(able, key=lambda one: one[0])) if able else Best(0.0, None)


def rows(path: Path) -> Iterator[dict[str, str]]:
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def measure(data: Path, every: int) -> list[Asked]:
    passages = {
        row["_id"]: Passage(uuid4(), uuid4(), 1, row["text"], Span(0, len(row["text"])))
        for row in rows(data / "corpus.jsonl")
    }
    articles: dict[str, list[str]] = defaultdict(list)
    for name in passages:
        articles[name.rsplit("-", 2)[0]].append(name)
    names = sorted(articles)
    questions = {row["_id"]: row["text"] for row in rows(data / "queries.jsonl")}
    judged = [line.split("\t")[:2] for line in (data / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    found = []
    for query, right in sorted(judged)[::every]:
        own = names.index(right.rsplit("-", 2)[0])
        article = [passages[name] for name in articles[names[own]]]
        other = [passages[name] for name in articles[names[(own + FAR) % len(names)]]]
        rest = [one for one in article if one is not passages[right]]
        asked = (best(questions[query], shelf) for shelf in (article, rest, other))
        found.append(Asked(own % 2 == 1, passages[right].source_id, *asked))
    return found


def at(threshold: float, asked: Sequence[Asked]) -> dict[str, float]:
    """Shares: answered, of those from the right passage, and answered though the passage is away or the article another."""
    answered = [one for one in asked if one.whole.score >= threshold]
    return {
        "questions": len(asked),
        "answered": len(answered) / len(asked),
        "right_passage": sum(one.whole.source == one.right for one in answered) / max(1, len(answered)),
        "answered_on_topic_without_it": sum(one.without.score >= threshold for one in asked) / len(asked),
        "answered_off_topic": sum(one.elsewhere.score >= threshold for one in asked) / len(asked),
    }


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--data", type=Path, required=True)
    given.add_argument("--every", type=int, default=1)
    options = given.parse_args()
    asked = measure(options.data, options.every)
    halves = {half: [one for one in asked if one.held_out == (half == "held out")] for half in ("fit", "held out")}
    lines = [
        "| articles | threshold | questions | answered | of those from the right passage | answered without it | answered off topic |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for half, some in halves.items():
        for threshold in THRESHOLDS:
            said = " | ".join(
                f"{value:.3f}" if value <= 1 else f"{value:.0f}" for value in at(threshold, some).values()
            )
            lines.append(f"| {half} | {f'**{threshold}**' if threshold == ANSWERED else threshold} | {said} |")
    command = "python -m benchmarks.answers --data DIR" + (f" --every {options.every}" if options.every > 1 else "")
    record("Questions answered without a model", command, "\n".join(lines))


if __name__ == "__main__":
    main()
