"""A project to write scripts from: references, a story, a brief with claims that stand in them, a structure."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from msgspec import to_builtins
from sqlalchemy import select

from app.db.models import (
    ClaimStatus,
    Depth,
    ResearchBrief,
    ResearchCitation,
    ResearchClaim,
    SourceVersion,
    Stance,
    Structure,
)
from app.features.structures.schemas import Hook, PlannedSection
from app.shared.resources import Resources
from tests.conftest import add_text

CLOCKS = """# Sea clocks

John Harrison finished the watch called H4 in 1759. It weighs 1.45 kilograms and beats five times a second. On the voyage to
Jamaica in 1761 the watch lost five seconds in 81 days. The Board of Longitude paid him 8,750 pounds in 1773. Harrison never
won the prize itself.

A pendulum does not keep time on a ship that rolls. Springs and balances took its place at sea.
"""
MOON = """# The other way

The lunar distance method measures the angle between the moon and a star. Nevil Maskelyne published the tables for it in
1767. A navigator needed four hours of arithmetic for one position. Later tables cut that to thirty minutes.
"""
STORY = """When I was nine I crossed the river in thick fog. The ferryman set a red kitchen timer and pushed off. When it rang, the
bow touched the slip. It is not where you are, he said, it is when you are. I thought that the timer was magic."""
SAID = {
    "Clocks": [
        "John Harrison finished the watch called H4 in 1759.",
        "On the voyage to\nJamaica in 1761 the watch lost five seconds in 81 days.",
        "The Board of Longitude paid him 8,750 pounds in 1773.",
        "A pendulum does not keep time on a ship that rolls.",
    ],
    "Moon": [
        "The lunar distance method measures the angle between the moon and a star.",
        "Nevil Maskelyne published the tables for it in\n1767.",
        "A navigator needed four hours of arithmetic for one position.",
    ],
}


class Shelf:
    """What was made: ids by name, and the texts that quotes must stand in."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.sources: dict[str, dict[str, Any]] = {}
        self.texts: dict[str, str] = {}
        self.research: UUID = uuid4()
        self.structure: UUID = uuid4()
        self.claims: list[UUID] = []


async def stock(resources: Resources, creator: httpx.AsyncClient, project: str) -> Shelf:
    shelf = Shelf(project)
    for title, body, role in (("Clocks", CLOCKS, "reference"), ("Moon", MOON, "reference"), ("Ferry", STORY, "story")):
        source = await add_text(creator, project, body, title, role)
        shelf.sources[title] = source
        shelf.texts[source["id"]] = (await creator.get(f"/sources/{source['id']}/text")).json()["text"]
    owner = UUID((await creator.get("/users/me")).json()["id"])
    async with resources.db.transaction() as session:
        brief = ResearchBrief(
            id=shelf.research, owner_id=owner, project_id=UUID(project), question="How was longitude found?",
            depth=Depth.QUICK, engine="offline", summary=[], plan=[], source_evaluations=[], contradictions=[], gaps=[],
            entities=[], rejected=[], metrics={"coverage": 1.0, "quote_fidelity": 1.0, "sources_used": 2},
            manifest={"sources": [], "planned_at": "2026-01-01T00:00:00+00:00"},
        )  # fmt: skip
        session.add(brief)
        await session.flush()
        for title, sentences in SAID.items():
            source = shelf.sources[title]
            for sentence in sentences:
                await _claim(session, shelf, source, sentence)
        session.add(_structure(shelf, owner, project))
    return shelf


async def _claim(session: Any, shelf: Shelf, source: dict[str, Any], sentence: str) -> None:
    text = shelf.texts[source["id"]]
    quote = sentence if sentence in text else sentence.replace("\n", " ")
    start = text.index(quote)
    claim = ResearchClaim(
        id=uuid4(), brief_id=shelf.research, ordinal=len(shelf.claims), text=" ".join(quote.split()),
        status=ClaimStatus.SINGLE_SOURCE, sub_question=0,
    )  # fmt: skip
    shelf.claims.append(claim.id)
    session.add(claim)
    await session.flush()
    number = await session.scalar(select(SourceVersion.number).where(SourceVersion.source_id == UUID(source["id"])))
    session.add(
        ResearchCitation(
            claim_id=claim.id, ordinal=0, source_id=UUID(source["id"]), source_version=number, quote=quote,
            span_start=start, span_end=start + len(quote), stance=Stance.SUPPORTS,
        )
    )  # fmt: skip


def _structure(shelf: Shelf, owner: UUID, project: str) -> Structure:
    hooks = [
        Hook(uuid4(), "question", "How do you tell where you are when there is nothing to see?"),
        Hook(
            uuid4(),
            "statistic",
            "On the voyage to Jamaica in 1761 the watch lost five seconds in 81 days.",
            [shelf.claims[1]],
        ),
    ]
    sections = [
        PlannedSection("hook", "The fog", "Catch the viewer.", 30),
        PlannedSection(
            "segment",
            "The watch",
            "Show how a clock and time at sea found the ferry of longitude.",
            90,
            shelf.claims[:4],
        ),
        PlannedSection("segment", "The moon", "Show the other way.", 60, shelf.claims[4:]),
        PlannedSection("outro", "Farewell", "Say goodbye.", 30),
    ]
    return Structure(
        id=shelf.structure, owner_id=owner, project_id=UUID(project), job_id=uuid4(), research_id=shelf.research, ordinal=0,
        framework="problem-solution", title="Where are we?", engine="offline", rationale=[], hooks=[{**to_builtins(hook), "sources": [], "evidence": []} for hook in hooks],
        sections=to_builtins(sections), rejected=[], manifest={}, hook_id=hooks[1].id,
    )  # fmt: skip
