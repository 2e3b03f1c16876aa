"""What a check reads from the tables while it runs, and how its report is stored."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import to_builtins
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import (
    ContentSource,
    FindingStatus,
    Project,
    SafetyCheck,
    SafetyFinding,
    Script,
    ScriptVersion,
    SourceStatus,
    SourceVersion,
)
from app.features.memory.preferences import rules_for
from app.features.safety import carrying, quoting, report
from app.features.safety.brands import BrandService
from app.features.safety.fields import fields_of
from app.features.safety.findings import Draft, TextField
from app.features.safety.originality import Document
from app.features.safety.plan import CheckPlan, Outcome, PlannedText
from app.features.safety.ratings import ratings
from app.features.safety.service import SafetyService, sections_of
from app.features.scripts.schemas import Section
from app.shared.evidence import Span
from app.shared.exceptions import NotFound
from app.shared.manifest import calls_of
from app.shared.outbox import publish
from app.shared.text import detect_language

OTHER_SCRIPTS = 50
"""The newest ones that a script is compared with."""
EARLIER_CHECKS = 10
"""The newest ones whose answers may hold still."""


class CheckStore:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def plan(self, owner_id: UUID, script_id: UUID, number: int | None, pack_ids: list[str] | None) -> CheckPlan:
        """Fix the version, the packs as they are now, and the texts that the script is held against."""
        service = SafetyService(self.session)
        script = await service.script(owner_id, script_id)
        version = await service.version(script, number)
        brands = BrandService(self.session)
        if pack_ids is not None:  # a brand's pack may have been deleted since the request
            pack_ids = await brands.still_there(owner_id, pack_ids)
        packs = await brands.chosen(owner_id, pack_ids)
        texts = [*await self._sources(script), *await self._scripts(script)]
        rules = await rules_for(self.session, owner_id)
        language = detect_language("\n".join(section.narration for section in sections_of(version)))
        if language is None:
            project = await self.session.get(Project, script.project_id)
            language = project.language if project else None
        return CheckPlan(
            uuid7(), owner_id, script.project_id, script_id, version.number, script.title, packs, texts, rules, language
        )

    async def _sources(self, script: Script) -> list[PlannedText]:
        query = (
            select(ContentSource, SourceVersion.sha256)
            .join(SourceVersion, SourceVersion.source_id == ContentSource.id)
            .where(
                ContentSource.project_id == script.project_id,
                ContentSource.status == SourceStatus.READY,
                SourceVersion.number == ContentSource.version,
            )
            .order_by(ContentSource.id)
        )
        return [
            PlannedText(source.id, source.version, source.title, source.role.value, sha256)
            for source, sha256 in await self.session.execute(query)
        ]

    async def _scripts(self, script: Script) -> list[PlannedText]:
        query = (
            select(Script)
            .where(Script.owner_id == script.owner_id, Script.id != script.id, Script.head > 0)
            .order_by(Script.created_at.desc(), Script.id)
            .limit(OTHER_SCRIPTS)
        )
        return [PlannedText(one.id, one.head, one.title, "script") for one in await self.session.scalars(query)]

    async def script_text(self, plan: CheckPlan) -> tuple[list[TextField], list[Section]]:
        """What detectors read, and the sections with their citations."""
        version = await self._version(plan.script_id, plan.version)
        if version is None:
            raise NotFound("The script was deleted before it was checked.", code="script_deleted")
        sections = sections_of(version)
        return fields_of(plan.title, sections), sections

    async def _version(self, script_id: UUID, number: int) -> ScriptVersion | None:
        query = select(ScriptVersion).where(ScriptVersion.script_id == script_id, ScriptVersion.number == number)
        found: ScriptVersion | None = await self.session.scalar(query)
        return found

    async def documents(self, texts: Sequence[PlannedText]) -> list[Document]:
        """The planned texts, as far as they are there still, in the order of the plan."""
        found: dict[UUID, Document] = {}
        planned = {text.id: text for text in texts}
        query = select(SourceVersion).where(SourceVersion.source_id.in_(planned))
        for version in await self.session.scalars(query):
            text = planned[version.source_id]
            if version.number == text.version:
                seconds = [
                    (cue["start"], cue["start_seconds"]) for cue in version.cues if cue["start_seconds"] is not None
                ]
                found[text.id] = _document(text, version.text, seconds)
        of_scripts = select(ScriptVersion).where(
            ScriptVersion.script_id.in_([text.id for text in texts if text.role == "script"])
        )
        for written in await self.session.scalars(of_scripts):
            text = planned[written.script_id]
            if written.number == text.version:
                fields = fields_of("", sections_of(written))
                said = "\n\n".join(field.text for field in fields if field.field.value == "narration")
                found[text.id] = _document(text, said, [])
        return [found[text.id] for text in texts if text.id in found]

    async def save(self, job_id: UUID, plan: CheckPlan, outcome: Outcome, engine: str) -> UUID:
        """Store the report under the id that was planned, so that doing it again makes no second one."""
        if await self.session.get(SafetyCheck, plan.check_id) is not None:
            return plan.check_id
        script = await self.session.get(Script, plan.script_id, with_for_update=True)
        if script is None:
            raise NotFound("The script was deleted before it was checked.", code="script_deleted")
        fields, _ = await self.script_text(plan)
        drafts, rejected = report.checked(outcome.drafts, fields, plan.packs)
        drafts = report.in_order(drafts, fields)
        answers = carrying.carried(drafts, fields, await self._answers(script))
        ran, skipped = [one.detector for one in outcome.run], [one.detector for one in outcome.skipped]
        findings = [
            _row(plan, number, draft, answer)
            for number, (draft, answer) in enumerate(zip(drafts, answers, strict=True))
        ]
        counted = [draft for draft, row in zip(drafts, findings, strict=True) if report.counts(row.status)]
        levels = report.levels(counted, [one.category for one in ratings(drafts, plan.packs, ran, skipped)])
        check = SafetyCheck(
            id=plan.check_id, owner_id=plan.owner_id, script_id=plan.script_id, version=plan.version,
            verdict=report.verdict(counted), engine=engine,
            packs=[{"id": pack.id, "version": pack.version} for pack in plan.packs],
            ratings=[
                {**to_builtins(one), "level": levels[one.category].value}
                for one in ratings(drafts, plan.packs, ran, skipped)
            ],
            claims=to_builtins(outcome.claims),
            detectors_run=to_builtins(outcome.run), detectors_skipped=to_builtins(outcome.skipped),
            rejected=[*rejected, *outcome.rejected],
            manifest={
                "title": plan.title, "texts": to_builtins(plan.texts), "engine": engine, "prompts": outcome.prompts,
                "script": hashlib.sha256(msgspec.json.encode(fields)).hexdigest(),
                "parameters": {"sure": report.SURE, "counts": report.COUNTS},
                "calls": await calls_of(self.session, job_id),
            },
        )  # fmt: skip
        await quoting.follow(self.session, check, findings, plan)
        self.session.add(check)
        await self.session.flush()
        self.session.add_all(findings)
        await self.session.flush()
        told = {
            "id": check.id, "script_id": check.script_id, "version": check.version, "verdict": check.verdict,
            "findings": len(findings), "open_findings": sum(one.status is FindingStatus.OPEN for one in findings),
        }  # fmt: skip
        await publish(self.session, check.owner_id, "safety_check.completed", f"check {check.id}", told)
        return plan.check_id

    async def _answers(self, script: Script) -> dict[carrying.Key, list[carrying.Answer | None]]:
        """What the creator made of the findings of the script's earlier checks."""
        query = (
            select(SafetyCheck)
            .where(SafetyCheck.script_id == script.id)
            .order_by(SafetyCheck.created_at.desc(), SafetyCheck.id.desc())
            .limit(EARLIER_CHECKS)
        )
        earlier = []
        service = SafetyService(self.session)
        for check in (await self.session.scalars(query)).all():
            version = await self._version(script.id, check.version)
            if version is not None:
                fields = fields_of(check.manifest.get("title", ""), sections_of(version))
                rows = await service.findings(check.id)
                earlier.append(([_earlier(row) for row in rows], fields))
        return carrying.answers(earlier)


