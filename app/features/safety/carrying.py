"""Answers that hold still: a finding that was resolved on an earlier version is resolved on the next where the text is the
same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from app.db.models import FindingStatus
from app.features.safety.fields import sentence_around
from app.features.safety.findings import Draft, TextField
from app.shared.evidence import Span

Key = tuple[Any, ...]


class Answer(Struct, frozen=True):
    """What the creator made of an earlier finding."""

    finding_id: UUID
    status: FindingStatus
    note: str | None
    resolved_at: datetime | None


def key_of(finding: Any, fields: Mapping[tuple[Any, Any], TextField]) -> Key:
    """What must be the same: category, clause, section, field, quote and the sentence around it. Where something is absent,
    the mentions that ask for it."""
    if finding.field is None or finding.span is None:
        mentions = tuple(sorted(str(one.get("quote")) for one in finding.evidence))
        return finding.pack, finding.clause_id, None, mentions
    field = fields.get((finding.field, finding.section_id))
    around = sentence_around(field.text, finding.span) if field else None
    return finding.category, finding.pack, finding.clause_id, finding.field, finding.section_id, finding.quote, around


class Earlier(Struct, frozen=True):
    """A finding of an earlier check with what its key needs."""

    id: UUID
    category: str
    pack: str
    clause_id: str
    field: Any
    section_id: str | None
    span: Span | None
    quote: str | None
    evidence: list[dict[str, Any]]
    answer: Answer | None


def answers(checks: Iterable[tuple[Sequence[Earlier], Sequence[TextField]]]) -> dict[Key, list[Answer | None]]:
    """The newest word on each finding, by key, from *checks* with the newest first; several findings of one key in the order
    of the text. None: it was open."""
    known: dict[Key, list[Answer | None]] = {}
    for findings, fields in checks:
        of_this: dict[Key, list[Answer | None]] = defaultdict(list)
        places = by_place(fields)
        for finding in findings:
            of_this[key_of(finding, places)].append(finding.answer)
        for key, said in of_this.items():
            known.setdefault(key, said)
    return known


def carried(
    drafts: Sequence[Draft], fields: Sequence[TextField], known: Mapping[Key, list[Answer | None]]
) -> list[Answer | None]:
    """For each draft the answer that holds still."""
    left = {key: list(said) for key, said in known.items()}
    places = by_place(fields)
    found = []
    for draft in drafts:
        waiting = left.get(key_of(draft, places))
        found.append(waiting.pop(0) if waiting else None)
    return found


def by_place(fields: Sequence[TextField]) -> dict[tuple[Any, Any], TextField]:
    return {(field.field, field.section_id): field for field in fields}
