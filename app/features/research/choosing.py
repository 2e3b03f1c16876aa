"""Which sentences a brief is made of: those that answer the question, that others agree are central, and that differ."""

from collections import Counter
from collections.abc import Sequence
from math import log

import numpy as np
from msgspec import Struct

from app.features.research.facets import Facet, facet_of
from app.features.research.passages import Passage, Sentence
from app.features.research.relevance import ANSWERED, Asked, read_question, relevance

Floats = np.ndarray

DAMPING = 0.85
ROUNDS = 30
"""Of the power iteration; the ranks of some hundred sentences have settled by then."""
NEWNESS = 0.35
"""Weight of being unlike what is chosen already (maximal marginal relevance, Carbonell and Goldstein 1998)."""
SPOKEN = 0.03
"""What a sentence loses for each one of its source that is chosen already."""
NEAR_THE_BEST = 0.62
"""A narrow question is answered by the best sentence and those that come near it."""
MOST_NARROW = 6
FEWEST_SIDES = 0.12
"""Relevance from which on a sentence may speak of a side of the topic."""


class Chosen(Struct, frozen=True):
    """A sentence by its place in the list, the sub-question that it answers, and how well."""

    place: int
    question: int
    score: float


class Weighed(Struct, frozen=True):
    """The sentences' places in the order of their worth, and what is needed to compare them."""

    chosen: list[Chosen]
    answered: bool
    relevance: list[float]
    centrality: Floats
    likeness: Floats


class Picking(Struct, frozen=True):
    """How many sentences a broad question and a narrow one are answered by, and what share of the best one's relevance the
    others must reach."""

    broad: int
    narrow: int
    broad_near: float = 0.5
    narrow_near: float = NEAR_THE_BEST


def answer(asked: Asked, sentences: Sequence[Sentence], passages: Sequence[Passage], picking: Picking) -> Weighed:
    """The sentences that answer one question, the best first; none where the best falls short."""
    close = relevance(asked, sentences, passages)
    likeness = _likeness(sentences)
    central = _centrality(likeness, np.array(close))
    able = [place for place, one in enumerate(sentences) if one.claimable]
    best = max((close[place] for place in able), default=0.0)
    if best < ANSWERED:
        return Weighed([], False, close, central, likeness)
    worth = _worth(sentences, close, central)
    broad = asked.wanted == "broad"
    least = best * (picking.broad_near if broad else picking.narrow_near)
    main = [place for place in able if close[place] >= least]
    taken = _diverse(main, worth, likeness, [], picking.broad if broad else picking.narrow, sentences)
    return Weighed([Chosen(place, 0, float(worth[place])) for place in taken], True, close, central, likeness)


def choose(questions: Sequence[str], sentences: Sequence[Sentence], passages: Sequence[Passage], most: int) -> Weighed:
    """For the main question first, then for each side of it in turn; nothing where the main question isn't answered."""
    share = max(2, most // 3) if len(questions) > 1 else most
    weighed = answer(read_question(questions[0]), sentences, passages, Picking(share, min(most, MOST_NARROW)))
    if not weighed.answered:
        return weighed
    close, central, likeness = weighed.relevance, weighed.centrality, weighed.likeness
    worth = _worth(sentences, close, central)
    able = [place for place, one in enumerate(sentences) if one.claimable]
    chosen = list(weighed.chosen)
    sides = [(number, facet_of(question), question) for number, question in enumerate(questions)][1:]
    for number, facet, question in sides:
        left = most - len(chosen)
        share = -(-left // (len(questions) - number))
        places = _of_side(facet, question, sentences, passages, able, close, central)
        had = [one.place for one in chosen]
        some = [place for place in places if place not in had]
        chosen += [
            Chosen(place, number, float(worth[place]))
            for place in _diverse(some, worth, likeness, had, share, sentences)
        ]
    return Weighed(chosen, True, close, central, likeness)


def _worth(sentences: Sequence[Sentence], close: Sequence[float], central: Floats) -> Floats:
    worth: Floats = 0.55 * np.array(close) + 0.3 * central + 0.15 * np.array([one.factual for one in sentences])
    return worth


def _of_side(
    facet: Facet | None,
    question: str,
    sentences: Sequence[Sentence],
    passages: Sequence[Passage],
    able: Sequence[int],
    close: Sequence[float],
    central: Floats,
) -> list[int]:
    """The sentences that may answer a sub-question: for a side of the topic those on the topic that show it, for a question
    of its own those that answer it."""
    if facet is None:
        own = relevance(read_question(question), sentences, passages)
        best = max((own[place] for place in able), default=0.0)
        return [place for place in able if own[place] >= max(ANSWERED, best * NEAR_THE_BEST)]
    usual = float(np.median(central)) if len(central) else 0.0
    on_topic = (
        place for place in able if close[place] >= FEWEST_SIDES and (close[place] >= 0.3 or central[place] >= usual)
    )
    return [place for place in on_topic if sentences[place].factual and facet.shows(sentences[place])]


def _diverse(
    places: Sequence[int], worth: Floats, likeness: Floats, had: Sequence[int], most: int, sentences: Sequence[Sentence]
) -> list[int]:
    """The best of them one after the other, each marked down by its likeness to what is chosen already, and by how often its
    source has spoken."""
    left, taken = list(places), list[int]()
    while left and len(taken) < most:
        before = [*had, *taken]
        spoken = Counter(sentences[one].source_id for one in before)
        scores = [
            (1 - NEWNESS) * worth[place]
            - NEWNESS * (max(likeness[place, one] for one in before) if before else 0.0)
            - SPOKEN * spoken[sentences[place].source_id]
            for place in left
        ]
        taken.append(left.pop(int(np.argmax(scores))))
    return taken


def _likeness(sentences: Sequence[Sentence]) -> Floats:
    """Cosine of the stems, rare ones counting more; 0 on the diagonal."""
    count = len(sentences)
    held = Counter(stem for one in sentences for stem in one.stems)
    number = {stem: place for place, stem in enumerate(held)}
    vectors = np.zeros((count, len(number)), dtype=np.float32)
    for row, one in enumerate(sentences):
        for stem in one.stems:
            vectors[row, number[stem]] = log(1 + count / held[stem])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1)
    likeness: Floats = vectors @ vectors.T
    np.fill_diagonal(likeness, 0.0)
    return likeness


def _centrality(likeness: Floats, close: Floats) -> Floats:
    """0 to 1: PageRank over the likeness of sentences that starts again at those that answer the question (LexRank, Erkan and
    Radev 2004, biased to the question as by Otterbacher et al. 2005)."""
    count = len(close)
    if not count:
        return np.zeros(0)
    start = close**2 + 1e-6
    start = start / start.sum()
    sums = likeness.sum(axis=1, keepdims=True)
    steps = likeness / np.where(sums > 0, sums, 1)
    ranks = start.copy()
    for _ in range(ROUNDS):
        ranks = (1 - DAMPING) * start + DAMPING * (ranks @ steps)
        ranks = ranks / ranks.sum()
    highest: Floats = ranks / ranks.max()
    return highest
