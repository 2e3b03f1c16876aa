import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, to_builtins
from msgspec.structs import replace

from app.db.models import VersionOrigin
from app.features.memory.preferences import obeyed, violations
from app.features.research.schemas import RejectedStatement
from app.features.scripts import citing, coherence, drafting, erasure, writing
from app.features.scripts.budget import Narration, fitted, within
from app.features.scripts.coherence import Review
from app.features.scripts.material import Material, gather, living
from app.features.scripts.plan import PlannedPart, ScriptPlan
from app.features.scripts.schemas import Note, Section, VersionUsage
from app.features.scripts.service import ScriptService
from app.features.scripts.speech import count_words
from app.features.scripts.versions import NewVersion, VersionShelf, heard
from app.features.scripts.voice import POOR, Pace
from app.shared.clients.llm import Prompt, Source, generate_over
from app.shared.manifest import calls_of, spent
from app.shared.pipeline import PipelineRun, step, streamed
from app.shared.resources import Resources

CLOSING = "say goodbye in your way"


class Drafted(Struct):
    """A section as it was drafted; `advice` says what was wrong with it, if it is to be written once more."""

    section: Section
    rejected: list[RejectedStatement] = []
    advice: str | None = None


class Reviewed(Struct):
    notes: list[Note]
    dropped: int = 0


async def write_script(run: PipelineRun, script_id: UUID) -> UUID:
    """Plan, draft section by section, each poor one once more, look over the whole, save."""
    plan = await run.step(plan_script, script_id)
    run.expect(len(plan.parts) + 3)
    drafts: list[Drafted] = []
    for number, part in enumerate(plan.parts, 1):
        before = drafts[-1].section.narration[-writing.TAIL_CHARACTERS :] if drafts else ""
        draft = await run.branch(f"draft_section_{number}", draft_section, plan, part, before, None)
        if draft.advice is not None:
            again = await run.branch(f"redraft_section_{number}", draft_section, plan, part, before, draft.advice)
            draft = better(draft, again, part)
        drafts.append(draft)
    reviewed = await run.step(review_script, plan, [draft.section for draft in drafts])
    return await run.step(save_script, run.job.id, plan, drafts, reviewed)


async def plan_script(resources: Resources, script_id: UUID) -> ScriptPlan:
    async with resources.db.transaction() as session:
        return await ScriptService(session).plan(script_id)


@step(version=1)
async def draft_section(
    resources: Resources, plan: ScriptPlan, part: PlannedPart, before: str, advice: str | None
) -> Drafted:
    """With a model: its section, as far as its citations hold. Without: the material in its order."""
    async with resources.db.transaction() as session:
        material = await gather(session, plan.script_id)
    claims = material.chosen(part.claims)
    if not resources.llm.writes:
        narration = drafting.assemble(part, claims, drafting.story_budget(plan.words))
        said = await streamed(paragraphs(narration.text), section_id=part.id)
        assert said == narration.text
        draft = writing.Draft(narration, drafting.pictures(narration, material.titles), drafting.figures(narration), [])
    else:
        asked = writing.ask_for_section(
            plan, part, claims, material.profile, material.rules, before, material.audience, advice
        )
        answer = await streamed(resources.llm.stream(asked), section_id=part.id)
        draft = writing.read_draft(answer, claims)
    again = resources.llm.writes and advice is None
    return await asyncio.to_thread(judge, draft, part, material, again=again)


@step(version=1)
async def review_script(resources: Resources, plan: ScriptPlan, sections: list[Section]) -> Reviewed:
    """What code sees of the whole, and what a model sees besides, as far as its quotes stand."""
    async with resources.db.transaction() as session:
        material = await gather(session, plan.script_id)
    notes = await asyncio.to_thread(coherence.review, sections, material.rules)
    if not resources.llm.writes:
        return Reviewed(notes)
    asked = Prompt(
        writing.REVIEW, writing.prompt(writing.REVIEW), tuple(Source(one.id, one.narration) for one in sections), "Review the script."
    )  # fmt: skip
    answers = await generate_over(resources.llm, asked, returns=Review)
    more, dropped = coherence.kept([note for answer in answers for note in answer.notes], sections)
    return Reviewed([*notes, *more][: coherence.MOST_NOTES], dropped)


