"""How long sentences are, how they follow one another, and how hard they are to read."""

from itertools import pairwise

import numpy as np

from app.features.dna.corpus import Document, Sentence
from app.features.dna.syllables import syllables_of
from app.shared.evidence import Span

SHORT, LONG = 5, 25
FEWEST_SENTENCES = 10
"""In a source, below which neither a percentile nor a correlation means much."""

Measured = tuple[float, float]
"""Numerator and denominator of one source; the corpus' value is the ratio of their sums. What is no ratio of counts,
such as a percentile, comes as value times weight and weight: its corpus value is the weighted mean over sources."""


def sentence_length_mean(document: Document) -> Measured | None:
    lengths = document.lengths
    return (float(lengths.sum()), len(lengths)) if len(lengths) else None


def sentence_length_sd(document: Document) -> Measured | None:
    lengths = document.lengths
    return (float(lengths.std(ddof=1)) * len(lengths), len(lengths)) if len(lengths) > 1 else None


def sentence_length_p10(document: Document) -> Measured | None:
    return _percentile(document, 10)


def sentence_length_p50(document: Document) -> Measured | None:
    return _percentile(document, 50)


def sentence_length_p90(document: Document) -> Measured | None:
    return _percentile(document, 90)


def short_sentences(document: Document) -> Measured | None:
    """Share of sentences of five words or fewer."""
    lengths = document.lengths
    return (float((lengths <= SHORT).sum()), len(lengths)) if len(lengths) else None


def long_sentences(document: Document) -> Measured | None:
    """Share of sentences of 25 words or more."""
    lengths = document.lengths
    return (float((lengths >= LONG).sum()), len(lengths)) if len(lengths) else None


def sentence_alternation(document: Document) -> Measured | None:
    """Mean absolute difference in words between neighbouring sentences."""
    lengths = document.lengths
    return (float(np.abs(np.diff(lengths)).sum()), len(lengths) - 1) if len(lengths) > 1 else None


def sentence_autocorrelation(document: Document) -> Measured | None:
    """sum((x[t] - m)(x[t + 1] - m)) / sum((x[t] - m)^2) over the lengths x with mean m: above 0 where long follows
    long, below 0 where long and short take turns."""
    lengths = document.lengths
    if len(lengths) < FEWEST_SENTENCES:
        return None
    apart = lengths - lengths.mean()
    total = float((apart**2).sum())
    return (float((apart[:-1] * apart[1:]).sum()) / total * len(lengths), len(lengths)) if total else None


def reading_grade(document: Document) -> Measured | None:
    """0.39 words per sentence + 11.8 syllables per word - 15.59."""
    count = len(document.words)
    if not count:
        return None
    syllables = sum(syllables_of(word) * times for word, times in document.counts.items())
    grade = 0.39 * count / len(document.sentences) + 11.8 * syllables / count - 15.59
    return (grade * count, count)


def letter_grade(document: Document) -> Measured | None:
    """0.0588 letters per 100 words - 0.296 sentences per 100 words - 15.8; digits count as letters, marks don't."""
    count = len(document.words)
    if not count:
        return None
    letters = sum((len(word) - word.count("'") - word.count("-")) * times for word, times in document.counts.items())
    grade = 0.0588 * 100 * letters / count - 0.296 * 100 * len(document.sentences) / count - 15.8
    return (grade * count, count)


def show_short(document: Document) -> list[Span]:
    return [sentence.span for sentence in document.sentences if 2 <= len(sentence.words) <= SHORT]


def show_long(document: Document) -> list[Span]:
    return [sentence.span for sentence in document.sentences if LONG <= len(sentence.words) <= 45]


def show_usual(document: Document) -> list[Span]:
    """The sentences that are nearest to the source's median length."""
    if not len(document.lengths):
        return []
    apart = np.abs(document.lengths - np.median(document.lengths))
    return [document.sentences[index].span for index in np.flatnonzero(apart == apart.min())]


def show_alternation(document: Document) -> list[Span]:
    """A long sentence followed by a short one, as one quote."""

    def contrast(a: Sentence, b: Sentence) -> bool:
        return len(a.words) >= 15 and len(b.words) <= SHORT and b.span.start - a.span.end <= 2

    return [Span(a.span.start, b.span.end) for a, b in pairwise(document.sentences) if contrast(a, b)]


def _percentile(document: Document, percent: int) -> Measured | None:
    lengths = document.lengths
    if len(lengths) < FEWEST_SENTENCES:
        return None
    return (float(np.percentile(lengths, percent)) * len(lengths), len(lengths))
