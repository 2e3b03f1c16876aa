"""Hooks, beats, calls and figures of speech against the labelled texts: `python -m benchmarks.openings` (seconds).

The labels are in `tests/features/dna/` with their guide. `fit` is what the rules were made from; `held_out` was written
before the last rules and not looked at for errors; `unseen` was written when the rules were finished.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.features.dna import beats, calls, hooks, loops, openings, rhetoric
from app.features.dna.clauses import units
from app.features.dna.corpus import Document, plain_document
from app.shared.evidence import Span
from benchmarks.record import record

LABELS = Path(__file__).parents[1] / "tests/features/dna"
Row = dict[str, Any]
OVERLAP = 12
"""Characters that a found span and a labelled sentence share at least."""


def rows(name: str, half: str) -> list[Row]:
    lines = (LABELS / name).read_text(encoding="utf-8").splitlines()
    return [row for line in lines if (row := json.loads(line))["half"] == half]


def hook_scores(half: str) -> dict[str, float]:
    """Accuracy, accuracy within the two best types, macro-F1, and the share and accuracy of those that are sure."""
    answers = [(row["hook"][0], hooks.hook(plain_document(row["text"]))) for row in rows("openings.jsonl", half)]
    found = [(gold, hook) for gold, hook in answers if hook is not None]
    right = Counter(gold for gold, hook in found if hook.type == gold)
    given = Counter(hook.type for _, hook in found)
    wanted = Counter(gold for gold, _ in answers)
    sure = [hook.type == gold for gold, hook in found if hook.sure]
    return {
        "n": len(answers),
        "accuracy": right.total() / len(answers),
        "within_two": sum(gold in {hook.type, hook.second} for gold, hook in found) / len(answers),
        "macro_f1": sum(2 * right[kind] / (given[kind] + wanted[kind]) for kind in wanted) / len(wanted),
        "sure": len(sure) / len(answers),
        "accuracy_where_sure": sum(sure) / max(1, len(sure)),
    }


def agreement() -> dict[str, float]:
    """Of the two passes of labels, over those openings that have both: raw, and Cohen's kappa."""
    pairs = [
        (row["hook"][0], row["second_pass"][0])
        for half in ("fit", "held_out", "unseen")
        for row in rows("openings.jsonl", half)
        if "second_pass" in row
    ]
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    raw = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(first[kind] * second[kind] for kind in first) / len(pairs) ** 2
    return {"n": len(pairs), "raw": raw, "kappa": (raw - chance) / (1 - chance)}


def opening_scores(half: str) -> dict[str, float]:
    """How often the greeting's length is exact, and where it is labelled the words to value within five words."""
    labelled = rows("openings.jsonl", half)
    documents = [(row, plain_document(row["text"])) for row in labelled]
    exact = [
        found.greeting_words == row["greeting_words"]
        for row, document in documents
        if (found := openings.opening(document))
    ]
    near = []
    for row, document in documents:
        if "words_to_value" in row and (measured := openings.words_to_value(document)):
            wanted = row["words_to_value"] if row["words_to_value"] is not None else len(document.words)
            near.append(abs(measured[0] - wanted) <= 5)
    scores = {"greeting_exact": sum(exact) / len(exact)}
    return scores | ({"value_within_five": sum(near) / len(near)} if near else {})


def script(row: Row) -> tuple[Document, list[tuple[Span, Row]]]:
    """A labelled script as one text, and the spans of its sentences."""
    placed, start = [], 0
    for sentence in row["sentences"]:
        placed.append((Span(start, start + len(sentence["text"])), sentence))
        start += len(sentence["text"]) + 1
    return plain_document(" ".join(sentence["text"] for sentence in row["sentences"])), placed


def meets(found: Span, wanted: Span) -> bool:
    shared = min(found.end, wanted.end) - max(found.start, wanted.start)
    return shared >= min(OVERLAP, wanted.end - wanted.start)


