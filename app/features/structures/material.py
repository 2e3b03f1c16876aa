"""What a structure is built from: the statements of a research brief, what they are about, and the creator's voice."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from app.db.models import ClaimStatus
from app.features.dna.function_words import FUNCTION_WORDS
from app.features.memory.preferences import Rule
from app.shared.text import words

CONTRADICTION = "contradiction"
SPREAD = 0.35
"""The share of statements of one kind at which a project is full of it."""
_TYPICAL = {
    "number": 0.7,
    "time": 0.4,
    "definition": 0.3,
    "person": 0.4,
    "cause": 0.3,
    CONTRADICTION: 0.1,
    "belief": 0.2,
}
"""The same where another share is: nearly every source is full of numbers, and one contradiction is a find."""

_YEAR = re.compile(r"(?<![\d,.])(1[0-9]{3}|20[0-9]{2})(?![\d,]|\.\d)")
_PATTERNS = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "number": r"(?<![\w])(?!(?:1[0-9]{3}|20[0-9]{2})(?![\d,]))\d[\d,.]*|\b(?:hundred|thousand|million|billion|half|third|quarter|twice|double|per cent|percent)\b",
        "cause": r"\b(?:because|caused? by|causes?|caused|so that|therefore|thus|hence|led to|leads to|due to|owing to|as a result|results? (?:in|from)|depends? on|made it|which is why|so)\b(?! far)",
        "step": r"^(?:first|then|next|after that|finally|now|take|put|measure|mark|set|start|begin|turn|cut|draw|add|hold|place|fill|check|use|look)\b|\bstep\b|\b(?:first|then) (?:you|we)\b",
        "compare": r"\b(?:than|whereas|unlike|compared (?:with|to)|both|rather than|in contrast|on the other hand|rival|as well as|while the|equal|instead of|only about)\b|\bas \w+ as\b|\bbut\b",
        "belief": r"\b(?:myth|wrong|wrongly|false|believed|believe|popular|supposed(?:ly)?|misconception|famous|in fact|actually|never|not caused|unfair|nor|no one|contrary)\b|\bit is (?:said|told)\b",
        "definition": r"\b(?:is|are) (?:the|a|an) \w+|\b(?:is called|are called|is known as|known as|means|defined as|is defined|definition|consists of|refers to)\b",
        "problem": r"\b(?:could not|cannot|can't|couldn't|failed|fails|failure|problem|difficult|difficulty|lost|died|disaster|error|mistake|danger|wreck\w*|useless|impossible|unable|without|no dependable|less certain|struck)\b",
        "solution": r"\b(?:solved|solution|invent\w*|method|succeed\w*|success|worked|works|proved|made (?:it )?possible|developed|designed|built|completed|answer|corrected|cancel\w*)\b",
    }.items()
}
_PERSON = re.compile(r"(?:\b(?:He|She|Dr|Sir|King|Queen|Captain)\b|\b[A-Z][a-z]+(?: [A-Z][a-z]+)+\b|\b[A-Z][a-z]{3,}\b (?:was|had|took|made|tried|found|wrote|published|described|suggested|finished|proved|died|carried|used|came|began|became)\b)")  # fmt: skip
_FIRST_PERSON = re.compile(r"\b(?:I|we|my|our|us|me|your|you)\b")
_OPENS_BADLY = re.compile(
    r"^(?:and|but|so|nor|or|yet|it|its|he|she|his|her|they|their|them|this|that|these|those|such|both|one|then|therefore|however|"
    r"also|thus|hence|the (?:other|latter|former|method|same|idea|second|third|next|remainder|conclusion|difference|result)|in that|at that|by then|after that|"
    r"another|others|two|there|here|today|last|note|conclusion|definition|summary|work|compare|again|each|no|of)\b",
    re.IGNORECASE,
)
_REFERS_BACK = re.compile(
    r"\b(?:(?:at|in|to|of|by|for|from|on) that\b|above|below|this|these|those|following|latter|former|said|such)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:it|he|she|they|him|them|his|her|their)\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z][A-Za-z]*\d*\b")


class Quoted(Struct, frozen=True):
    """A citation of a claim, as evidence keeps it."""

    source_id: str
    source_version: int
    quote: str
    start: int
    end: int
    start_seconds: float | None = None


class Statement(Struct, frozen=True):
    """A claim of the brief. `sources`: all that its words may come from."""

    id: UUID
    text: str
    status: ClaimStatus
    disputed: bool
    sub_question: int | None
    quotes: tuple[Quoted, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(quote.source_id for quote in self.quotes))


class HookHabit(Struct, frozen=True):
    """How many of the creator's videos open this way, and one that does."""

    type: str
    count: int
    example: dict[str, Any] | None


