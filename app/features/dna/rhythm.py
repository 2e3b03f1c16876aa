"""Pace, pauses and the length of sentences."""

import re
from itertools import pairwise

import numpy as np

from app.features.dna.corpus import Document, Sentence
from app.shared.evidence import Span

PAUSE_SECONDS = 0.4
SHORT, LONG = 5, 25

Measured = tuple[float, float]
"""Numerator and denominator of one source; the corpus' value is the ratio of their sums."""

_VOWELS = re.compile(r"[aeiouy]+")


def words_per_minute(document: Document) -> Measured | None:
    """Words over the minutes from the first cue to the last, pauses included."""
    minutes = _minutes(document)
    return (len(document.words), minutes) if minutes else None


def pauses_per_minute(document: Document) -> Measured | None:
    """Silences of 0.4 s or more between cues."""
    minutes = _minutes(document)
    if not minutes:
        return None
    gaps = sum(b.start_seconds - a.end_seconds >= PAUSE_SECONDS for a, b in pairwise(document.timings))
    return (gaps, minutes)


def sentence_length_mean(document: Document) -> Measured | None:
    lengths = _lengths(document)
    return (float(lengths.sum()), len(lengths)) if len(lengths) else None


def sentence_length_sd(document: Document) -> Measured | None:
    lengths = _lengths(document)
    return (float(lengths.std(ddof=1)) * len(lengths), len(lengths)) if len(lengths) > 1 else None


def short_sentences(document: Document) -> Measured | None:
    """Share of sentences of five words or fewer."""
    lengths = _lengths(document)
    return (float((lengths <= SHORT).sum()), len(lengths)) if len(lengths) else None


def long_sentences(document: Document) -> Measured | None:
    """Share of sentences of 25 words or more."""
    lengths = _lengths(document)
    return (float((lengths >= LONG).sum()), len(lengths)) if len(lengths) else None


def sentence_alternation(document: Document) -> Measured | None:
    """Mean absolute difference in words between neighbouring sentences."""
    lengths = _lengths(document)
    return (float(np.abs(np.diff(lengths)).sum()), len(lengths) - 1) if len(lengths) > 1 else None


def reading_grade(document: Document) -> Measured | None:
    """0.39 words per sentence + 11.8 syllables per word - 15.59."""
    count = len(document.words)
    if not count:
        return None
    syllables = sum(syllables_of(word) * times for word, times in document.counts.items())
    grade = 0.39 * count / len(document.sentences) + 11.8 * syllables / count - 15.59
    return (grade * count, count)


def syllables_of(word: str) -> int:
    """Groups of vowels, a silent final e left out; at least one."""
    groups = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def show_short(document: Document) -> list[Span]:
    return [sentence.span for sentence in document.sentences if 2 <= len(sentence.words) <= SHORT]


def show_long(document: Document) -> list[Span]:
    return [sentence.span for sentence in document.sentences if LONG <= len(sentence.words) <= 45]


def show_alternation(document: Document) -> list[Span]:
    """A long sentence followed by a short one, as one quote."""

    def contrast(a: Sentence, b: Sentence) -> bool:
        return len(a.words) >= 15 and len(b.words) <= SHORT and b.span.start - a.span.end <= 2

    return [Span(a.span.start, b.span.end) for a, b in pairwise(document.sentences) if contrast(a, b)]


def _lengths(document: Document) -> np.ndarray:
    return np.array([len(sentence.words) for sentence in document.sentences], dtype=float)


def _minutes(document: Document) -> float:
    if not document.timings:
        return 0.0
    return max(0.0, document.timings[-1].end_seconds - document.timings[0].start_seconds) / 60
