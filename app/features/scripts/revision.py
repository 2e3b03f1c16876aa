"""The revision of a script, step by step: what is asked of which section, the new words, the check, the new version."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, to_builtins
from msgspec.structs import replace

from app.db.models import Structure, VersionOrigin
from app.features.memory.preferences import Rule, obeyed
from app.features.research.schemas import ClaimRead, RejectedStatement
from app.features.scripts import citing, erasure, revising, writing
from app.features.scripts.budget import Narration
from app.features.scripts.coherence import review
from app.features.scripts.material import Material, gather, living
from app.features.scripts.revising import Kind, Target
from app.features.scripts.schemas import LostCitation, Section, VersionUsage
from app.features.scripts.versions import NewVersion, VersionShelf, heard, pace_of_version, sections_of
from app.features.structures.schemas import Hook
from app.shared.evidence import Span
from app.shared.exceptions import Unprocessable
from app.shared.manifest import calls_of, spent
from app.shared.pipeline import PipelineRun, streamed
from app.shared.resources import Resources
from app.shared.text import sentence_spans

MOST_CLAIMS = 40


class Order(Struct, frozen=True):
    """An instruction, fixed when it was given. `by_code`: no model is asked."""

    script_id: UUID
    base: int
    instruction: str
    kind: Kind
    by_code: bool
    target: Target


class Revised(Struct):
    section: Section
    lost: list[LostCitation] = []
    rejected: list[RejectedStatement] = []


async def revise_script(run: PipelineRun, order: Order) -> UUID:
    """Revise each section that the instruction is about, then store what stands the check as a new version."""
    if order.kind == "reorder":
        return await run.step(save_order, run.job.id, order)
    run.expect(len(order.target.section_ids) + 1)
    revised = [
        await run.branch(f"revise_section_{section_id}", revise_section, order, section_id)
        for section_id in order.target.section_ids
    ]
    return await run.step(save_revision, run.job.id, order, revised)


async def revise_section(resources: Resources, order: Order, section_id: str) -> Revised:
    """The section with new words where the instruction wants them."""
    span = order.target.span
    sections = await base_sections(resources, order)
    section = next(one for one in sections if one.id == section_id)
    async with resources.db.transaction() as session:
        material = await gather(session, order.script_id)
        structure = await session.get(Structure, material.script.structure_id) if material.script.structure_id else None
        hooks = convert(structure.hooks, list[Hook]) if structure else []
    if order.by_code:
        return await asyncio.to_thread(by_code, order, section, span, hooks, material)
    place = span or Span(0, len(section.narration))
    labels = {claim.id: label for label, claim in list(material.claims.items())[:MOST_CLAIMS]}
    inside = passage(section, place)
    asked = writing.ask_for_revision(
        order.instruction,
        writing.marked(inside.text, inside.citations, labels),
        (section.narration[: place.start], section.narration[place.end :]),
        {label: material.claims[label] for label in labels.values()},
        material.profile,
        material.rules,
        material.language,
    )
    answer = await streamed(resources.llm.stream(asked), section_id=section_id)
    return await asyncio.to_thread(rewritten, section, span, answer, material.claims, material.rules)


def rewritten(
    section: Section, span: Span | None, answer: str, claims: Mapping[str, ClaimRead], rules: Sequence[Rule]
) -> Revised:
    """The section with a model's answer in place of the span, of the whole narration without one."""
    place = span or Span(0, len(section.narration))
    draft = writing.read_draft(answer, claims)
    text = obeyed(draft.narration.text, rules)
    citations, _ = citing.carry(section.id, draft.narration.text, draft.narration.citations, text)
    if not text.strip():
        raise Unprocessable(
            "The model gave no words for it; say the instruction in another way.", code="empty_revision"
        )
    changed, lost = revising.spliced(
        section, place, _as_wide(place.of(section.narration), Narration(text, citations), span)
    )
    return Revised(replace(changed, voice_match=None), lost, draft.rejected)


def by_code(order: Order, section: Section, span: Span | None, hooks: Sequence[Hook], material: Material) -> Revised:
    """Shorter, plainer, or another hook, without a model. Of several sections those stay that code can do nothing for."""
    try:
        return _by_code(order, section, span, hooks, material)
    except Unprocessable:
        if len(order.target.section_ids) == 1:
            raise
        return Revised(section)


def _by_code(order: Order, section: Section, span: Span | None, hooks: Sequence[Hook], material: Material) -> Revised:
    place = span or Span(0, len(section.narration))
    inside = passage(section, place)
    if order.kind == "new_hook":
        place, new = another_hook(section, hooks, material)
    elif order.kind == "shorten":
        new = revising.shortened(inside, order.instruction)
    else:
        new = revising.simplified(inside)
    changed, lost = revising.spliced(section, place, new)
    return Revised(replace(changed, voice_match=None), lost)


