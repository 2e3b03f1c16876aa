"""An idea in its parts, how much of it a passage says, and how its sources read to those it is for."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import snowballstemmer
from msgspec import Struct

from app.features.dna.corpus import plain_document
from app.features.dna.rhythm import reading_grade
from app.features.dna.wordlists import word_set
from app.shared.clients.embeddings import hash_texts
from app.shared.evidence import Span
from app.shared.text import FUNCTION_WORDS, sentence_spans, words

MOST_PARTS = 8
LONGEST_PART = 4
WINDOW = 2
"""Sentences of a passage that are held against an idea."""
FLOOR = 0.3
"""Similarity that two texts on nearby matters have anyway; novelty counts from there."""
FULL_COSINE = 0.6
"""Cosine of two hashed sentences that say the same in other words; of the samples' passages, those on an idea's own subject reach it."""
GRADES_APART = 6.0
"""School grades above its audience at which a source is lost on it."""
ADULT = 9.0
"""The grade that a general audience follows by ear without effort."""

_STEMMER = snowballstemmer.stemmer("english")
_EMPTY = word_set(
    "a an am build make making do doing show showing tell telling explain explaining talk talking video videos episode idea want going go "
    "get getting find finding found use using used try trying look looking see want how why what when where who which whether really "
    "actually thing things way ways something about into did does were been being has had would could should can will "
    "might not no yes my your our their its his her them they he she i me us we out up down off over under again then than "
    "there here very just also too only even still much many some any all every each between without within by or if so because work works working people let lets let's viewer viewers creator film piece help"
) | frozenset(FUNCTION_WORDS["en"].split())  # fmt: skip
_AUDIENCES = (
    (4.0, r"\b(?:kids?|children|toddlers?|primary school|elementary)\b"),
    (8.0, r"\b(?:teens?|teenagers?|pupils?|middle school|high school|secondary school)\b"),
    (8.0, r"\b(?:beginners?|newcomers?|novices?|never|no background|without (?:a |any )?background|lay(?:man|men|people|person)?|first[- ]time)\b"),
    (15.0, r"\b(?:experts?|engineers?|scientists?|researchers?|professionals?|specialists?|developers?|physicists?|doctors|academics?)\b"),
    (13.0, r"\b(?:students?|university|college|undergraduates?|advanced|enthusiasts?)\b"),
)  # fmt: skip


class Best(Struct, frozen=True):
    """The place in a text that comes nearest to an idea."""

    span: Span
    similarity: float


def parts_of(idea: str) -> list[str]:
    """What an idea is made of: its runs of content words, each once, up to eight. English."""
    found: dict[str, str] = {}
    for clause in re.split(r"[.,;:!?()\[\]“”\"–—/\n]+", idea):
        run: list[str] = []
        for word in [*words(clause), ""]:
            if word and word.lower().replace("’", "'") not in _EMPTY and len(run) < LONGEST_PART:
                run.append(word)
                continue
            if run:
                found.setdefault(" ".join(sorted(stems(" ".join(run)))), " ".join(run))
            run = []
    kept = [part for key, part in found.items() if not any(set(key.split()) < set(other.split()) for other in found)]
    return kept[:MOST_PARTS]


def stems(text: str) -> frozenset[str]:
    """Of the content words."""
    said = (word.lower().replace("’", "'").removesuffix("'s") for word in words(text))
    return frozenset(_STEMMER.stemWord(word) for word in said if word not in _EMPTY)


def says(part: str, text: str) -> bool:
    """Whether the text has all words of the part, or all but one of three and more."""
    wanted = stems(part)
    return len(wanted & stems(text)) >= max(1, len(wanted) - (len(wanted) > 2))


def nearest(idea: str, text: str) -> Best | None:
    """Of all runs of two sentences the most similar: half by how many of the idea's words they have, half by the cosine of
    their hashed words, in which rare words weigh most."""
    windows = list(_windows(text))
    wanted = stems(idea)
    if not windows or not wanted:
        return None
    vectors = hash_texts([idea, *(span.of(text) for span in windows)])
    cosines = np.clip(vectors[1:] @ vectors[0] / FULL_COSINE, 0, 1)
    shares = np.array([len(wanted & stems(span.of(text))) / len(wanted) for span in windows])
    similar = (cosines + shares) / 2
    best = int(similar.argmax())
    return Best(windows[best], round(float(similar[best]), 3))


def _windows(text: str) -> Iterator[Span]:
    """Each sentence with the one after it, where there is one."""
    sentences = sentence_spans(text)
    for place in range(max(1, len(sentences) - WINDOW + 1)):
        run = sentences[place : place + WINDOW]
        if run:
            yield Span(run[0].start, run[-1].end)


def novelty_of(similarities: Sequence[float]) -> float:
    """1 where nothing nearer than the floor was said; the nearest passage counts most, the next two a little."""
    if not similarities:
        return 1.0
    top = sorted(similarities, reverse=True)[:3]
    weights = (0.8, 0.1, 0.1)[: len(top)]
    near = sum(weight * max(0.0, one - FLOOR) / (1 - FLOOR) for weight, one in zip(weights, top, strict=True))
    return round(1 - min(1.0, near / sum(weights)), 2)


def grade_of_audience(described: str, age_from: int | None) -> float:
    """The reading grade that an audience follows by ear: a child's by its age, else by what is said of it."""
    if age_from is not None and age_from < 18:
        return float(min(max(age_from - 5, 2), 12))
    return next((grade for grade, said in _AUDIENCES if re.search(said, described, re.IGNORECASE)), ADULT)


def grade_of_text(text: str) -> float | None:
    """Flesch-Kincaid; None for fewer than a hundred words, of which it says nothing."""
    if len(words(text)) < 100:
        return None
    measured = reading_grade(plain_document(text))
    return None if measured is None else round(measured[0] / measured[1], 1)


def fit_of(source_grade: float, audience_grade: float) -> float:
    """1 where the sources read no harder than the audience follows; 0 six grades above."""
    return round(1 - min(1.0, max(0.0, source_grade - audience_grade) / GRADES_APART), 2)