async def save_script(
    resources: Resources, job_id: UUID, plan: ScriptPlan, drafts: list[Drafted], reviewed: Reviewed
) -> UUID:
    """The first version, or the next one where the creator has written meanwhile."""
    pace = Pace(plan.words_per_minute, plan.pace_measured)
    sections = balanced([draft.section for draft in drafts], plan.words)
    async with resources.db.transaction() as session:
        voice = (await gather(session, plan.script_id)).voice
    sections, voice_match = await asyncio.to_thread(heard, sections, voice)
    async with resources.db.transaction() as session:
        there = await living(session, [one.source_id for section in sections for one in section.citations])
        sections = [erasure.without_sources(section, there) for section in sections]
        rejected = [one for draft in drafts for one in draft.rejected]
        manifest: dict[str, Any] = {
            "prompts": [writing.WRITE, writing.REVIEW] if resources.llm.writes else [],
            "engine": resources.llm.engine, "research_id": str(plan.research_id) if plan.research_id else None,
            "dna_profile_id": str(plan.dna_profile_id) if plan.dna_profile_id else None,
            "sources": [{"source_id": str(one), "version": version} for one, version in plan.sources],
            "parameters": {"words": plan.words, "words_per_minute": plan.words_per_minute},
            "rejected": to_builtins(rejected), "calls": await calls_of(session, job_id),
        }  # fmt: skip
        await VersionShelf(session).store(
            plan.script_id,
            NewVersion(
                None, VersionOrigin.GENERATED, sections, pace, voice_match=voice_match, engine=resources.llm.engine,
                job_id=job_id, notes=reviewed.notes, usage=convert(await spent(session, job_id), VersionUsage, strict=False), manifest=manifest,
            ),
        )  # fmt: skip
    return plan.script_id


def judge(draft: writing.Draft, part: PlannedPart, material: Material, *, again: bool) -> Drafted:
    """The draft as a section, and what a second try, if there may be one, should mend: its length, its voice, a rule of the
    creator's."""
    text = obeyed(draft.narration.text, material.rules)
    narration = Narration(*_moved(draft.narration, text, part.id))
    match, dimensions = material.voice.match(narration.text) if material.voice else (None, [])
    said = count_words(narration.text)
    advice = []
    if not within(said, part.words):
        advice.append(f"it has {said} words, {part.words} are wanted.")
    if match is not None and match < POOR and dimensions:
        advice.append(f"it does not sound like the creator: {dimensions[0].advice}")
    advice += [found.message for found in violations(narration.text, material.rules)[:3]]
    narration = fitted(narration, part.words, drafting.closing(part))
    section = citing.settled(
        Section(
            id=part.id,
            type=part.type,
            title=part.title,
            narration=narration.text,
            visuals=draft.visuals,
            on_screen_text=draft.on_screen_text,
            locked=False,
            estimated_seconds=0,
            citations=narration.citations,
            voice_match=match if narration.text == text else None,
        )
    )
    return Drafted(section, draft.rejected, " ".join(advice) if advice and again else None)


def better(first: Drafted, second: Drafted, part: PlannedPart) -> Drafted:
    """Of two drafts the one with fewer unsupported facts, then the nearer to the voice, then to the length."""

    def worth(draft: Drafted) -> tuple[float, float, float]:
        section = draft.section
        return (
            -len(section.unsupported) + 0.5 * len(section.citations),
            section.voice_match or 0,
            -abs(count_words(section.narration) - part.words),
        )

    chosen = max((second, first), key=worth)
    return replace(chosen, rejected=[*first.rejected, *second.rejected], advice=None)


def balanced(sections: Sequence[Section], words: int) -> list[Section]:
    """The whole within a tenth of its words: the longest section takes the difference."""
    counts = [count_words(section.narration) for section in sections]
    if within(sum(counts), words) or not sections:
        return list(sections)
    longest = max(range(len(sections)), key=lambda index: counts[index])
    section = sections[longest]
    budget = max(12, counts[longest] + words - sum(counts))
    narration = fitted(Narration(section.narration, section.citations), budget, CLOSING)
    changed = citing.settled(
        replace(section, narration=narration.text, citations=narration.citations, voice_match=None)
    )
    return [changed if index == longest else one for index, one in enumerate(sections)]


async def paragraphs(text: str) -> AsyncIterator[str]:
    """A text piece by piece, as it would come from a model."""
    parts = text.split("\n\n")
    for number, part in enumerate(parts, 1):
        yield part if number == len(parts) else f"{part}\n\n"


def _moved(narration: Narration, text: str, section_id: str) -> tuple[str, list[Any]]:
    carried, _ = citing.carry(section_id, narration.text, narration.citations, text)
    return text, carried
