"""What reports quote from sources: forgotten with a source, and found again in its newest text."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.db.models import ContentSource, SafetyCheck, SafetyFinding, SourceVersion
from app.features.safety.plan import CheckPlan
from app.shared.evidence import Evidence, Span, relocate

GONE = "It rested on a source that was deleted since."

Entry = dict[str, Any]
Change = Callable[[Entry], Entry]


def forgotten(source_id: str) -> Change:
    """Takes the words of one source out of an entry."""

    def forget(entry: Entry) -> Entry:
        if entry.get("source_id") != source_id:
            return entry
        return {**entry, "quote": None, "title": None, "said": None, "source_deleted": True}

    return forget


def moved(version: SourceVersion) -> Change:
    """Lets an entry stand in this version of its source's text, or marks it stale."""
    timed = [cue for cue in version.cues if cue["start_seconds"] is not None]
    starts = [cue["start"] for cue in timed]
    seconds = [cue["start_seconds"] for cue in timed]

    def second_at(place: int) -> float | None:
        index = bisect_right(starts, place) - 1
        return seconds[index] if index >= 0 else None

    def move(entry: Entry) -> Entry:
        if entry.get("source_id") != str(version.source_id) or entry.get("quote") is None:
            return entry
        before = Evidence(entry["quote"], entry["source_id"], Span(**entry["span"]), entry.get("start_seconds"))
        now = relocate(before, version.text, second_at)
        if now.stale:
            return {**entry, "stale": True}
        number = "source_version" if "source_version" in entry else "version"
        return {**entry, **to_builtins(now), number: version.number}

    return move


def change_check(check: SafetyCheck, findings: Iterable[SafetyFinding], change: Change) -> None:
    """Every entry of a report as *change* gives it. A claim that has no quote left is not found, and a finding says that it
    has lost what it rested on."""
    check.claims = [_claim(claim, change) for claim in check.claims]
    for finding in findings:
        entries = [change(entry) for entry in finding.evidence]
        if any(new.get("source_deleted") and not old.get("source_deleted") for old, new in _pairs(finding, entries)):
            finding.rationale, finding.suggestion = GONE, None
        finding.evidence = entries


def _pairs(finding: SafetyFinding, entries: Sequence[Entry]) -> Iterable[tuple[Entry, Entry]]:
    return zip(finding.evidence, entries, strict=True)


def _claim(claim: Entry, change: Change) -> Entry:
    entries = [change(entry) for entry in claim["evidence"]]
    if all(old == new for old, new in zip(claim["evidence"], entries, strict=True)):
        return claim
    if not any(
        new.get("source_deleted") and not old.get("source_deleted")
        for old, new in zip(claim["evidence"], entries, strict=True)
    ):
        return {**claim, "evidence": entries}
    left = {entry["stance"] for entry in entries if entry["quote"] is not None}
    status = "supported" if "supports" in left else "contradicted" if "contradicts" in left else "not_found"
    return {
        **claim, "evidence": entries, "status": status, "on": claim["on"] if "contradicts" in left else None,
        "explanation": GONE if not left else claim["explanation"],
    }  # fmt: skip


async def change_reports(session: AsyncSession, source_id: UUID, change: Change) -> None:
    """All reports that quote the source."""
    quoting = [{"source_id": str(source_id)}]
    of_findings = select(SafetyFinding.check_id).where(SafetyFinding.evidence.contains(quoting))
    owner = select(ContentSource.owner_id).where(ContentSource.id == source_id).scalar_subquery()
    checks = select(SafetyCheck).where(
        SafetyCheck.owner_id == owner,
        or_(
            SafetyCheck.claims.contains([{"evidence": quoting}]),
            SafetyCheck.rejected.contains(quoting),
            SafetyCheck.id.in_(of_findings),
        ),
    )
    for check in (await session.scalars(checks.order_by(SafetyCheck.id).with_for_update())).all():
        findings = (await session.scalars(select(SafetyFinding).where(SafetyFinding.check_id == check.id))).all()
        change_check(check, findings, change)
        gone = [entry for entry in check.rejected if change(entry).get("source_deleted")]
        check.rejected = [entry for entry in check.rejected if entry not in gone]
        flag_modified(check, "claims")  # its findings are part of it
    await session.flush()


async def follow(session: AsyncSession, check: SafetyCheck, findings: Sequence[SafetyFinding], plan: CheckPlan) -> None:
    """Before a report is stored: a source may have been deleted or read anew since the check began. The rows are locked, so
    that whoever deletes or reads one now finds the report."""
    planned = {str(text.id): text for text in plan.texts if text.role != "script"}
    used = {
        entry["source_id"]
        for entries in [*(claim["evidence"] for claim in check.claims), *(finding.evidence for finding in findings)]
        for entry in entries
        if "source_id" in entry
    } | {entry["source_id"] for entry in check.rejected if "source_id" in entry}
    query = (
        select(ContentSource.id, ContentSource.version)
        .where(ContentSource.id.in_([UUID(one) for one in used]))
        .order_by(ContentSource.id)
        .with_for_update(read=True)
    )
    there = {str(source_id): version for source_id, version in await session.execute(query)}
    for source_id in sorted(used):
        if source_id not in there:
            change_check(check, findings, forgotten(source_id))
            check.rejected = [entry for entry in check.rejected if entry.get("source_id") != source_id]
        elif source_id in planned and there[source_id] != planned[source_id].version:
            newest = select(SourceVersion).where(
                SourceVersion.source_id == UUID(source_id), SourceVersion.number == there[source_id]
            )
            if version := await session.scalar(newest):
                change_check(check, findings, moved(version))
