"""From what detectors handed over to a report: checked by code, put together, in the order of the script, with a verdict."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from app.db.models import AdLevel, FindingStatus, Severity, Verdict
from app.features.safety.findings import Draft, TextField
from app.features.safety.policy import Pack
from app.shared.evidence import stands

LEVELS = list(AdLevel)
SEVERITIES = list(Severity)
SURE = 0.8
"""Confidence from which a finding may block a script."""
COUNTS = 0.5
"""Confidence from which a finding changes its category's level."""
STATEMENT = 300


class Counted(Protocol):
    """What a verdict needs of a finding."""

    @property
    def category(self) -> str: ...
    @property
    def level(self) -> AdLevel: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def confidence(self) -> float: ...


def checked(
    drafts: Sequence[Draft], fields: Sequence[TextField], packs: Sequence[Pack]
) -> tuple[list[Draft], list[dict[str, Any]]]:
    """The drafts that stand: their quote is what the field says at the span, their clause is in its pack. What fails is
    rejected with the reason."""
    texts = {(field.field, field.section_id): field.text for field in fields}
    clauses = {(pack.id, clause.id) for pack in packs for clause in pack.clauses}
    kept, rejected = [], []
    for draft in drafts:
        reason = None
        if (draft.pack, draft.clause_id) not in clauses:
            reason = f"there is no clause {draft.clause_id} in {draft.pack}"
        elif draft.field is None or draft.span is None or draft.quote is None:
            if not (draft.field is None and draft.span is None and draft.quote is None):
                reason = "it names a place only in part"
        elif not stands(texts.get((draft.field, draft.section_id), ""), draft.quote, draft.span):
            reason = "its quote doesn't stand there"
        if reason is None:
            kept.append(draft)
        else:
            rejected.append({"statement": (draft.quote or draft.rationale)[:STATEMENT], "reason": f"{draft.detector}: {reason}"})  # fmt: skip
    return kept, rejected


def in_order(drafts: Sequence[Draft], fields: Sequence[TextField]) -> list[Draft]:
    """What is absent first, then as the script goes; one place of one category once, said by whoever is surest."""
    places = {(field.field, field.section_id): number for number, field in enumerate(fields)}

    def place(draft: Draft) -> tuple[Any, ...]:
        if draft.span is None or draft.field is None:
            return -1, 0, 0, draft.category, draft.clause_id, draft.detector
        number = places[draft.field, draft.section_id]
        return number, draft.span.start, draft.span.end, draft.category, draft.clause_id, draft.detector

    kept: list[Draft] = []
    for draft in sorted(drafts, key=place):
        twin = next((number for number, one in enumerate(kept) if _same_place(one, draft)), None)
        if twin is None:
            kept.append(draft)
        else:
            kept[twin] = _together(kept[twin], draft)
    return sorted(kept, key=place)


def verdict(findings: Iterable[Counted]) -> Verdict:
    """Blocked only by what must not be published: nothing left of advertising, critical, and sure."""
    counted = list(findings)
    if any(
        one.level is AdLevel.NONE and one.severity is Severity.CRITICAL and one.confidence >= SURE for one in counted
    ):
        return Verdict.BLOCKED
    return Verdict.LIMITED if any(_level(one) is not AdLevel.FULL for one in counted) else Verdict.CLEAR


def levels(findings: Iterable[Counted], categories: Collection[str]) -> dict[str, AdLevel]:
    """What each category leaves of advertising: its worst finding decides."""
    found = dict.fromkeys(categories, AdLevel.FULL)
    for one in findings:
        found[one.category] = max(found.get(one.category, AdLevel.FULL), _level(one), key=LEVELS.index)
    return found


def counts(status: FindingStatus) -> bool:
    """A dismissed finding is the creator's to answer for, with a note; it changes nothing any more."""
    return status is not FindingStatus.DISMISSED


def _level(finding: Counted) -> AdLevel:
    return finding.level if finding.confidence >= COUNTS else AdLevel.FULL


def _same_place(one: Draft, other: Draft) -> bool:
    """Two detectors on one place, or one detector twice on the very same."""
    if one.span is None or other.span is None:
        return one.span is other.span and (one.category, one.clause_id) == (other.category, other.clause_id)
    if (one.category, one.field, one.section_id) != (other.category, other.field, other.section_id):
        return False
    if one.detector == other.detector:
        return one.span == other.span and one.clause_id == other.clause_id
    return one.span.start < other.span.end and other.span.start < one.span.end


def _together(one: Draft, other: Draft) -> Draft:
    """The weightier of two, which says who else saw it."""
    first, second = sorted((one, other), key=lambda draft: (-SEVERITIES.index(draft.severity), -draft.confidence))
    if first.detector == second.detector:
        return first
    also = {"detector": second.detector, "confidence": second.confidence, "rationale": second.rationale}
    return replace(
        first,
        evidence=[*first.evidence, also, *(entry for entry in second.evidence if entry not in first.evidence)],
        suggestion=first.suggestion or second.suggestion,
    )
