"""From a match to a draft: the quote as it stands in the text, and the rationale with its context."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from app.db.models.safety import AdLevel, Severity
from app.features.safety.context import Lowered
from app.features.safety.findings import Draft, TextField
from app.features.safety.reading import Reading

_RANK = {AdLevel.FULL: 0, AdLevel.LIMITED: 1, AdLevel.NONE: 2}


class Found(Struct, frozen=True):
    """A match from `start` to `end` of the reading; `level` as the rule has it, `lowered` what the context leaves."""

    field: TextField
    reading: Reading
    start: int
    end: int
    pack: str
    category: str
    clause_id: str
    level: AdLevel
    lowered: Lowered | None
    severity: Severity
    confidence: float
    says: str
    rule: str | None = None


def readings_of(fields: Sequence[TextField], known: Collection[str]) -> list[Reading]:
    return [Reading(field.text, known) for field in fields]


def draft_of(found: Found, detector: str) -> Draft:
    span = found.reading.span(found.start, found.end)
    quote = span.of(found.field.text)
    level, severity, rationale, confidence = found.level, found.severity, found.says, found.confidence
    if found.lowered is not None and found.lowered.why is not None:
        rationale = f"{rationale} {found.lowered.why}"
        if found.lowered.level is not level:
            level = found.lowered.level
            severity = Severity.INFO if level is AdLevel.FULL else Severity.MEDIUM
            confidence = round(confidence * 0.8, 2)
    read_as = found.reading.plain[found.start : found.end]
    evidence: list[dict[str, object]] = [{"match": quote, "rule": found.rule or found.category}]
    if read_as != " ".join(quote.lower().split()):
        evidence[0]["read_as"] = read_as
    return Draft(
        category=found.category,
        level=level,
        severity=severity,
        confidence=confidence,
        field=found.field.field,
        section_id=found.field.section_id,
        span=span,
        quote=quote,
        rationale=rationale,
        pack=found.pack,
        clause_id=found.clause_id,
        evidence=evidence,
        suggestion=None,
        detector=detector,
    )


def strictest(drafts: Iterable[Draft]) -> list[Draft]:
    """Of drafts of one category that overlap, the one that leaves least; in the order of the text."""
    kept: list[Draft] = []
    for draft in sorted(drafts, key=_weight, reverse=True):
        if not any(_overlap(draft, other) for other in kept):
            kept.append(draft)
    return kept


def _weight(draft: Draft) -> tuple[int, float, int]:
    size = draft.span.end - draft.span.start if draft.span else 0
    return _RANK[draft.level], draft.confidence, size


def _overlap(one: Draft, other: Draft) -> bool:
    same = (one.category, one.field, one.section_id) == (other.category, other.field, other.section_id)
    if not same or one.span is None or other.span is None:
        return False
    return one.span.start < other.span.end and other.span.start < one.span.end
