"""A rating for every category: what its findings leave of advertising, and how much of what could see it has looked."""

from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct

from app.db.models import AdLevel
from app.features.safety.findings import Draft
from app.features.safety.policy import Pack
from app.features.safety.report import levels

Assessed = Literal["full", "partly", "none"]

BY_CODE: dict[str, frozenset[str]] = {
    "claims": frozenset({"claims"}),
    "originality": frozenset({"originality"}),
    "personal-data": frozenset({"personal-data"}),
    "brand": frozenset({"brand"}),
}
"""Categories that code sees whole."""
BY_RULES: dict[str, frozenset[str]] = {
    "sponsorship": frozenset({"disclosure"}),
    "altered-or-synthetic": frozenset({"disclosure"}),
}
USUAL_RULES = frozenset({"lexicon", "phrases"})
"""Which detectors look for a category by rules, unless it is listed above."""
READER = "policy-reading"
"""What rules can't see, a model must read."""


class Rating(Struct, frozen=True):
    category: str
    level: AdLevel
    assessed: Assessed


def ratings(
    drafts: Sequence[Draft], packs: Sequence[Pack], ran: Collection[str], skipped: Collection[str]
) -> list[Rating]:
    """Every category of the packs, in their order. A detector that only partly ran is in both lists."""
    categories = list(dict.fromkeys(clause.category for pack in packs for clause in pack.clauses))
    found = levels(drafts, categories)
    return [Rating(one, found[one], assessed(one, set(ran), set(skipped))) for one in categories]


def assessed(category: str, ran: set[str], skipped: set[str]) -> Assessed:
    """Silence is not 'clean': full only where everything that can see the category has run."""
    whole = BY_CODE.get(category)
    needed = whole or BY_RULES.get(category, USUAL_RULES) | {READER}
    if not needed & ran:
        return "none"
    return "full" if needed <= ran and not needed & skipped else "partly"
