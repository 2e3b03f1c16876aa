"""Other words for a finding: read by the detectors themselves before anybody sees them."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.features.research.quantities import compare, quantities
from app.features.safety.disclosure import DisclosureDetector
from app.features.safety.findings import Detector, Draft, TextField
from app.features.safety.policy import Pack
from app.features.safety.rules import DETECTORS

CHECKERS: tuple[Detector, ...] = (*DETECTORS, DisclosureDetector())


def with_suggestions(drafts: Sequence[Draft], fields: Sequence[TextField], packs: Sequence[Pack]) -> list[Draft]:
    """The drafts, each with its suggestion only where that holds."""
    texts = {(field.field, field.section_id): field for field in fields}
    checked = []
    for draft in drafts:
        field = texts.get((draft.field, draft.section_id)) if draft.field else None
        kept = draft.suggestion if field is None or holds(draft, field, packs) else None
        checked.append(replace(draft, suggestion=kept))
    return checked


def holds(draft: Draft, field: TextField, packs: Sequence[Pack]) -> bool:
    """Whether the text with the suggestion in place of the quote has no finding there, and says the same numbers."""
    if draft.suggestion is None or draft.span is None or draft.quote is None:
        return False
    start, end = draft.span.start, draft.span.start + len(draft.suggestion)
    text = f"{field.text[:start]}{draft.suggestion}{field.text[draft.span.end :]}"
    changed = replace(field, text=text)
    for detector in CHECKERS:
        for one in detector.detect([changed], packs):
            if one.span is not None and one.span.start < end and start < one.span.end:
                return False
    return keeps_the_claim(draft.quote, draft.suggestion)


def keeps_the_claim(quote: str, suggestion: str) -> bool:
    """The suggestion has the quote's numbers, no other ones, and nothing in it speaks against the quote."""
    said, told = ({(one.dimension, one.low, one.high) for one in quantities(text)} for text in (quote, suggestion))
    return said == told and compare(quote, suggestion).verdict != "differ"
