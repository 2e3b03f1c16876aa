"""The detectors that need no model: which there are, and what they find together."""

from collections.abc import Sequence

from app.db.models.safety import FindingField
from app.features.safety.brand import BrandRules
from app.features.safety.drafting import strictest
from app.features.safety.findings import Detector, Draft, TextField
from app.features.safety.lexicon import Lexicon
from app.features.safety.personal_data import PersonalData
from app.features.safety.phrases import Phrases
from app.features.safety.policy import Pack

DETECTORS: tuple[Detector, ...] = (Lexicon(), Phrases(), PersonalData(), BrandRules())
ENGLISH_ONLY = frozenset({"lexicon", "phrases"})
"""Detectors whose words are English: in other languages their silence says nothing."""


def by_rules(
    fields: Sequence[TextField], packs: Sequence[Pack], detectors: Sequence[Detector] = DETECTORS
) -> list[Draft]:
    """What the detectors find, field by field and in the order of the text; what is absent stands at the end."""
    order = {(field.field, field.section_id): place for place, field in enumerate(fields)}
    drafts = strictest(draft for detector in detectors for draft in detector.detect(fields, packs))
    return sorted(drafts, key=lambda draft: _place(draft, order))


def _place(draft: Draft, order: dict[tuple[FindingField, str | None], int]) -> tuple[int, int, str, str]:
    place = order.get((draft.field, draft.section_id), len(order)) if draft.field else len(order)
    return place, draft.span.start if draft.span else 0, draft.category, draft.clause_id


def for_language(language: str | None) -> tuple[tuple[Detector, ...], list[dict[str, str]]]:
    """The detectors that read a language, and those that don't, with the reason."""
    if language is None or language.split("-")[0] == "en":
        return DETECTORS, []
    skipped = [
        {"detector": one.name, "reason": f"Its words are English; the script is in {language}."}
        for one in DETECTORS
        if one.name in ENGLISH_ONLY
    ]
    return tuple(one for one in DETECTORS if one.name not in ENGLISH_ONLY), skipped
