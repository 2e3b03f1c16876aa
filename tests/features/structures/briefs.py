"""A research brief as rows, its claims whole sentences of sources that were read."""

from uuid import UUID

from sqlalchemy import select

from app.db.models import (
    ClaimStatus,
    ContentSource,
    ResearchBrief,
    ResearchCitation,
    ResearchClaim,
    SourceVersion,
    Stance,
)
from app.shared.evidence import anchor

QUESTION = "Why could sailors not find their longitude?"
PLAN = ("What is longitude?", "How good was the watch?", "What was the other way?")
SAID = (
    ("Latitude can be found from the height of the sun at noon or of the Pole Star at night.", 0),
    ("The Earth turns through 360 degrees in 24 hours.", 0),
    ("One degree of longitude corresponds to four minutes of time.", 0),
    ("In October 1707 a British fleet under Sir Cloudesley Shovell struck the rocks of the Isles of Scilly.", 0),
    ("In 1714 the British Parliament passed an act offering rewards for a practical method of finding longitude at sea.", 0),
    ("The highest reward was 20,000 pounds, for a method accurate to within half a degree.", 0),
    ("H1 was completed in 1735.", 1),
    ("H4 was completed in 1759.", 1),
    ("H4 ticks five times a second.", 1),
    ("On arrival in Jamaica, H4 was found to be 5.1 seconds slow.", 1),
    ("H4 was 39 seconds slow on arrival in Jamaica.", 1),
    ("Larcum Kendall finished an exact copy of H4 in 1769.", 1),
    ("The chronometer that did conquer the seas was not H4.", 1),
    ("Nevil Maskelyne tried the method on a voyage to St Helena in 1761.", 2),
    ("Note: no clock needs to keep time over the whole voyage.", 2),
)  # fmt: skip
DISPUTED = (9, 10)


async def a_brief(session, owner_id: str, project_id: str, said=SAID, disputed=DISPUTED) -> str:
    """Stores it; claims cite the sources of the project that say them."""
    versions = (
        await session.scalars(
            select(SourceVersion)
            .join(ContentSource, ContentSource.id == SourceVersion.source_id)
            .where(ContentSource.project_id == UUID(project_id), SourceVersion.number == ContentSource.version)
        )
    ).all()
    brief = ResearchBrief(
        owner_id=UUID(owner_id), project_id=UUID(project_id), question=QUESTION, depth="standard", engine="offline",
        summary=[], plan=[{"question": one, "found": 1} for one in PLAN], source_evaluations=[], contradictions=[],
        gaps=[], entities=[], rejected=[], metrics={"coverage": 1, "quote_fidelity": 1, "sources_used": 1},
        manifest={"sources": [{"source_id": str(one.source_id), "version": one.number, "sha256": one.sha256} for one in versions]},
    )  # fmt: skip
    session.add(brief)
    await session.flush()
    claims = []
    for ordinal, (text, sub_question) in enumerate(said):
        status = ClaimStatus.CONTRADICTED if ordinal in disputed else ClaimStatus.SINGLE_SOURCE
        claim = ResearchClaim(brief_id=brief.id, ordinal=ordinal, text=text, status=status, sub_question=sub_question)
        session.add(claim)
        await session.flush()
        claims.append(claim)
        cited = [(version, span) for version in versions if (span := anchor(version.text, text))]
        assert cited, text
        session.add_all(
            ResearchCitation(
                claim_id=claim.id, ordinal=number, source_id=version.source_id, source_version=version.number,
                quote=span.of(version.text), span_start=span.start, span_end=span.end, stance=Stance.SUPPORTS,
            )
            for number, (version, span) in enumerate(cited)
        )  # fmt: skip
    if disputed:
        brief.contradictions = [
            {"claim_ids": [str(claims[one].id) for one in disputed], "on": "number", "explanation": "5.1 or 39"}
        ]
    await session.flush()
    return str(brief.id)