def _document(text: PlannedText, said: str, seconds: list[tuple[int, float]]) -> Document:
    role: Any = "reference" if text.role == "story" else text.role
    return Document(str(text.id), text.title, role, said, text.version, seconds)


def _earlier(row: SafetyFinding) -> carrying.Earlier:
    span = None if row.span_start is None or row.span_end is None else Span(row.span_start, row.span_end)
    answer = None
    if row.status is not FindingStatus.OPEN:
        answer = carrying.Answer(row.id, row.status, row.note, row.resolved_at)
    return carrying.Earlier(
        row.id,
        row.category,
        row.policy["pack"],
        row.policy["clause_id"],
        row.field,
        row.section_id,
        span,
        row.quote,
        row.evidence,
        answer,
    )


def _row(plan: CheckPlan, number: int, draft: Draft, answer: carrying.Answer | None) -> SafetyFinding:
    pack = next(pack for pack in plan.packs if pack.id == draft.pack)
    clause = next(clause for clause in pack.clauses if clause.id == draft.clause_id)
    policy = {"pack": pack.id, "version": pack.version, "clause_id": clause.id, "text": clause.text}
    return SafetyFinding(
        id=uuid7(), check_id=plan.check_id, ordinal=number, category=draft.category, level=draft.level,
        severity=draft.severity, confidence=draft.confidence, field=draft.field, section_id=draft.section_id,
        span_start=draft.span.start if draft.span else None, span_end=draft.span.end if draft.span else None,
        quote=draft.quote, rationale=draft.rationale, policy=policy, evidence=to_builtins(draft.evidence),
        suggestion=draft.suggestion, detector=draft.detector, status=answer.status if answer else FindingStatus.OPEN,
        note=answer.note if answer else None, resolved_at=answer.resolved_at if answer else None,
        carried_from=answer.finding_id if answer else None,
    )  # fmt: skip
