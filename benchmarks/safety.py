"""What the safety check sees without a model: `python -m benchmarks.safety DATA_DIR` (five minutes).

The sentences, claims and pairs of tests/data/safety, the labelled texts of DATA_DIR/safety beside what else there is, and
how often text that nobody would call unsafe is flagged. app/evaluate/safety.py has the protocol.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from app.db.models import FindingField
from app.evaluate import safety
from app.evaluate.safety import average_precision, read_samples, said_of
from app.evaluate.safety_sources import SAMPLES
from app.features.safety.findings import TextField
from app.features.safety.reading import WORD, Reading
from benchmarks.record import record

OWN = Path(__file__).parents[1] / "tests/data/safety"
FOLDS, SEED, RIDGE = 5, 7, 1.0
PIECE = 150
RUNS = 3

KNOWN = """
The rules are tuned on tuning.txt. When the sentences of unseen.txt were written, after the rules, 0.57 of theirs and of as many
others were found; the others went to tuning.txt, and the rules were widened on them. Everyday speech ("kill the engine") was over-blocked
in 7 of 30 sentences that had not been seen either: these went to tuning.txt too, the rules now ask for people where
people are meant, and unseen.txt has others. Whoever wrote the sentences also changed the rules, so what is found of a stranger's
lies between the two figures. Words and wordings are blind to what is said in other words, above all to threats, self-harm and
demeaning talk; the report says `partly` of every category that a model has not read.

"""


def bag_of_words(texts: Sequence[str], wanted: Sequence[bool]) -> list[float]:
    """Ridge regression on tf-idf of words, cosine kernel; each text scored by four fifths of the others."""
    words = [Counter(WORD.findall(Reading(text).plain)) for text in texts]
    found_in = Counter(word for said in words for word in said)
    column = {word: number for number, word in enumerate(found_in)}
    rows = np.zeros((len(texts), len(column)))
    for number, said in enumerate(words):
        for word, count in said.items():
            rows[number, column[word]] = (1 + log(count)) * log(len(texts) / found_in[word])
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    alike, target = rows @ rows.T, np.array(wanted, dtype=float)
    folds = np.random.default_rng(SEED).permutation(len(texts)) % FOLDS
    scores = np.zeros(len(texts))
    for fold in range(FOLDS):
        learnt, tried = folds != fold, folds == fold
        ridge = alike[np.ix_(learnt, learnt)] + RIDGE * np.eye(learnt.sum())
        scores[tried] = alike[np.ix_(tried, learnt)] @ np.linalg.solve(ridge, target[learnt] - target[learnt].mean())
    return [float(score) for score in scores]


def beside_a_trained_one(path: Path) -> Iterator[str]:
    samples = read_samples(path)
    wanted = [any(sample.labels.values()) for sample in samples]
    scores = bag_of_words([sample.text for sample in samples], wanted)
    yield (
        f"\nA ridge regression on words (tf-idf), trained on four fifths of this very set in turn, has an average precision of "
        f"{average_precision(wanted, scores):.3f} for 'any'; ours has seen no label of it while it runs, but its rules were "
        "read against this part of the set when they were written."
    )


def harmless(data: Path) -> Iterator[str]:
    """Texts that nobody would call unsafe, in pieces."""
    passages = [json.loads(line)["text"] for line in _lines(data / "retrieval/xquad-en/corpus.jsonl")]
    spoken = [
        piece for path in sorted(data.glob("voice/*/*.txt"))[::12] for piece in pieces(path.read_text("utf-8"))[:10]
    ]
    samples = [piece for path in sorted(SAMPLES.parent.glob("*/*.md")) for piece in pieces(path.read_text("utf-8"))]
    yield "\n| text that nobody would call unsafe | pieces | flagged in any category |\n| --- | --- | --- |"
    for name, texts in (
        ("an encyclopedia's passages", passages),
        ("podcasts", spoken),
        ("the samples of the demo", samples),
    ):
        flagged = sum(bool(said_of(TextField(FindingField.NARRATION, "s1", text))) for text in texts)
        yield f"| {name} | {len(texts)} | {flagged} ({flagged / max(1, len(texts)):.1%}) |"


def cost(data: Path) -> Iterator[str]:
    """Of a script of 1,500 words."""
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(data.glob("voice/*/*.txt"))[:2]).split()[:1500]
    field = TextField(FindingField.NARRATION, "s1", " ".join(words))
    seconds = []
    for _ in range(RUNS + 1):
        started = perf_counter()
        said_of(field)
        seconds.append(perf_counter() - started)
    yield f"\nAll rules on a script of {len(words):,} words: {median(seconds[1:]):.2f} s (median of {RUNS}, after the first)."


def pieces(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start : start + PIECE]) for start in range(0, len(words), PIECE)]


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main(arguments: Sequence[str]) -> None:
    data = Path(arguments[0])
    lines: list[str] = []
    for part in (
        safety.report(OWN),
        KNOWN.splitlines(),
        safety.report(data),
        beside_a_trained_one(data / "safety/samples.jsonl"),
        harmless(data),
        cost(data),
    ):
        for line in part:
            sys.stderr.write(f"{line}\n")
            lines.append(line)
    record("Safety", "python -m benchmarks.safety DATA_DIR", "\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
