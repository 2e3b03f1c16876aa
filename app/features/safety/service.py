from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, to_builtins
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.db.models import (
    FindingStatus,
    PolicyPack,
    SafetyCheck,
    SafetyFinding,
    Script,
    ScriptVersion,
)
from app.features.safety import report
from app.features.safety.policy import shipped
from app.features.safety.schemas import (
    CheckedPack,
    CheckRead,
    CheckSummary,
    FindingRead,
    FindingUpdate,
    RejectedFinding,
)
from app.features.scripts.schemas import Section
from app.shared.evidence import Span
from app.shared.exceptions import Conflict, Malformed, NotFound
from app.shared.http import Page, Paging, convert
from app.shared.outbox import publish
from app.shared.paging import paged

ORDERS = {"created_at": SafetyCheck.created_at, "version": SafetyCheck.version, "verdict": SafetyCheck.verdict}


class SafetyService:
    """Safety checks, their findings, and what the creator makes of them."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def script(self, owner_id: UUID, script_id: UUID) -> Script:
        script = await self.session.scalar(select(Script).where(Script.id == script_id, Script.owner_id == owner_id))
        if script is None:
            raise NotFound("There is no such script.")
        return script

    async def version(self, script: Script, number: int | None) -> ScriptVersion:
        """The version to check, without a number the head."""
        if script.head == 0:
            raise Conflict("The script has no version yet; write it first, then check it.", code="no_version")
        query = select(ScriptVersion).where(
            ScriptVersion.script_id == script.id, ScriptVersion.number == (number or script.head)
        )
        version = await self.session.scalar(query)
        if version is None:
            raise NotFound(f"The script has no version {number}; its head is {script.head}.")
        return version

    async def owned(self, owner_id: UUID, check_id: UUID, *, lock: bool = False) -> SafetyCheck:
        query = select(SafetyCheck).where(SafetyCheck.id == check_id, SafetyCheck.owner_id == owner_id)
        check = await self.session.scalar(query.with_for_update() if lock else query)
        if check is None:
            raise NotFound("There is no such safety check.")
        return check

    async def page(self, script: Script, paging: Paging) -> Page[CheckSummary]:
        query = select(SafetyCheck).where(SafetyCheck.script_id == script.id)
        found = await paged(self.session, query, paging, ORDERS)
        counted = await self._counted([check.id for check in found.items])
        versions = await self._newest_packs(found.items)
        items = [
            convert(
                check, CheckSummary, packs=_packs(check, versions), open_findings=counted.get((check.id, True), 0),
                resolved_findings=counted.get((check.id, False), 0),
            )
            for check in found.items
        ]  # fmt: skip
        return found.of(items)

    async def _counted(self, check_ids: Sequence[UUID]) -> dict[tuple[UUID, bool], int]:
        """By check and whether they are open, how many findings."""
        still_open = SafetyFinding.status == FindingStatus.OPEN
        query = (
            select(SafetyFinding.check_id, still_open, func.count())
            .where(SafetyFinding.check_id.in_(check_ids))
            .group_by(SafetyFinding.check_id, still_open)
        )
        return {(check_id, is_open): count for check_id, is_open, count in await self.session.execute(query)}

    async def read(self, check: SafetyCheck) -> CheckRead:
        findings = await self.findings(check.id)
        return convert(
            check,
            CheckRead,
            packs=_packs(check, await self._newest_packs([check])),
            findings=[read_finding(finding) for finding in findings],
            rejected=[RejectedFinding(one["statement"], one["reason"]) for one in check.rejected],
        )

    async def findings(self, check_id: UUID) -> Sequence[SafetyFinding]:
        query = select(SafetyFinding).where(SafetyFinding.check_id == check_id).order_by(SafetyFinding.ordinal)
        return (await self.session.scalars(query)).all()

    async def resolve(self, check: SafetyCheck, finding_id: UUID, data: FindingUpdate) -> SafetyFinding:
        """Keep the creator's answer; verdict and ratings follow it. The check is locked."""
        query = select(SafetyFinding).where(SafetyFinding.id == finding_id, SafetyFinding.check_id == check.id)
        finding = await self.session.scalar(query.with_for_update())
        if finding is None:
            raise NotFound("There is no such finding in this check.")
        note = finding.note if data.note is UNSET else data.note
        status = finding.status if data.status is UNSET else data.status
        if status is FindingStatus.DISMISSED and not note:
            raise Malformed(
                "Say in a note why you dismiss the finding; it is kept with the report.",
                extra=[{"field": "note", "message": "is needed to dismiss a finding"}],
            )
        answered = status is not finding.status
        if answered:
            finding.resolved_at = None if status is FindingStatus.OPEN else datetime.now(UTC)
        finding.status, finding.note, finding.carried_from = status, note, None
        await self.session.flush()
        findings = await self.findings(check.id)
        check.verdict, check.ratings = rated(findings, check.ratings)
        flag_modified(check, "ratings")  # a finding's answer changes the check, whether or not its levels change
        await self.session.flush()
        if answered:
            told = {"id": finding.id, "check_id": check.id, "script_id": check.script_id, "status": status, "severity": finding.severity, "verdict": check.verdict}  # fmt: skip
            happened = f"finding {finding.id} {check.revision}"
            await publish(self.session, check.owner_id, "safety_finding.updated", happened, told)
        return finding

    async def remove(self, check: SafetyCheck) -> None:
        await self.session.delete(check)
        await self.session.flush()

    async def _newest_packs(self, checks: Iterable[SafetyCheck]) -> dict[str, int]:
        """The versions that the packs of these checks have now."""
        from_brands = {
            UUID(pack["id"])
            for check in checks
            for pack in check.packs
            if pack["id"] not in {one.id for one in shipped()}
        }
        versions = {pack.id: pack.version for pack in shipped()}
        if from_brands:
            from_rows = select(PolicyPack.id, PolicyPack.version).where(PolicyPack.id.in_(from_brands))
            versions |= {str(pack_id): version for pack_id, version in await self.session.execute(from_rows)}
        return versions


def sections_of(version: ScriptVersion) -> list[Section]:
    return msgspec.convert(version.sections, list[Section])


def read_finding(finding: SafetyFinding) -> FindingRead:
    span = (
        None if finding.span_start is None or finding.span_end is None else Span(finding.span_start, finding.span_end)
    )
    return convert(finding, FindingRead, span=span)


def rated(findings: Sequence[SafetyFinding], ratings: Sequence[dict[str, Any]]) -> tuple[Any, list[dict[str, Any]]]:
    """The verdict, and the ratings with the levels that the findings give them which the creator hasn't dismissed."""
    counted = [finding for finding in findings if report.counts(finding.status)]
    levels = report.levels(counted, [rating["category"] for rating in ratings])
    return report.verdict(counted), [{**rating, "level": to_builtins(levels[rating["category"]])} for rating in ratings]


def _packs(check: SafetyCheck, versions: dict[str, int]) -> list[CheckedPack]:
    return [
        CheckedPack(pack["id"], pack["version"], versions.get(pack["id"]) == pack["version"]) for pack in check.packs
    ]
