"""Outlines by a model: what it is asked, and how much of its answer holds."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from app.db.models import ClaimStatus
from app.features.dna.corpus import plain_document
from app.features.dna.hooks import hook
from app.features.memory.preferences import Rule, as_instructions, obeyed, violations
from app.features.structures.frameworks import Blueprint
from app.features.structures.material import CONTRADICTION, Material, Statement
from app.features.structures.openers import HOOKS, Opener
from app.features.structures.placing import shares_of, times
from app.features.structures.reasons import claim_evidence
from app.features.structures.schemas import PlannedSection, Reason
from app.shared.clients.llm import Prompt, Source
from app.shared.text import visible, words

PROMPT = Path(__file__).parent / "prompts/outlines.v1.md"
MOST_CLAIMS = 120
LONGEST_HOOK = 75
"""Words: what an opening is by the DNA's measure."""
LONGEST_TITLE, LONGEST_LINE = 120, 400
FARTHEST = 2.0
"""Times longer or shorter than the framework's beat may a section be."""

_MARKUP = re.compile(
    r"<[a-zA-Z/!][^>]{0,1000}>|https?://|\]\(|[`{}]|ignore (?:all|any|the) (?:earlier|previous|above)", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![.!?:…\"“”'‘’(\[-] )(?<!^)(?<!^[\"“])\b[A-Z][a-z]{2,}\b")


class ReasonDraft(Struct, forbid_unknown_fields=True):
    text: str
    labels: Annotated[list[str], Meta(description="Labels of claims or openings that show it.")]


class HookDraft(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(description="One to three sentences to be spoken.")]
    labels: Annotated[list[str], Meta(description="Labels of the claims that carry what it states.")]


class SectionDraft(Struct, forbid_unknown_fields=True):
    title: str
    purpose: str
    share: Annotated[float, Meta(description="Of the whole time, 0 to 1.")]
    labels: Annotated[list[str], Meta(description="Labels of the claims that it works with.")]


class OutlineDraft(Struct, forbid_unknown_fields=True):
    framework: Annotated[str, Meta(description="The id that the task gives.")]
    title: str
    reasons: list[ReasonDraft]
    hooks: list[HookDraft]
    sections: list[SectionDraft]


class OutlineDrafts(Struct, forbid_unknown_fields=True):
    """What a model is asked for."""

    outlines: list[OutlineDraft]


class Refused(Struct, frozen=True):
    """Something of the model's that was not kept, and why."""

    statement: str
    reason: str


class Checked(Struct):
    """What holds of one outline. Without sections of its own the framework's are taken."""

    title: str | None
    reasons: list[Reason]
    hooks: list[Opener]
    sections: list[PlannedSection] | None
    refused: list[Refused]


def ask(blueprints: Sequence[Blueprint], material: Material, claims: Sequence[UUID]) -> Prompt:
    """*claims* fixes which claim is which label: C1 is the first."""
    by_id = material.by_id
    brief = "\n".join(
        part
        for part in (
            material.title,
            material.brief,
            material.question,
            material.audience and f"For: {material.audience}",
        )
        if part
    )
    sources = [Source("BRIEF", brief)]
    for number, claim in enumerate(claims, 1):
        if (one := by_id.get(claim)) is not None:
            standing = "contradicted" if one.disputed else one.status.value.replace("_", " ")
            sources.append(Source(f"C{number}", f"{one.text}\nStanding: {standing}"))
    sources += [Source(f"V{number}", quote["quote"]) for number, quote in enumerate(openings(material), 1)]
    forms = "\n\n".join(_described(one) for one in blueprints)
    rules = as_instructions(material.rules)
    task = f"The video is to take {material.minutes:g} minutes. The frameworks:\n\n{forms}"
    instructions = PROMPT.read_text(encoding="utf-8")
    return Prompt(PROMPT.name, f"{instructions}\n\n{rules}" if rules else instructions, tuple(sources), task)


def openings(material: Material) -> tuple[dict[str, Any], ...]:
    return material.voice.exemplars if material.voice else ()


def _described(blueprint: Blueprint) -> str:
    beats = [
        f"{number}. {beat.title} ({beat.share:.0%}): {beat.purpose}"
        + (" Discusses disputes." if CONTRADICTION in beat.takes else "")
        for number, beat in enumerate(blueprint.beats, 1)
    ]
    return f"{blueprint.id}: {blueprint.name}. {blueprint.fits}\n" + "\n".join(beats)


def check(draft: OutlineDraft, blueprint: Blueprint, material: Material, claims: Sequence[UUID]) -> Checked:
    """Keep what rests on claims that were given, and what only asks or promises; say of the rest why not."""
    labelled = {f"C{number}": claim for number, claim in enumerate(claims, 1)}
    known = {label: material.by_id[claim] for label, claim in labelled.items() if claim in material.by_id}
    refused: list[Refused] = []
    title = plain_line(draft.title, LONGEST_TITLE, material.rules)
    said = " ".join([material.title, material.brief, material.question, *(one.text for one in known.values())])
    if title is None or _unfounded(title, said):
        title = None
        refused.append(Refused(draft.title[:200], "it is no plain title"))
    reasons = _reasons(draft.reasons, known, material, refused)
    hooks = _hooks(draft.hooks, known, material, refused)
    return Checked(title, reasons, hooks, _sections(draft.sections, known, blueprint, material, refused), refused)


def _reasons(drafts: Sequence[ReasonDraft], known: Mapping[str, Statement], material: Material, refused: list[Refused]) -> list[Reason]:  # fmt: skip
    shown = {f"V{number}": {"of": "profile", **quote} for number, quote in enumerate(openings(material), 1)}
    kept = []
    for draft in drafts:
        labels = [_label(one) for one in draft.labels]
        evidence = [shown[one] if one in shown else claim_evidence(known[one]) for one in labels if one in shown or one in known]  # fmt: skip
        text = plain_line(draft.text, LONGEST_LINE, material.rules)
        if not evidence:
            refused.append(Refused(draft.text[:200], "it rests on nothing that was given"))
        elif text is None or _unfounded(text, evidence_words(evidence, material)):
            refused.append(Refused(draft.text[:200], "it says more than what it rests on"))
        else:
            kept.append(Reason(text, evidence))
    return kept


def evidence_words(evidence: Sequence[Mapping[str, object]], material: Material) -> str:
    """What a reason may name: the quotes, and the creator's own title and brief."""
    return " ".join([*(str(one["quote"]) for one in evidence), material.title, material.brief, material.question])


def _hooks(drafts: Sequence[HookDraft], known: Mapping[str, Statement], material: Material, refused: list[Refused]) -> list[Opener]:  # fmt: skip
    kept: list[Opener] = []
    for draft in drafts:
        text = obeyed(" ".join(visible(draft.text).split()), material.rules)
        why = _against(text, draft.labels, known, material)
        if why is None:
            kind = _type_of(text, {one.type for one in kept})
            why = "another hook is of this type" if kind is None else None
        if why is not None:
            refused.append(Refused(draft.text[:200], why))
            continue
        statements = [known[_label(one)] for one in draft.labels]
        sources = tuple(dict.fromkeys(source for one in statements for source in one.sources))
        if len(kept) < HOOKS:
            kept.append(Opener(kind or "none", text, tuple(dict.fromkeys(one.id for one in statements)), sources))
    return kept


def _against(text: str, labels: Sequence[str], known: Mapping[str, Statement], material: Material) -> str | None:
    """Why a hook can't be kept."""
    if not text or _MARKUP.search(text) or len(words(text)) > LONGEST_HOOK:
        return "it is no opening of at most 75 plain words"
    if unknown := [one for one in labels if _label(one) not in known]:
        return f"no claim {unknown[0][:20]} was given"
    given = [known[_label(one)] for one in labels]
    carried = " ".join([*(one.text for one in given), *(quote.quote for one in given for quote in one.quotes)])
    own = f"{material.title} {material.brief} {material.question}"
    if missing := _unfounded(text, f"{carried} {own}"):
        return f"its claims don't say {missing}"
    disputed = [one for one in given if one.disputed]
    if disputed and len(given) < 2 and "?" not in text:
        return "it states what the sources dispute as if it were settled"
    if broken := violations(text, material.rules):
        return broken[0].message
    return None


def _unfounded(text: str, carried: str) -> str | None:
    """The first number or name that what carries the text doesn't have."""
    have = {number.replace(",", "") for number in _NUMBER.findall(carried)}
    for number in _NUMBER.findall(text):
        if number.replace(",", "") not in have:
            return str(number)
    said = words(text)
    if sum(word[:1].isupper() for word in said) > len(said) / 2:
        return None  # a headline: its capitals mark no names
    low = carried.lower()
    names: list[str] = _NAME.findall(text)
    return next((name for name in names if name.lower() not in low), None)


def _type_of(text: str, taken: set[str]) -> str | None:
    """By the same measure as the creator's own openings; the second type where another hook is of the first."""
    found = hook(plain_document(text))
    if found is None:
        return None
    return next((kind for kind in (found.type, found.second) if kind not in taken), None)


def _sections(
    drafts: Sequence[SectionDraft], known: Mapping[str, Statement], blueprint: Blueprint, material: Material, refused: list[Refused]
) -> list[PlannedSection] | None:  # fmt: skip
    """The beats with the model's titles, purposes and claims; their lengths as asked for, within reason."""
    if len(drafts) != len(blueprint.beats):
        refused.append(Refused(f"{len(drafts)} sections", f"the framework has {len(blueprint.beats)} beats"))
        return None
    shares = [
        min(max(draft.share, usual / FARTHEST), usual * FARTHEST)
        for draft, usual in zip(drafts, shares_of(blueprint, material.voice), strict=True)
    ]
    placed: set[UUID] = set()
    sections = []
    for draft, beat, seconds in zip(drafts, blueprint.beats, times(shares, material.minutes), strict=True):
        claims = []
        for label in draft.labels:
            statement = known.get(_label(label))
            if statement is None:
                refused.append(Refused(label[:200], "no such claim was given"))
            elif statement.id in placed:
                refused.append(Refused(statement.text[:200], "it has its place already"))
            elif statement.disputed and CONTRADICTION not in beat.takes:
                refused.append(Refused(statement.text[:200], f"it is disputed, and '{beat.title}' doesn't discuss it"))
            elif statement.status is not ClaimStatus.NOT_FOUND:
                claims.append(statement.id)
                placed.add(statement.id)
        carried = " ".join([*(material.by_id[one].text for one in claims), material.title, material.brief, material.question, beat.title, beat.purpose])  # fmt: skip
        said = [
            plain_line(draft.title, LONGEST_TITLE, material.rules),
            plain_line(draft.purpose, LONGEST_LINE, material.rules),
        ]
        title, purpose = (one if one is not None and not _unfounded(one, carried) else None for one in said)
        refused += [
            Refused(given[:200], "it says more than its claims")
            for given, kept in ((draft.title, title), (draft.purpose, purpose))
            if kept is None
        ]
        sections.append(PlannedSection(beat.type, title or beat.title, purpose or beat.purpose, seconds, claims))
    return sections


def plain_line(said: str, longest: int, rules: Sequence[Rule]) -> str | None:
    """One plain line that keeps the creator's rules; None where it is none."""
    line = obeyed(" ".join(visible(said).split()), rules)
    if not line or len(line) > longest or _MARKUP.search(line) or violations(line, rules):
        return None
    return line


def _label(said: str) -> str:
    return said.strip().strip("[]").upper()
