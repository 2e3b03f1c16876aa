"""A script with its head version, as it is read again and again: one statement, and a smaller one for its revision."""

from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import bindparam, select

from app.db.models import Script, ScriptVersion, VersionOrigin
from app.features.research.schemas import RejectedStatement
from app.features.scripts.schemas import LostCitation, Note, ScriptRead, Section, VersionRead, VersionUsage
from app.features.scripts.service import NO_SCRIPT
from app.features.scripts.speech import seconds_for
from app.shared.exceptions import NotFound
from app.shared.reads import Reads, Statement

OWN = [name for name in ScriptRead.__struct_fields__ if name != "version"]
VERSION = [
    "number",
    "parent",
    "instruction",
    "engine",
    "word_count",
    "words_per_minute",
    "pace_measured",
    "voice_match",
]
_MINE = Script.id == bindparam("script_id"), Script.owner_id == bindparam("owner_id")
REVISION = Statement(select(Script.revision).where(*_MINE))
SCRIPT = Statement(
    select(
        *(getattr(Script, name) for name in OWN), Script.revision, *(getattr(ScriptVersion, name) for name in VERSION),
        ScriptVersion.origin, ScriptVersion.sections, ScriptVersion.lost, ScriptVersion.notes, ScriptVersion.usage,
        ScriptVersion.manifest["rejected"].label("rejected"), ScriptVersion.created_at.label("written_at"),
    )
    .outerjoin(ScriptVersion, (ScriptVersion.script_id == Script.id) & (ScriptVersion.number == Script.head))
    .where(*_MINE)
)  # fmt: skip


async def revision_of(reads: Reads, owner_id: UUID, script_id: UUID) -> int:
    """The script's ETag."""
    revision: int = (await _found(reads, REVISION, owner_id, script_id))["revision"]
    return revision


async def read_script(reads: Reads, owner_id: UUID, script_id: UUID) -> tuple[ScriptRead, int]:
    """The script with its head version, and its revision."""
    row = await _found(reads, SCRIPT, owner_id, script_id)
    version = _version(row) if row["number"] is not None else None
    return ScriptRead(version=version, **{name: row[name] for name in OWN}), row["revision"]


async def _found(reads: Reads, statement: Statement, owner_id: UUID, script_id: UUID) -> asyncpg.Record:
    row = await reads.row(statement, script_id=script_id, owner_id=owner_id)
    if row is None:
        raise NotFound(NO_SCRIPT)
    return row


def _version(row: asyncpg.Record) -> VersionRead:
    return VersionRead(
        origin=VersionOrigin(row["origin"]),
        estimated_seconds=round(seconds_for(row["word_count"], row["words_per_minute"]), 1),
        sections=msgspec.json.decode(row["sections"], type=list[Section]),
        lost_citations=msgspec.json.decode(row["lost"], type=list[LostCitation]),
        notes=msgspec.json.decode(row["notes"], type=list[Note]),
        rejected=msgspec.json.decode(row["rejected"], type=list[RejectedStatement]) if row["rejected"] else [],
        usage=msgspec.json.decode(row["usage"], type=VersionUsage, strict=False),
        created_at=row["written_at"],
        **{name: row[name] for name in VERSION},
    )
