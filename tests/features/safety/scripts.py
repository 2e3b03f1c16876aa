"""Scripts as the tables hold them, for what is checked."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from msgspec import to_builtins

from app.db.models import Script, ScriptVersion, VersionOrigin
from app.features.scripts.schemas import ScriptCitation, Section
from app.shared.evidence import Span
from app.shared.resources import Resources
from tests.conftest import finished

CHAPTERS = (
    """
One clock tells you the time. Two clocks tell you that one of them is wrong.

HMS Beagle carried 22 chronometers when she sailed in 1831. Kendall's copy of H4 cost 450 pounds. On arrival in Jamaica,
H4 was found to be 39 seconds slow. The Board of Longitude was abolished in 1828. Careful captains compared three of them
every morning and wrote the differences down in a book that nobody else was allowed to touch.
""".strip()
    .replace("\nH4", " H4")
    .replace("\nevery", " every")
)


def section(narration: str, section_id: str = "s1", **more: Any) -> Section:
    given = {"type": "segment", "title": "", "visuals": "", "on_screen_text": "", "locked": False, **more}
    return Section(section_id, narration=narration, estimated_seconds=10.0, **given)


def cited(narration: str, words: str, source: dict[str, Any], text: str, quote: str) -> ScriptCitation:
    """A citation of *quote* at *words*."""
    start, there = narration.index(words), text.index(quote)
    return ScriptCitation(
        None, Span(start, start + len(words)), UUID(source["id"]), source["version"],
        Span(there, there + len(quote)), quote,
    )  # fmt: skip


async def write_script(
    resources: Resources, creator: httpx.AsyncClient, project: str, *sections: Section, title: str = "Clocks at sea"
) -> str:
    """A script of one version."""
    me = (await creator.get("/users/me")).json()["id"]
    script_id = uuid4()
    async with resources.db.transaction() as session:
        session.add(
            Script(
                id=script_id, owner_id=UUID(me), project_id=UUID(project), title=title, target_minutes=5.0, head=0,
                instructions=None,
            )
        )  # fmt: skip
    await write_version(resources, str(script_id), *sections)
    return str(script_id)


async def write_version(resources: Resources, script_id: str, *sections: Section) -> int:
    """The next version of a script, which becomes its head."""
    async with resources.db.transaction() as session:
        script = await session.get(Script, UUID(script_id), with_for_update=True)
        assert script is not None
        if sections:
            script.head += 1
            session.add(
                ScriptVersion(
                    script_id=script.id, number=script.head, parent=script.head - 1 or None,
                    origin=VersionOrigin.EDITED, word_count=0, words_per_minute=150.0, pace_measured=False,
                    sections=to_builtins(list(sections)), lost=[], notes=[], usage={}, manifest={},
                )
            )  # fmt: skip
        return script.head


async def check(creator: httpx.AsyncClient, script_id: str, **body: Any) -> dict[str, Any]:
    """A check, run to its end: the report."""
    asked = await creator.post(f"/scripts/{script_id}/safety-checks", json=body)
    assert asked.status_code == 202, asked.text
    return await report_of(creator, asked.json())


async def report_of(creator: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    ended = await finished(creator, job)
    assert ended["status"] == "succeeded", ended["error"]
    assert ended["result"]["type"] == "safety_check"
    report: dict[str, Any] = (await creator.get(f"/safety-checks/{ended['result']['id']}")).json()
    return report


def of_clause(report: dict[str, Any], clause_id: str) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["policy"]["clause_id"] == clause_id]
