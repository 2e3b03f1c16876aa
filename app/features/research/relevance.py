"""Whether sentences answer a question: how much of what it asks about they speak of, rare words counting most.

Measured on questions that the sources answer and on questions that they don't: docs/benchmarks.md.
"""

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from app.features.research.factual import names_in
from app.features.research.passages import Passage, Sentence
from app.features.research.quantities import content_stem, content_stems
from app.features.research.wordlists import LIGHT
from app.shared.clients.embeddings import rarity
from app.shared.text import words

Wanted = Literal["date", "number", "name", "broad", "narrow"]

ANSWERED = 0.55
"""From this share of the question's weight on, its sentences answer it."""
WITH_NEIGHBOURS, WITH_PASSAGE = 0.6, 0.3
"""What a word counts that stands in the sentence beside, or elsewhere in the passage or its heading."""
NAME_WEIGHT, LIGHT_WEIGHT = 1.3, 0.4
WITHOUT_THE_WANTED = 0.8
"""What is left of a sentence that gives no date where one is asked for, no number, no name."""
NAMES_ALONE = 0.8
"""What is left of a sentence that, with those beside it, has the question's names and nothing else of it."""
NOT_ABOUT_IT = 0.5
"""What is left where the sources know the names in the question, and nothing else of it."""

DEFINES = 1.15
"""What a sentence gains that says what the thing is, where that is asked."""

_WHEN = re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|century|decade|month|day)\b", re.IGNORECASE)
_HOW_MANY = re.compile(
    r"\bhow (?!did|do|does|is|are|was|were|can|could|should|would|will|has|have|had|to|come|about|the|a|an|not)\w+\b"
    r"|\b(?:what|which) (?:percentage|percent|number|amount|share|proportion)\b", re.IGNORECASE
)  # fmt: skip
_WHO = re.compile(r"\bwho(?:se|m)?\b", re.IGNORECASE)
_WHAT_IS = re.compile(r"^(?:so |and )?(?:what|who) (?:is|are|was|were) (?:an? |the )?[^,;]{2,60}\?*$", re.IGNORECASE)
_IS = re.compile(
    r"^(?:an? |the )?(?P<thing>.{2,60}?),? (?:is|are|was|were|means|refers to)\b(?! (?:not|also|then|by)\b)",
    re.IGNORECASE,
)
_BROAD = re.compile(
    r"\b(?:how|why|explain|describe|history|story|overview|tell me|causes?|effects?|consequences|reasons?|compare|difference|"
    r"role|impact|work)\b|^what (?:is|are|was|were|do|does|did we|happen)\b",
    re.IGNORECASE,
)


class Asked(Struct, frozen=True):
    """A question as it is looked for. `terms`: the weight of each stem."""

    question: str
    terms: dict[str, float]
    names: frozenset[str]
    wanted: Wanted
    words: dict[str, str]
    """Each stem as it stands in the question."""

    @property
    def weight(self) -> float:
        return sum(self.terms.values())


def read_question(question: str) -> Asked:
    names = {stem for name in names_in(question) for stem in content_stems(name)}
    terms: dict[str, float] = {}
    said: dict[str, str] = {}
    for word in words(question):
        lower = word.lower().replace("’", "'")
        stem = content_stem(lower)
        if stem is None:
            continue
        weight = rarity(lower) * (NAME_WEIGHT if stem in names else LIGHT_WEIGHT if stem in LIGHT else 1.0)
        terms[stem] = max(weight, terms.get(stem, 0.0))
        said.setdefault(stem, word)
    return Asked(question, terms, frozenset(names & terms.keys()), _wanted(question), said)


def _wanted(question: str) -> Wanted:
    if _WHEN.search(question):
        return "date"
    if _HOW_MANY.search(question):
        return "number"
    if _WHO.search(question):
        return "name"
    return "broad" if _BROAD.search(question) else "narrow"


def relevance(asked: Asked, sentences: Sequence[Sentence], passages: Sequence[Passage]) -> list[float]:
    """0 to 1 for each sentence, a little more where it says what the thing is that is asked for: the weight of the question's
    words in it and around it, over the question's whole weight."""
    if not asked.terms:
        return [0.0] * len(sentences)
    whole = [frozenset(content_stems(f"{passage.heading} {passage.text}")) for passage in passages]
    known = frozenset[str]().union(*whole)
    rest = asked.terms.keys() - asked.names
    discount = NOT_ABOUT_IT if asked.names and rest and not rest & known else 1.0
    scores = []
    for place, sentence in enumerate(sentences):
        beside = [
            sentences[near]
            for near in (place - 1, place + 1)
            if 0 <= near < len(sentences) and sentences[near].passage == sentence.passage
        ]
        near = frozenset[str]().union(*(one.stems for one in beside))
        spoken = sum(
            weight
            * (1.0 if stem in sentence.stems else WITH_NEIGHBOURS if stem in near else WITH_PASSAGE if stem in whole[sentence.passage] else 0.0)
            for stem, weight in asked.terms.items()
        )  # fmt: skip
        if asked.names and rest and not rest & (sentence.stems | near):
            spoken *= NAMES_ALONE
        if _says_what_it_is(asked, sentence):
            spoken *= DEFINES
        scores.append(discount * _fits(asked, sentence, beside) * spoken / asked.weight)
    return scores


def _says_what_it_is(asked: Asked, sentence: Sentence) -> bool:
    """Whether it begins with all that a question such as "What is a quadrant?" names, and says what that is."""
    begun = _IS.match(sentence.plain) if _WHAT_IS.match(asked.question) else None
    return begun is not None and asked.terms.keys() == set(content_stems(begun["thing"]))


def _fits(asked: Asked, sentence: Sentence, beside: Sequence[Sentence]) -> float:
    if asked.wanted not in {"date", "number", "name"} or _gives(asked, sentence):
        return 1.0
    return (1 + WITHOUT_THE_WANTED) / 2 if any(_gives(asked, one) for one in beside) else WITHOUT_THE_WANTED


def _gives(asked: Asked, sentence: Sentence) -> bool:
    """Whether it gives what is asked for: a date, a number, a name that the question doesn't hold."""
    if asked.wanted == "date":
        return sentence.has_date
    if asked.wanted == "number":
        return sentence.has_number
    return bool(sentence.names - asked.terms.keys())


def missing(asked: Asked, passages: Sequence[Passage]) -> list[str]:
    """The question's words that none of the passages holds, the rarest first."""
    known = {stem for passage in passages for stem in content_stems(f"{passage.heading} {passage.text}")}
    gone = [stem for stem in asked.terms if stem not in known and stem not in LIGHT]
    return [asked.words[stem] for stem in sorted(gone, key=lambda stem: -asked.terms[stem])]