def another_hook(section: Section, hooks: Sequence[Hook], material: Material) -> tuple[Span, Narration]:
    """The next of the structure's hooks after the one that the section begins with, and the place of that one."""
    text = section.narration
    at = next((number for number, hook in enumerate(hooks) if text.startswith(hook.text)), None)
    others = [*hooks[at + 1 :], *hooks[:at]] if at is not None else list(hooks)
    if not others:
        raise Unprocessable(
            "There is no other hook to choose from; make structures first, or use an engine with a model.",
            code="no_other_hook",
        )
    sentences = sentence_spans(text)
    end = len(hooks[at].text) if at is not None else sentences[0].end if sentences else 0
    by_id = {claim.id: claim for claim in material.claims.values()}
    hook = others[0]
    citations = [
        one
        for claim_id in hook.claim_ids
        if claim_id in by_id
        for one in citing.cite(by_id[claim_id], Span(0, len(hook.text)))
    ]
    return Span(0, end), Narration(hook.text, citations)


async def save_order(resources: Resources, job_id: UUID, order: Order) -> UUID:
    """The sections in their new order."""
    sections = await base_sections(resources, order)
    moved = revising.reordered(sections, order.instruction)
    revising.changed_only(sections, moved, Target([]), order=True)
    return await _save(resources, job_id, order, moved, [], [])


async def save_revision(resources: Resources, job_id: UUID, order: Order, revised: list[Revised]) -> UUID:
    """Only what was asked for may differ; else nothing is stored."""
    sections = await base_sections(resources, order)
    by_id = {one.section.id: one.section for one in revised}
    after = [by_id.get(section.id, section) for section in sections]
    revising.changed_only(sections, after, order.target)
    if all(was.narration == now.narration for was, now in zip(sections, after, strict=True)):
        raise Unprocessable(
            "The instruction changed nothing: no chosen section can be made shorter or plainer by code."
            if order.by_code
            else "The instruction changed nothing.",
            code="nothing_changed",
        )
    lost = [one for part in revised for one in part.lost]
    return await _save(resources, job_id, order, after, lost, [one for part in revised for one in part.rejected])


async def base_sections(resources: Resources, order: Order) -> list[Section]:
    async with resources.db.transaction() as session:
        script = (await gather(session, order.script_id)).script
        return sections_of(await VersionShelf(session).get(script, order.base))


async def _save(
    resources: Resources,
    job_id: UUID,
    order: Order,
    sections: list[Section],
    lost: list[LostCitation],
    rejected: list[RejectedStatement],
) -> UUID:
    async with resources.db.transaction() as session:
        material = await gather(session, order.script_id)
    sections, voice_match = await asyncio.to_thread(heard, sections, material.voice)
    notes = await asyncio.to_thread(review, sections, material.rules)
    engine = "code" if order.by_code else resources.llm.engine
    async with resources.db.transaction() as session:
        base = await VersionShelf(session).get(material.script, order.base)
        there = await living(session, [one.source_id for section in sections for one in section.citations])
        manifest: dict[str, Any] = {
            "prompts": [] if order.by_code else [writing.REVISE], "engine": engine, "base": order.base,
            "target": to_builtins(order.target), "rejected": to_builtins(rejected),
            "calls": await calls_of(session, job_id),
        }  # fmt: skip
        await VersionShelf(session).store(
            order.script_id,
            NewVersion(
                order.base, VersionOrigin.REVISED,
                [erasure.without_sources(section, there) for section in sections], pace_of_version(base),
                voice_match=voice_match, instruction=order.instruction,
                engine="offline" if order.by_code else engine, job_id=job_id, lost=lost, notes=notes,
                usage=convert(await spent(session, job_id), VersionUsage, strict=False), manifest=manifest,
            ),
        )  # fmt: skip
    return order.script_id


def passage(section: Section, place: Span) -> Narration:
    """A part of a section's narration, with the citations that stand in it."""
    inside = [
        one
        for one in section.citations
        if place.start <= one.narration_span.start and one.narration_span.end <= place.end
    ]
    return Narration(place.of(section.narration), citing.shift(inside, -place.start))


def _as_wide(was: str, new: Narration, span: Span | None) -> Narration:
    """A selection keeps the white space at its ends: it belongs to what stands around it."""
    if span is None:
        return new
    lead = was[: len(was) - len(was.lstrip())]
    tail = was[len(was.rstrip()) :] if was.strip() else ""
    return Narration(lead + new.text + tail, citing.shift(new.citations, len(lead)))
