"""What the detectors that need no model see, measured on a folder: `strand evaluate safety --data DIR`.

DIR (or DIR/safety) holds any of these:
- `*.txt`, sentences with the level that they leave: `[category]` heads a part, a line is `level | position | sentence`; under
  `[benign]` a kind (news, history, ...) stands in place of the level. A file is measured by itself.
- `samples.jsonl`: `prompt` with labels 0 or 1 of "A Holistic Approach to Undesired Content Detection in the Real World"
  (Markov et al. 2023): S, S3, H, H2, V, V2, HR, SH. A missing label is unknown.
- `claims.jsonl` and `originality.jsonl`: app/evaluate/safety_sources.py.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from app.db.models import AdLevel, FindingField
from app.evaluate import safety_sources
from app.features.safety.disclosure import DisclosureDetector
from app.features.safety.findings import Position, TextField
from app.features.safety.lexicon import disguised, strengths, tiers
from app.features.safety.policy import shipped
from app.features.safety.reading import Reading
from app.features.safety.report import levels
from app.features.safety.risk import HURTS, risks
from app.features.safety.rules import DETECTORS, by_rules

BENIGN = "benign"
PLACES: dict[str, tuple[FindingField, Position]] = {
    "title": (FindingField.TITLE, "title"),
    "opening": (FindingField.NARRATION, "opening"),
    "body": (FindingField.NARRATION, "body"),
    "screen": (FindingField.ON_SCREEN_TEXT, "body"),
    "visuals": (FindingField.VISUALS, "body"),
}
LABELS = {
    "S": ("sexual", {"adult-content"}), "S3": ("sexual, minors", {"adult-content"}),
    "H": ("hate", {"hateful-derogatory"}), "H2": ("hate with threats", {"hateful-derogatory", "violence"}),
    "V": ("violence", {"violence"}), "V2": ("violence, graphic", {"violence", "shocking-content"}),
    "HR": ("harassment", {"incendiary-demeaning", "violence"}), "SH": ("self-harm", {"harmful-acts"}),
}  # fmt: skip
"""Their labels, and our categories that come nearest."""


class Sentence(Struct, frozen=True):
    """`level` is None where the sentence is benign; then `kind` says of what sort."""

    category: str
    level: AdLevel | None
    kind: str
    field: TextField

    @property
    def is_wanted(self) -> bool:
        return self.level in {AdLevel.LIMITED, AdLevel.NONE}


class Sample(Struct, frozen=True):
    text: str
    labels: dict[str, bool]


class Counts(Struct, frozen=True):
    """Of flagged texts: right and wrong; of unflagged ones: missed and rightly left alone."""

    right: int
    wrong: int
    missed: int
    left: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def over_blocking(self) -> float:
        """Share of what is fine that was flagged."""
        return self.wrong / max(1, self.wrong + self.left)


def report(data: Path) -> Iterator[str]:
    """The tables, line by line. Raises ValueError where there is nothing to measure."""
    folder = data / "safety" if (data / "safety").is_dir() else data
    parts: list[Iterator[str]] = [
        sentence_tables(path.name, read_sentences(path)) for path in sorted(folder.glob("*.txt"))
    ]
    if (path := folder / "samples.jsonl").exists():
        parts.append(sample_tables(read_samples(path)))
    parts += safety_sources.parts(folder)
    if not parts:
        raise ValueError("it has no *.txt, samples.jsonl, claims.jsonl or originality.jsonl.")
    for number, part in enumerate(parts):
        if number:
            yield ""
        yield from part


def read_sentences(path: Path) -> list[Sentence]:
    known = {clause.category for pack in shipped() for clause in pack.clauses}
    found: list[Sentence] = []
    category = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        said = line.strip()
        if not said or said.startswith(";"):
            continue
        if said.startswith("["):
            category = said.strip("[]")
            if category not in {*known, BENIGN}:
                raise ValueError(f"{path.name}, line {number}: there is no category {category}.")
            continue
        try:
            kind, place, text = (part.strip() for part in said.split("|", 2))
            where, position = PLACES[place]
            level = None if category == BENIGN else AdLevel(kind)
        except (ValueError, KeyError):
            raise ValueError(f"{path.name}, line {number} is not 'level | position | sentence'.") from None
        section = None if where is FindingField.TITLE else "s1"
        found.append(Sentence(category, level, kind, TextField(where, section, text, position)))
    return found


def read_samples(path: Path) -> list[Sample]:
    try:
        rows: list[dict[str, Any]] = [
            json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line
        ]
        return [Sample(row["prompt"], {name: bool(row[name]) for name in LABELS if name in row}) for row in rows]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name} is no list of prompts with labels: {error!r}.") from error


def said_of(field: TextField) -> dict[str, AdLevel]:
    """What the detectors leave of each category that they find in a text."""
    packs = shipped()
    drafts = [*by_rules([field], packs, DETECTORS), *DisclosureDetector().detect([field], packs)]
    return {category: level for category, level in levels(drafts, ()).items() if level is not AdLevel.FULL}


def sentence_tables(name: str, sentences: Sequence[Sentence]) -> Iterator[str]:
    """A sentence is fine for a category if it is labelled `full`, in whatever category, or benign. What is labelled for one
    category may well touch another one too, so it counts for its own only."""
    said = [said_of(one.field) for one in sentences]
    fine = [found for one, found in zip(sentences, said, strict=True) if not one.is_wanted]
    categories = list(dict.fromkeys(one.category for one in sentences if one.category != BENIGN))
    yield f"{name}: {len(sentences)} sentences, {len(fine)} of them fine.\n"
    yield "| category | sentences that are not fine | precision | recall | the very level | over-blocking |"
    yield "| --- | --- | --- | --- | --- | --- |"
    total = [0, 0, 0, 0]
    for category in categories:
        wanted = [(one.level, found) for one, found in zip(sentences, said, strict=True) if one.category == category and one.is_wanted]  # fmt: skip
        wrong = sum(category in found for found in fine)
        counts = _counts([category in found for _, found in wanted], wrong, len(fine))
        exact = sum(found.get(category) is level for level, found in wanted)
        yield _row(category, counts, f"{exact / max(1, len(wanted)):.2f}")
        total = [a + b for a, b in zip(total, (counts.right, wrong, counts.missed, exact), strict=True)]
    wrong = sum(bool(found) for found in fine)
    whole = Counts(total[0], total[1], total[2], len(fine) - wrong)
    share = f"{total[3] / max(1, whole.right + whole.missed):.2f}"
    yield (
        f"| all | {whole.right + whole.missed} | {whole.precision:.2f} | {whole.recall:.2f} | {share} | "
        f"{wrong / max(1, len(fine)):.3f} in any category |"
    )
    yield from _benign_table(
        [(one.kind, found) for one, found in zip(sentences, said, strict=True) if one.level is None]
    )


def _benign_table(benign: Sequence[tuple[str, Collection[str]]]) -> Iterator[str]:
    if not benign:
        return
    by_kind: defaultdict[str, list[bool]] = defaultdict(list)
    for kind, found in benign:
        by_kind[kind].append(bool(found))
    yield "\n| hard cases that are fine | sentences | over-blocked |"
    yield "| --- | --- | --- |"
    for kind, flagged in (*by_kind.items(), ("all", [bool(found) for _, found in benign])):
        yield f"| {kind} | {len(flagged)} | {sum(flagged)} ({sum(flagged) / len(flagged):.1%}) |"


def sample_tables(samples: Sequence[Sample]) -> Iterator[str]:
    """Average precision of the measure of risk, and what the findings say, label by label."""
    yield f"samples.jsonl: {len(samples)} texts.\n"
    yield "| label | texts | chance | a plain word list | our detectors | precision of findings | recall | over-blocking |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    risky = [risks(sample.text) for sample in samples]
    found = [said_of(TextField(FindingField.NARRATION, "s1", sample.text)).keys() for sample in samples]
    listed = [listed_share(sample.text) for sample in samples]
    for label, (name, categories) in {"any": ("", HURTS), **LABELS}.items():
        known = [number for number, sample in enumerate(samples) if label == "any" or label in sample.labels]
        wanted = [samples[n].labels[label] if label != "any" else any(samples[n].labels.values()) for n in known]
        if not any(wanted):
            continue
        counted = categories if label != "any" else frozenset().union(*risky)
        ours = [1.0 - prod(1.0 - risky[n].get(one, 0.0) for one in counted) for n in known]
        flagged = [bool(found[n] & categories) for n in known]
        yield _sample_row(f"{label} ({name})" if name else label, wanted, [listed[n] for n in known], ours, flagged)


def _sample_row(
    name: str, wanted: Sequence[bool], listed: Sequence[float], ours: Sequence[float], flagged: Sequence[bool]
) -> str:
    hits = [one for one, right in zip(flagged, wanted, strict=True) if right]
    wrong = sum(one for one, right in zip(flagged, wanted, strict=True) if not right)
    counts = _counts(hits, wrong, len(wanted) - len(hits))
    return (
        f"| {name} | {len(wanted)} | {len(hits) / len(wanted):.2f} | {average_precision(wanted, listed):.3f} | "
        f"{average_precision(wanted, ours):.3f} | {counts.precision:.2f} | {counts.recall:.2f} | {counts.over_blocking:.3f} |"
    )


def average_precision(wanted: Sequence[bool], scores: Sequence[float]) -> float:
    """Area under precision and recall in steps, equal scores as one: what scikit-learn calls average precision."""
    right, given = np.array(wanted, dtype=float), np.array(scores)
    order = np.argsort(-given, kind="stable")
    last = np.append(np.flatnonzero(np.diff(given[order])), len(given) - 1)
    found = np.cumsum(right[order])[last]
    gained = np.diff(np.append(0.0, found)) / right.sum()
    return float((gained * found / (last + 1)).sum())


def listed_share(text: str) -> float:
    """Share of a text's words that a plain list knows: swearing, slurs, names of what is pornographic."""
    words = Reading(text, disguised()).words
    return sum(word in _listed() for word, _, _ in words) / max(1, len(words))


@cache
def _listed() -> Collection[str]:
    offensive = (("hateful-derogatory", "slur"), ("hateful-derogatory", "scorn"), ("adult-content", "explicit"))
    return strengths().keys() | frozenset[str]().union(*(tiers()[key] for key in offensive))


def _counts(hits: Sequence[bool], wrong: int, fine: int) -> Counts:
    return Counts(sum(hits), wrong, len(hits) - sum(hits), fine - wrong)


def _row(name: str, counts: Counts, exact: str) -> str:
    return (
        f"| {name} | {counts.right + counts.missed} | {counts.precision:.2f} | {counts.recall:.2f} | {exact} | "
        f"{counts.over_blocking:.3f} |"
    )
