"""Reads what a project has for its structures: the brief's claims that still stand, the voice, the anecdotes, the rules."""

from typing import Any
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.db.models import (
    ClaimStatus,
    ContentSource,
    DnaProfile,
    Project,
    ResearchBrief,
    ResearchClaim,
    SourceRole,
    SourceStatus,
    SourceVersion,
    Stance,
)
from app.features.dna.corpus import creators_document, evidence
from app.features.memory.audiences import described
from app.features.memory.preferences import rules_for
from app.features.structures.material import Formula, HookHabit, Material, Quoted, Statement, Voice
from app.features.structures.placing import DEFAULT_MINUTES
from app.shared.evidence import Span
from app.shared.exceptions import NotFound
from app.shared.text import detect_language

STORY_WORDS = (12, 55)
MOST_STORIES = 3
MOST_EXEMPLARS = 4
FORMULA_WORDS = (3, 9)


async def gather(
    session: AsyncSession, project_id: UUID, research_id: UUID | None, profile_id: UUID | None
) -> Material:
    """What was deleted meanwhile is left out."""
    project = await session.get(Project, project_id)
    if project is None:
        raise NotFound("The project was deleted.", code="project_deleted")
    brief = await _brief(session, research_id)
    profile = await session.get(DnaProfile, profile_id) if profile_id else None
    statements = _statements(brief) if brief else ()
    said = " ".join([project.title, project.creative_brief or "", *(one.text for one in statements)])
    language = project.language or detect_language(said) or "en"
    groups = [[UUID(str(claim)) for claim in one["claim_ids"]] for one in brief.contradictions] if brief else []
    there = {one.id for one in statements}
    return Material(
        title=project.title,
        brief=project.creative_brief or "",
        minutes=project.target_minutes or DEFAULT_MINUTES,
        research=brief is not None,
        english=language.lower().split("-")[0] == "en",
        statements=statements,
        contradictions=tuple(tuple(group) for group in groups if len(there.intersection(group)) > 1),
        question=brief.question if brief else "",
        audience=await described(session, project),
        questions=tuple(one["question"] for one in brief.plan) if brief else (),
        voice=_voice(profile) if profile else None,
        stories=tuple(await _stories(session, project_id)),
        rules=tuple(await rules_for(session, project.owner_id)),
    )


async def _brief(session: AsyncSession, research_id: UUID | None) -> ResearchBrief | None:
    if research_id is None:
        return None
    claims = selectinload(ResearchBrief.claims).selectinload(ResearchClaim.citations)
    return await session.scalar(select(ResearchBrief).where(ResearchBrief.id == research_id).options(claims))


def _statements(brief: ResearchBrief) -> tuple[Statement, ...]:
    """The claims that a quote carries which stands in its source's newest text."""
    disputed = {str(claim) for one in brief.contradictions for claim in one["claim_ids"]}
    found = []
    for claim in brief.claims:
        quotes = tuple(
            Quoted(str(one.source_id), one.source_version, one.quote, one.span_start, one.span_end, one.start_seconds)
            for one in claim.citations
            if one.quote and not one.source_deleted and not one.stale and one.stance is Stance.SUPPORTS
        )
        if quotes and claim.status is not ClaimStatus.NOT_FOUND:
            is_disputed = claim.status is ClaimStatus.CONTRADICTED or str(claim.id) in disputed
            found.append(Statement(claim.id, claim.text, claim.status, is_disputed, claim.sub_question, quotes))
    return tuple(found)


def _voice(profile: DnaProfile) -> Voice:
    structure = profile.structure or {}
    hooks, outline = structure.get("hooks") or {}, structure.get("outline") or {}
    return Voice(
        n_sources=hooks.get("n_sources", 0),
        hooks=tuple(HookHabit(one["type"], one["count"], one["example"]) for one in hooks.get("types", [])),
        beats={one["beat"]: one["length_percent"] for one in outline.get("beats", [])},
        formulas=tuple(
            _formula(one) for one in profile.catchphrases if one["examples"] and _is_sentence(one["phrase"])
        ),
        exemplars=tuple(one["evidence"] for one in profile.exemplars if one["kind"] == "hook")[:MOST_EXEMPLARS],
    )


def _is_sentence(phrase: str) -> bool:
    return FORMULA_WORDS[0] <= len(phrase.split()) <= FORMULA_WORDS[1]


def _formula(catchphrase: dict[str, Any]) -> Formula:
    phrase = catchphrase["phrase"]
    return Formula(f"{phrase[:1].upper()}{phrase[1:]}.", catchphrase["examples"][0])


async def _stories(session: AsyncSession, project_id: UUID) -> list[dict[str, Any]]:
    """The first sentences of each anecdote, as evidence."""
    query = (
        select(SourceVersion)
        .join(ContentSource, SourceVersion.source_id == ContentSource.id)
        .where(
            ContentSource.project_id == project_id,
            ContentSource.role == SourceRole.STORY,
            ContentSource.status == SourceStatus.READY,
            SourceVersion.number == ContentSource.version,
        )
        .order_by(ContentSource.created_at)
        .limit(MOST_STORIES)
    )
    found = []
    for version in await session.scalars(query):
        document = creators_document(str(version.source_id), version.text, version.cues, version.headings, None)
        least, most = STORY_WORDS
        begun = [one for one in document.sentences if not one.text.startswith(("*", "_", "#"))]
        span, count = None, 0
        for sentence in begun:
            if count + len(sentence.words) > most or count >= 2 * least:
                break
            span = Span(span.start if span else sentence.span.start, sentence.span.end)
            count += len(sentence.words)
        if span and count >= least and (quote := evidence(document, span)):
            found.append(to_builtins(quote))
    return found
