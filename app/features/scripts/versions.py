"""Versions on their way into the table: every one checked, none of them ever changed in its words."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, to_builtins
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import Script, ScriptSource, ScriptVersion, VersionOrigin
from app.features.research.schemas import RejectedStatement
from app.features.scripts import citing
from app.features.scripts.schemas import LostCitation, Note, Section, SectionEdit, VersionRead, VersionUsage
from app.features.scripts.speech import count_words, seconds_for
from app.features.scripts.voice import Pace, Voice
from app.shared.exceptions import Conflict, NotFound

BRANCHED = "The script was changed while this was made; it stands beside the head, made from version {parent}."

LARGEST_NUMBER = 2**31 - 1
"""That the column can hold."""


class NewVersion(Struct):
    """What is known of a version before it has a number."""

    parent: int | None
    origin: VersionOrigin
    sections: list[Section]
    pace: Pace
    voice_match: float | None = None
    instruction: str | None = None
    engine: str | None = None
    job_id: UUID | None = None
    lost: list[LostCitation] = []
    notes: list[Note] = []
    usage: VersionUsage = VersionUsage()
    manifest: dict[str, Any] = {}


class VersionShelf:
    """The versions of scripts. Whoever calls has made sure that the script is the asker's."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, script: Script, number: int | None = None) -> ScriptVersion:
        """A version, the head if none is named; `Conflict` while nothing is written."""
        if number is None and not script.head:
            raise Conflict("The script has no version yet; wait for its job.", code="not_written_yet")
        wanted = script.head if number is None else number
        query = select(ScriptVersion).where(ScriptVersion.script_id == script.id, ScriptVersion.number == wanted)
        found = await self.session.scalar(query) if 0 < wanted <= LARGEST_NUMBER else None
        if found is None:
            raise NotFound(f"The script has no version {number}; its head is {script.head}.", code="unknown_version")
        return found

    async def store(self, script_id: UUID, new: NewVersion) -> ScriptVersion:
        """Give the version the next number. It becomes the head if it was made from the head; else it stands beside it as a
        branch, and nothing of either is lost. A job's version is stored once."""
        script = await self.session.get(Script, script_id, with_for_update=True)
        if script is None:
            raise NotFound("The script was deleted before this was done.", code="script_deleted")
        if new.job_id is not None:
            mine = select(ScriptVersion).where(ScriptVersion.script_id == script_id, ScriptVersion.job_id == new.job_id)
            if stored := await self.session.scalar(mine):
                return stored
        if broken := next((section for section in new.sections if not citing.stands_in(section)), None):
            raise Conflict(f"A citation of '{broken.title}' points outside its words.", code="dangling_citation")
        latest = select(func.coalesce(func.max(ScriptVersion.number), 0)).where(ScriptVersion.script_id == script_id)
        number = (await self.session.scalar(latest) or 0) + 1
        ahead = (new.parent or 0) == script.head
        notes = new.notes if ahead else [*new.notes, Note("branch", BRANCHED.format(parent=new.parent))]
        words = sum(count_words(section.narration) for section in new.sections)
        version = ScriptVersion(
            id=uuid7(),
            script_id=script_id,
            number=number,
            parent=new.parent,
            origin=new.origin,
            instruction=new.instruction,
            job_id=new.job_id,
            engine=new.engine,
            word_count=words,
            words_per_minute=new.pace.words_per_minute,
            pace_measured=new.pace.measured,
            voice_match=new.voice_match,
            sections=to_builtins([timed(section, new.pace) for section in new.sections]),
            lost=to_builtins(new.lost),
            notes=to_builtins(notes),
            usage=to_builtins(new.usage),
            manifest=new.manifest,
        )
        self.session.add(version)
        if ahead:
            script.head = number
        await self.session.flush()
        await self._link(script_id, new)
        return version

    async def _link(self, script_id: UUID, new: NewVersion) -> None:
        """To what it cites, and to what it was written from: a word of that may stand in what was rejected."""
        sources = {one.source_id for section in new.sections for one in section.citations}
        sources |= {UUID(one["source_id"]) for one in new.manifest.get("sources", [])}
        if sources:
            rows = [{"script_id": script_id, "source_id": source_id} for source_id in sorted(sources)]
            await self.session.execute(insert(ScriptSource).values(rows).on_conflict_do_nothing())


def sections_of(version: ScriptVersion) -> list[Section]:
    return msgspec.convert(version.sections, list[Section])


def pace_of_version(version: ScriptVersion) -> Pace:
    return Pace(version.words_per_minute, version.pace_measured)


def read_version(version: ScriptVersion) -> VersionRead:
    return VersionRead(
        number=version.number,
        parent=version.parent,
        origin=version.origin,
        instruction=version.instruction,
        engine=version.engine,
        word_count=version.word_count,
        estimated_seconds=round(seconds_for(version.word_count, version.words_per_minute), 1),
        words_per_minute=version.words_per_minute,
        pace_measured=version.pace_measured,
        voice_match=version.voice_match,
        sections=sections_of(version),
        lost_citations=msgspec.convert(version.lost, list[LostCitation]),
        notes=msgspec.convert(version.notes, list[Note]),
        rejected=msgspec.convert(version.manifest.get("rejected", []), list[RejectedStatement]),
        usage=msgspec.convert(version.usage, VersionUsage, strict=False),
        created_at=version.created_at,
    )


def timed(section: Section, pace: Pace) -> Section:
    return replace(
        section,
        estimated_seconds=round(seconds_for(count_words(section.narration), pace.words_per_minute), 1),
    )


def edited(before: Sequence[Section], sent: Sequence[SectionEdit]) -> tuple[list[Section], list[LostCitation]]:
    """What the creator sent as sections: ids kept, citations carried over, what lost its words reported."""
    known = {section.id: section for section in before}
    taken: set[str] = set()
    sections: list[Section] = []
    lost: list[LostCitation] = []
    for edit in sent:
        was = known.get(edit.id or "") if edit.id not in taken else None
        section_id = was.id if was else fresh_id(known, taken, edit.id)
        taken.add(section_id)
        citations, gone = citing.carry(section_id, was.narration, was.citations, edit.narration) if was else ([], [])
        lost.extend(gone)
        unchanged = was is not None and was.narration == edit.narration
        sections.append(
            citing.settled(
                Section(
                    id=section_id,
                    type=edit.type,
                    title=edit.title,
                    narration=edit.narration,
                    visuals=edit.visuals,
                    on_screen_text=edit.on_screen_text,
                    locked=edit.locked,
                    estimated_seconds=0,
                    citations=citations,
                    voice_match=was.voice_match if was and unchanged else None,
                )
            )
        )
    for section in before:
        if section.id not in taken:
            lost.extend(
                LostCitation(section.id, one.claim_id, one.source_id, one.narration_span.of(section.narration))
                for one in section.citations
            )
    return sections, lost


def fresh_id(known: Iterable[str], taken: Iterable[str], wished: str | None = None) -> str:
    """An id that no section has or had in the version before."""
    used = {*known, *taken}
    if wished and wished not in used:
        return wished
    number = len(used) + 1
    while f"s{number}" in used:
        number += 1
    return f"s{number}"


def heard(sections: Sequence[Section], voice: Voice | None) -> tuple[list[Section], float | None]:
    """The sections with their voice match, reckoned where it isn't known, and that of the whole."""
    if voice is None:
        return list(sections), None
    known = [
        section if section.voice_match is not None else replace(section, voice_match=voice.match(section.narration)[0])
        for section in sections
    ]
    return known, voice.match("\n\n".join(section.narration for section in sections))[0]