class Formula(Struct, frozen=True):
    """A catchphrase that is a sentence of its own, with where it was said."""

    said: str
    example: dict[str, Any]


class Voice(Struct, frozen=True):
    """What a profile knows of how the creator builds videos. `beats`: the usual length of each, in percent."""

    n_sources: int
    hooks: tuple[HookHabit, ...] = ()
    beats: dict[str, float] = {}
    formulas: tuple[Formula, ...] = ()
    exemplars: tuple[dict[str, Any], ...] = ()


class Material(Struct, frozen=True):
    """All of it. `questions`: the research question and its sub-questions; `stories`: how the creator's own anecdotes begin."""

    title: str
    brief: str
    minutes: float
    research: bool
    english: bool = True
    statements: tuple[Statement, ...] = ()
    contradictions: tuple[tuple[UUID, ...], ...] = ()
    question: str = ""
    audience: str = ""
    questions: tuple[str, ...] = ()
    voice: Voice | None = None
    stories: tuple[dict[str, Any], ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def by_id(self) -> dict[UUID, Statement]:
        return {one.id: one for one in self.statements}


def kinds_of(statement: Statement) -> frozenset[str]:
    """What a statement is about, by its words: number, time, cause, step, compare, belief, definition, person, problem,
    solution; and whether it is disputed. English, but for numbers and years."""
    found = {kind for kind, pattern in _PATTERNS.items() if pattern.search(statement.text)}
    if _YEAR.search(statement.text):
        found.add("time")
    if _PERSON.search(statement.text):
        found.add("person")
    if statement.disputed:
        found.add(CONTRADICTION)
    return frozenset(found)


def counted(statements: Iterable[Statement]) -> Counter[str]:
    return Counter(kind for one in statements for kind in kinds_of(one))


def strength(kind: str, count: int, total: int) -> float:
    """0 to 1: how full of this kind a project is."""
    return min(1.0, count / total / _TYPICAL.get(kind, SPREAD)) if total else 0.0


def year_of(statement: Statement) -> int | None:
    """The first year that it names."""
    found = _YEAR.search(statement.text)
    return int(found.group()) if found else None


def stands_alone(statement: Statement, most_words: int = 32) -> bool:
    """Whether its words can open a video: a whole sentence of somebody else's that leans on none before it."""
    text = statement.text
    count = len(words(text))
    if not 5 <= count <= most_words or text[-1:] not in ".!" or _OPENS_BADLY.match(text) or _FIRST_PERSON.search(text):
        return False
    if not text[:1].isupper() or _REFERS_BACK.search(text):
        return False
    pronoun = _PRONOUN.search(text)
    return pronoun is None or bool(_NAME.search(text[: pronoun.start()]) and len(words(text[: pronoun.start()])) > 5)


def telling(statements: Sequence[Statement], about: str) -> dict[UUID, int]:
    """How much each statement speaks of what the project is about: its words, each once, that *about* or more than three
    statements have."""
    said = {one.id: _content(one.text) for one in statements}
    counts = Counter(word for content in said.values() for word in content)
    common = {word for word, count in counts.items() if count > 3} | _content(about)
    return {claim: len(content & common) for claim, content in said.items()}


def _content(text: str) -> set[str]:
    lowered = (word.lower() for word in words(text))
    return {word for word in lowered if word not in FUNCTION_WORDS and not word[0].isdigit()}


def ranked(statements: Sequence[Statement]) -> list[Statement]:
    """The best founded first: said by more sources, then in the brief's own order."""
    weight = {ClaimStatus.SUPPORTED: 0, ClaimStatus.CONTRADICTED: 1, ClaimStatus.SINGLE_SOURCE: 1}
    usable = [one for one in statements if one.status is not ClaimStatus.NOT_FOUND]
    return sorted(usable, key=lambda one: weight[one.status])
