import asyncio
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from uuid_utils.compat import uuid7

from app.db.models import SourceRole
from app.features.search.pipelines import Search, search_project
from app.features.structures.idea_checks import IdeaCheckService, Passage
from app.features.structures.ideas import Best, nearest, parts_of
from app.features.structures.judging import PROMPT, IdeaJudgement, Judged, ask, covered, judged_by_model, measured
from app.shared.clients.llm import generate_over
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources

MOST_SIMILAR = 5
MOST_HITS = 8
MOST_REFERENCES = 16
LEAST_SIMILAR = 0.3
"""Below, a passage has no more in common with an idea than two texts have anyway."""


class Found(Struct):
    """The chunks that were found, by their ids alone: a source may be deleted before they are read."""

    check_id: UUID
    archive: list[UUID]
    references: list[UUID]


async def check_idea(run: PipelineRun, project_id: UUID, idea: str) -> UUID:
    """Look for it in the archive and in the references; judge; keep what stands."""
    owner_id = run.job.owner_id
    found = await run.step(find_passages, owner_id, project_id, idea)
    draft = None
    if run.resources.llm.writes:
        draft = await run.step(judge_idea, project_id, idea, found)
    else:
        run.expect(2)
    engine = run.resources.llm.engine
    return await run.step(save_idea_check, run.job.id, owner_id, project_id, idea, found, draft, engine)


async def find_passages(resources: Resources, owner_id: UUID, project_id: UUID, idea: str) -> Found:
    """By words and vectors: the idea in the creator's own sources, in all projects; each of its parts in the references."""
    async with resources.db.transaction() as session:
        projects = await IdeaCheckService(session).archive(owner_id, project_id)
    archive = [
        hit.chunk_id
        for one in projects
        for hit in await search_project(resources, Search(owner_id, one, idea, MOST_HITS, SourceRole.OWN))
    ]
    references: dict[UUID, None] = {}
    asked = [Search(owner_id, project_id, idea, MOST_HITS, SourceRole.REFERENCE)]
    asked += [Search(owner_id, project_id, part, 3, SourceRole.REFERENCE, mode="keyword") for part in parts_of(idea)]
    for search in asked:
        references |= dict.fromkeys(hit.chunk_id for hit in await search_project(resources, search))
    return Found(uuid7(), archive, list(references))


async def judge_idea(resources: Resources, project_id: UUID, idea: str, found: Found) -> IdeaJudgement:
    async with resources.db.transaction() as session:
        service = IdeaCheckService(session)
        brief = await service.brief(project_id)
        references = labelled("R", found.references[:MOST_REFERENCES], await service.passages(found.references))
        archive = labelled("A", found.archive[:MOST_HITS], await service.passages(found.archive))
    audience = "\n".join(part for part in (brief.audience, brief.knows and f"They know: {brief.knows}") if part)
    said = {label: one.text for label, one in references.items()}
    prompt = ask(idea, audience, said, {label: one.text for label, one in archive.items()}, brief.rules)
    answers = await generate_over(resources.llm, prompt, returns=IdeaJudgement)
    first = answers[0]
    aspects = [one for answer in answers for one in answer.aspects]
    return IdeaJudgement(
        aspects, first.audience_fit, first.audience_reason, [g for answer in answers for g in answer.gaps]
    )


async def save_idea_check(
    resources: Resources,
    job_id: UUID,
    owner_id: UUID,
    project_id: UUID,
    idea: str,
    found: Found,
    draft: IdeaJudgement | None,
    engine: str,
) -> UUID:
    """What there is now: of a source that was deleted meanwhile nothing is said."""
    async with resources.db.transaction() as session:
        service = IdeaCheckService(session)
        brief = await service.brief(project_id)
        references = await service.passages(found.references)
        archive = await service.passages(found.archive)
    near = await asyncio.to_thread(_similar, idea, archive)
    async with resources.db.transaction() as session:
        service = IdeaCheckService(session)
        similar = [kept for one, best in near if (kept := await service.quoted(one, best.span, best.similarity))]
        texts = [(one.title, one.text) for one in references]
        audience = brief.audience, brief.knows, brief.age_from
        parts = [covered(part, texts) for part in parts_of(idea)]
        reading = "\n\n".join(text for _, text in texts)
        judged: Judged = measured(idea, parts, similar, brief.own_sources, brief.references, audience, reading)
        if draft is not None:
            labels = labelled("R", found.references[:MOST_REFERENCES], references)
            titles = {label: one.title for label, one in labels.items()}
            has_audience = bool(brief.audience or brief.knows)
            judged = judged_by_model(judged, draft, titles, brief.rules, engine, has_audience=has_audience)
        return await service.save(
            job_id, owner_id, project_id, found.check_id, idea, judged, PROMPT.name if draft else None
        )


def labelled(letter: str, chunk_ids: Sequence[UUID], there: Sequence[Passage]) -> dict[str, Passage]:
    """R1 is the first chunk that was found, also when another one before it is gone by now."""
    by_id = {one.chunk_id: one for one in there}
    return {f"{letter}{number}": by_id[one] for number, one in enumerate(chunk_ids, 1) if one in by_id}


def _similar(idea: str, archive: Sequence[Passage]) -> list[tuple[Passage, Best]]:
    """The nearest place of each passage, the nearest first, no place twice."""
    found = [(one, best) for one in archive if (best := nearest(idea, one.text)) and best.similarity >= LEAST_SIMILAR]
    kept: dict[tuple[UUID, int], tuple[Passage, Best]] = {}
    for one, best in sorted(found, key=lambda pair: -pair[1].similarity):
        kept.setdefault((one.source_id, one.start + best.span.start), (one, best))
    return list(kept.values())[:MOST_SIMILAR]
