"""How likely a text is to break a rule of any category, as one number, for ranking texts."""

from collections.abc import Iterable, Iterator
from math import prod

from app.db.models.safety import FindingField, Severity
from app.features.safety.findings import Draft, TextField
from app.features.safety.lexicon import disguised, strengths, tiers
from app.features.safety.policy import shipped
from app.features.safety.reading import Reading
from app.features.safety.rules import by_rules

OF_SEVERITY = {
    Severity.CRITICAL: 0.9,
    Severity.HIGH: 0.7,
    Severity.MEDIUM: 0.45,
    Severity.LOW: 0.2,
    Severity.INFO: 0.15,
}
OF_WORDS = {
    ("hateful-derogatory", "contempt"): 0.25,
    ("hateful-derogatory", "group"): 0.06,
    ("adult-content", "lewd"): 0.3,
    ("adult-content", "sexual"): 0.12,
    ("incendiary-demeaning", "insult"): 0.1,
    ("violence", "cue"): 0.04,
    ("harmful-acts", "cue"): 0.08,
    ("shocking-content", "cue"): 0.06,
    ("recreational-drugs", "cue"): 0.03,
}
OF_SWEARING = {"strong": 0.25, "moderate": 0.15}


def risk(text: str) -> float:
    """0 to 1: one minus the product of what each finding and each telling word leaves (noisy or). A word counts once."""
    drafts = by_rules([TextField(FindingField.NARRATION, None, text)], shipped())
    return 1.0 - prod(1.0 - weight for weight in [*_of_findings(drafts), *_of_words(text)])


def _of_findings(drafts: Iterable[Draft]) -> Iterator[float]:
    """Of one rule only the first match counts."""
    rules = {(draft.category, draft.severity, draft.rationale): draft for draft in drafts}
    yield from (OF_SEVERITY[draft.severity] * draft.confidence for draft in rules.values())


def _of_words(text: str) -> Iterator[float]:
    words = {word for word, _, _ in Reading(text, disguised()).words}
    for (category, tier), weight in OF_WORDS.items():
        yield from [weight] * len(words & tiers()[category, tier])
    yield from (OF_SWEARING[strength] for word, strength in strengths().items() if word in words)
