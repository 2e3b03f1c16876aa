"""What scripts quote from a source that was read anew: found again in its newest text, or marked stale."""

from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from msgspec import to_builtins
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.db.models import Script, ScriptSource, ScriptVersion, SourceVersion
from app.features.scripts.versions import sections_of
from app.features.sources.timeline import Timeline
from app.shared.evidence import Evidence, Span, relocate


async def follow_source(session: AsyncSession, version: SourceVersion) -> None:
    """Let every citation of the source in every version stand in this version of its text."""
    timeline = Timeline(version)
    scripts = select(ScriptSource.script_id).where(ScriptSource.source_id == version.source_id)
    for script in await session.scalars(
        select(Script).where(Script.id.in_(scripts)).order_by(Script.id).with_for_update()
    ):
        flag_modified(script, "head")  # locked before its versions are read, as by whoever writes one; its ETag changes
    query = select(ScriptVersion).where(ScriptVersion.script_id.in_(scripts)).with_for_update()
    for script_version in await session.scalars(query):
        sections = sections_of(script_version)
        followed = [
            replace(section, citations=[moved(one, version, timeline) for one in section.citations])
            for section in sections
        ]
        changed: list[Any] = to_builtins(followed)
        script_version.sections = changed
    await session.flush()


class Citation(Protocol):
    """What every citation of a source has, whatever text it stands in."""

    source_id: UUID
    source_span: Span
    quote: str | None
    start_seconds: float | None


C = TypeVar("C", bound=Citation)


def moved(citation: C, version: SourceVersion, timeline: Timeline) -> C:
    """The citation in this version of its source, or stale; one of another source as it is."""
    if citation.source_id != version.source_id or citation.quote is None:
        return citation
    evidence = Evidence(citation.quote, str(citation.source_id), citation.source_span, citation.start_seconds)
    found = relocate(evidence, version.text, timeline.second_at)
    changes: dict[str, Any] = {"stale": found.stale}
    if not found.stale:
        changes |= {
            "quote": found.quote, "source_span": found.span, "source_version": version.number,
            "start_seconds": found.start_seconds, "page": timeline.page_at(found.span.start),
        }  # fmt: skip
    struct: Any = citation
    return cast("C", replace(struct, **changes))
