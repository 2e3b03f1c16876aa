"""How likely a text is to break a rule, as one number for ranking texts: findings, telling words, and words that tell
something only beside each other in a sentence.

The weights are our judgement in few steps. What they are worth is measured by `strand evaluate safety`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import prod

from msgspec import Struct

from app.db.models.safety import FindingField, Severity
from app.features.safety.findings import Draft, TextField
from app.features.safety.lexicon import disguised, strengths, tiers
from app.features.safety.policy import shipped
from app.features.safety.reading import WORD, Reading
from app.features.safety.rules import by_rules

HATE, ADULT, DEMEANING = "hateful-derogatory", "adult-content", "incendiary-demeaning"
VIOLENCE, HARM, SWEARING = "violence", "harmful-acts", "inappropriate-language"

OF_SEVERITY = {
    Severity.CRITICAL: 0.9,
    Severity.HIGH: 0.7,
    Severity.MEDIUM: 0.45,
    Severity.LOW: 0.2,
    Severity.INFO: 0.15,
}
HURTS = frozenset({HATE, ADULT, DEMEANING, VIOLENCE, HARM, SWEARING, "shocking-content"})
ELSE = 0.3
"""What a finding weighs in a category where nobody is hurt by reading it."""

OF_WORDS = {
    (HATE, "contempt"): 0.25,
    (HATE, "group"): 0.06,
    (ADULT, "lewd"): 0.3,
    (ADULT, "sexual"): 0.1,
    (DEMEANING, "insult"): 0.1,
    (VIOLENCE, "cue"): 0.04,
    (HARM, "cue"): 0.08,
    ("shocking-content", "cue"): 0.06,
    ("recreational-drugs", "cue"): 0.03,
}
OF_SWEARING = {"strong": 0.4, "moderate": 0.3}
OF_PAIR = 0.1
MOST = 3
"""How many words of a list, and pairs of a kind, count at most."""

PAIRS = (
    (HATE, ((HATE, "group"),), ((HATE, "hostile"), (HATE, "slur"), (HATE, "scorn"), (HATE, "contempt"))),
    (DEMEANING, ((DEMEANING, "addressed"),), ((DEMEANING, "contemptuous"),)),
    (VIOLENCE, ((VIOLENCE, "modal"),), ((VIOLENCE, "attack"),)),
    (HARM, ((HARM, "own"),), ((HARM, "despair"),)),
)
"""Who and what that mean something in one sentence: a group and hostility, "you" and contempt, "should" and an attack,
"I" and despair."""

LENGTH, DAMPING = 100, 0.6
"""From so many words on, what a text says counts the less the longer it is: w * (LENGTH / words) ** DAMPING."""


class Weight(Struct, frozen=True):
    category: str
    weight: float


def risks(text: str) -> dict[str, float]:
    """The same of each category by itself; a category without any sign is left out."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for sign in signs(text):
        found[sign.category].append(sign.weight)
    return {category: _noisy_or(weights) for category, weights in found.items()}


def signs(text: str) -> list[Weight]:
    reading = Reading(text, disguised())
    drafts = by_rules([TextField(FindingField.NARRATION, None, text)], shipped())
    damped = min(1.0, (LENGTH / max(1, len(reading.words))) ** DAMPING)
    found = [*_of_findings(drafts), *_of_words({word for word, _, _ in reading.words}), *_of_pairs(reading)]
    return [Weight(sign.category, sign.weight * damped) for sign in found]


def _of_findings(drafts: Iterable[Draft]) -> Iterator[Weight]:
    """Of one rule and severity only one match counts."""
    seen = {(draft.category, draft.evidence[0].get("rule"), draft.severity): draft for draft in drafts}
    for draft in seen.values():
        weight = OF_SEVERITY[draft.severity] * draft.confidence
        yield Weight(draft.category, weight if draft.category in HURTS else ELSE * weight)


def _of_words(words: set[str]) -> Iterator[Weight]:
    for key, weight in OF_WORDS.items():
        yield from [Weight(key[0], weight)] * min(MOST, len(words & tiers()[key]))
    known = strengths()
    for strength, weight in OF_SWEARING.items():
        count = sum(known.get(word) == strength for word in words)
        yield from [Weight(SWEARING, weight)] * min(MOST, count)


def _of_pairs(reading: Reading) -> Iterator[Weight]:
    sentences = [frozenset(WORD.findall(reading.plain[start:end])) for start, end in reading.sentences]
    for category, who, what in PAIRS:
        first, second = _joined(who), _joined(what)
        if category not in {VIOLENCE, HARM}:
            second |= frozenset(strengths())
        count = sum(len(words & second) for words in sentences if words & first)
        yield from [Weight(category, OF_PAIR)] * min(MOST, count)


def _joined(keys: Sequence[tuple[str, str]]) -> frozenset[str]:
    return frozenset[str]().union(*(tiers()[key] for key in keys))


def _noisy_or(weights: Iterable[float]) -> float:
    return 1.0 - prod(1.0 - weight for weight in weights)