def span_scores(half: str, find: Callable[[Document], list[Span]], wanted: Callable[[Row], bool]) -> dict[str, float]:
    """Precision of the found spans and recall of the labelled sentences."""
    right = found_all = recalled = wanted_all = 0
    for row in rows("outlines.jsonl", half):
        document, placed = script(row)
        found = find(document)
        marked = [span for span, sentence in placed if wanted(sentence)]
        right += sum(any(meets(span, mark) for mark in marked) for span in found)
        recalled += sum(any(meets(span, mark) for span in found) for mark in marked)
        found_all += len(found)
        wanted_all += len(marked)
    return {"n": wanted_all, "precision": right / max(1, found_all), "recall": recalled / wanted_all}


def call_scores(half: str) -> dict[str, float]:
    return span_scores(half, calls.show_calls, lambda sentence: bool(sentence.get("calls")))


def loop_scores(half: str) -> dict[str, float]:
    return span_scores(half, loops.show_loops, lambda sentence: "loop" in sentence.get("marks", []))


def analogy_scores(half: str) -> dict[str, float]:
    return span_scores(half, rhetoric.show_analogies, lambda sentence: "analogy" in sentence.get("marks", []))


def beat_scores(half: str) -> dict[str, float]:
    """Characters whose beat is right, beside calling everything a segment; segments' beginnings found."""
    right = total = segments = found_starts = right_starts = wanted_starts = 0
    for row in rows("outlines.jsonl", half):
        document, placed = script(row)
        said = units(document)
        labels, _ = beats.labelled(document, said)
        for span, sentence in placed:
            for unit, label in zip(said, labels, strict=True):
                shared = max(0, min(span.end, unit.span.end) - max(span.start, unit.span.start))
                total += shared
                right += shared * (beats.BEATS[label] == sentence["beat"])
                segments += shared * (sentence["beat"] == "segment")
        starts = [part.span.start for part in beats.beats(document) if part.beat == "segment"]
        wanted = [span.start for span, sentence in placed if sentence.get("new")]
        found_starts += len(starts)
        wanted_starts += len(wanted)
        right_starts += sum(any(abs(start - mark) < OVERLAP for mark in wanted) for start in starts)
    return {
        "accuracy": right / total,
        "all_segments": segments / total,
        "boundary_precision": right_starts / found_starts,
        "boundary_recall": right_starts / wanted_starts,
    }


def words_per_second(texts: Sequence[str]) -> float:
    """Everything of this part over texts whose sentences are already cut."""
    documents = [plain_document(text) for text in texts]
    count = sum(document.counts.total() for document in documents)
    work = (
        hooks.hook, openings.greeting_words, openings.words_to_value, calls.find_calls, beats.beats, loops.find_loops,
        rhetoric.show_anaphora, rhetoric.show_analogies, rhetoric.show_lists,
    )  # fmt: skip
    start = time.process_time()
    for document in documents:
        for measure in work:
            measure(document)
    return count / (time.process_time() - start)


def table(texts: Sequence[str]) -> str:
    lines = ["| what | on | figures |", "| --- | --- | --- |"]

    def add(what: str, half: str, scores: dict[str, float]) -> None:
        said = ", ".join(
            f"{name.replace('_', ' ')} {value:.0f}" if name == "n" else f"{name.replace('_', ' ')} {value:.2f}"
            for name, value in scores.items()
        )
        lines.append(f"| {what} | {half} | {said} |")

    add("two passes of hook labels", "the first openings", agreement())
    for half in ("fit", "held_out", "unseen"):
        add("hook type", half, hook_scores(half))
        add("greeting, words to value", half, opening_scores(half))
    for half in ("fit", "held_out"):
        add("beats", half, beat_scores(half))
        add("calls to action", half, call_scores(half))
        add("open loops", half, loop_scores(half))
        add("analogies", half, analogy_scores(half))
    lines.append(f"| speed | {len(texts)} texts | {words_per_second(texts):,.0f} words/s, all of it, one core |")
    return "\n".join(lines)


if __name__ == "__main__":
    given = [
        path.read_text(encoding="utf-8") for folder in sys.argv[1:] for path in sorted(Path(folder).glob("**/*.txt"))
    ]
    scripts = [script(row)[0].text for half in ("fit", "held_out") for row in rows("outlines.jsonl", half)]
    record("Hooks, beats and calls", "python -m benchmarks.openings [TEXTS_DIR]", table(given or scripts))
