"""How fast a creator speaks, where they pause, and how that changes from the beginning to the end.

From the times of cues: a word is taken to be said at an even pace within its cue. Only the creator's own time counts:
while somebody else speaks, no clock runs.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.features.dna.corpus import Document, Timing
from app.features.dna.rhythm import Measured
from app.shared.text import words

PAUSE_SECONDS = 0.4
BINS = 10
FEWEST_SECONDS = 2.0
"""Of own speech that a bin must hold for a pace."""

Reals = NDArray[np.float64]


class SourceCurve(Struct, frozen=True):
    """Words per minute in each tenth of one source; None where the creator says next to nothing."""

    source_id: str
    points: list[float | None]


class Curve(Struct, frozen=True):
    """Ten tenths of the length, from the first own cue to the last: the median over the sources, and each source."""

    median: list[float | None]
    sources: list[SourceCurve]


def words_per_minute(document: Document) -> Measured | None:
    """Words over the minutes of the creator's turns, pauses within a turn included."""
    minutes = _minutes(document)
    return (float(_cue_words(document.text, document.timings).sum()), minutes) if minutes else None


def pauses_per_minute(document: Document) -> Measured | None:
    """Silences of 0.4 s or more between cues of one turn."""
    minutes = _minutes(document)
    if not minutes:
        return None
    gaps = sum(
        later.start_seconds - earlier.end_seconds >= PAUSE_SECONDS
        for stretch in stretches(document)
        for earlier, later in pairwise(stretch)
    )
    return (gaps, minutes)


def stretches(document: Document) -> list[list[Timing]]:
    """The creator's cues, parted where somebody else says something between two of them."""
    found: list[list[Timing]] = []
    for timing in document.timings:
        if found and not document.text[found[-1][-1].span.end : timing.span.start].strip():
            found[-1].append(timing)
        else:
            found.append([timing])
    return found


def points_of(document: Document) -> list[float | None]:
    """Words per minute of own speech in each tenth of the time from the first own cue to the last; empty without."""
    timings = document.timings
    if not _minutes(document):
        return []
    begins = np.array([timing.start_seconds for timing in timings])
    ends = np.maximum([timing.end_seconds for timing in timings], begins)
    edges = np.linspace(begins.min(), ends.max(), BINS + 1)
    said = _until(edges, begins, ends, _cue_words(document.text, timings))
    runs = [_bounds(stretch) for stretch in stretches(document)]
    own_begins, own_ends = np.array(runs).T
    spoken = _until(edges, own_begins, own_ends, own_ends - own_begins)
    return [
        round(60 * float(count) / float(seconds), 1) if seconds >= FEWEST_SECONDS else None
        for count, seconds in zip(np.diff(said), np.diff(spoken), strict=True)
    ]


def curve(documents: Sequence[Document]) -> Curve | None:
    """The curves of all timed sources, and of each tenth the median over those that say something in it."""
    curves = [SourceCurve(document.source_id, points) for document in documents if (points := points_of(document))]
    if not curves:
        return None
    columns = zip(*(one.points for one in curves), strict=True)
    known = [[point for point in column if point is not None] for column in columns]
    return Curve([round(float(np.median(column)), 1) if column else None for column in known], curves)


def _until(edges: Reals, begins: Reals, ends: Reals, amounts: Reals) -> Reals:
    """How much has come by each edge, where every amount comes evenly between its begin and its end."""
    lengths = np.maximum(ends - begins, 1e-9)
    done = np.clip((edges[:, None] - begins) / lengths, 0, 1)
    return np.asarray(done @ amounts, dtype=float)


def _cue_words(text: str, timings: Sequence[Timing]) -> Reals:
    return np.array([len(words(timing.span.of(text))) for timing in timings], dtype=float)


def _bounds(stretch: Sequence[Timing]) -> tuple[float, float]:
    begin = min(timing.start_seconds for timing in stretch)
    return begin, max(begin, *(timing.end_seconds for timing in stretch))


def _minutes(document: Document) -> float:
    runs = (_bounds(stretch) for stretch in stretches(document))
    return sum(end - begin for begin, end in runs) / 60
