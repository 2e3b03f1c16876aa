"""What a model is asked for when it writes, and what is kept of its answer: pure functions."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import DnaProfile
from app.features.memory.preferences import Rule, as_instructions
from app.features.research.quantities import compare, content_stems
from app.features.research.schemas import ClaimRead, RejectedStatement
from app.features.scripts import citing
from app.features.scripts.budget import Narration, tidied
from app.features.scripts.plan import PlannedPart, ScriptPlan
from app.shared.clients.llm import Prompt, Source

PROMPTS = Path(__file__).parent / "prompts"
WRITE, REVISE, REVIEW = "write_section.v1.md", "revise_text.v1.md", "review_script.v1.md"
MOST_EXEMPLARS = 6
MOST_CATCHPHRASES = 6
TAIL_CHARACTERS = 400
"""Of the section before, so that the next one goes on from it."""
_VISUALS = re.compile(r"^[ \t]*\**VISUALS?\**[ \t]*:\**[ \t]*", re.MULTILINE | re.IGNORECASE)
_ON_SCREEN = re.compile(r"^[ \t]*\**ON[ -]SCREEN(?: TEXT)?\**[ \t]*:\**[ \t]*", re.MULTILINE | re.IGNORECASE)
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t].*\n?", re.MULTILINE)
CONTROLS = {
    "formality": ("much more casual", "more casual", "more formal", "much more formal"),
    "energy": ("much calmer", "calmer", "livelier", "much livelier"),
    "humour": ("without humour", "drier", "funnier", "much funnier"),
    "depth": ("much more basic", "more basic", "deeper", "much deeper"),
    "pace": ("much slower", "slower, with more room", "tighter", "much tighter"),
}
TOLD = {
    "sentence_length_mean": "Sentences have {value:.0f} words on average.",
    "questions": "{percent:.0f} % of the sentences are questions.",
    "second_person": "'You' comes {value:.0f} times in 1,000 words.",
    "contractions": "{percent:.0f} % of what can be contracted is.",
    "short_sentences": "{percent:.0f} % of the sentences have five words or fewer.",
}


class Draft(Struct):
    """An answer taken apart: the narration with its citations, and what was not kept."""

    narration: Narration
    visuals: str
    on_screen_text: str
    rejected: list[RejectedStatement]


def ask_for_section(
    plan: ScriptPlan,
    part: PlannedPart,
    claims: Mapping[str, ClaimRead],
    profile: DnaProfile | None,
    rules: Sequence[Rule],
    before: str,
    audience: str,
    advice: str | None = None,
) -> Prompt:
    """The prompt for one section; the shared part, voice and rules, comes first."""
    near = [
        *([Source("STORY", part.story.text)] if part.story else []),
        *([Source("HOOK", part.hook)] if part.hook else []),
        *([Source("BEFORE", before[-TAIL_CHARACTERS:])] if before.strip() else []),
    ]
    task = [
        f"Script: {plan.title}",
        f"Language: {plan.language}",
        f"Section: {part.title} ({part.type})",
        f"Purpose: {part.purpose}",
        f"Write {part.words} words of narration, at most a tenth more or less.",
    ]
    if part.hook:
        task.append("Begin with the hook labelled HOOK, in its words or better ones of the creator's.")
    if before.strip():
        task.append("Go on from the end of the section before, labelled BEFORE, without repeating it.")
    if plan.instructions:
        task.append(f"The creator asked: {plan.instructions}")
    if advice:
        task.append(f"Your last draft was not good enough: {advice}")
    return Prompt(
        WRITE,
        "\n\n".join(part for part in (prompt(WRITE), voice_brief(profile), as_instructions(rules)) if part),
        (*exemplar_sources(profile), *audience_sources(audience), *claim_sources(claims), *near),
        "\n".join(task),
    )


def ask_for_revision(
    instruction: str,
    passage: str,
    around: tuple[str, str],
    claims: Mapping[str, ClaimRead],
    profile: DnaProfile | None,
    rules: Sequence[Rule],
    language: str,
) -> Prompt:
    before, after = around
    near = [Source("BEFORE", before[-TAIL_CHARACTERS:])] if before.strip() else []
    later = [Source("AFTER", after[:TAIL_CHARACTERS])] if after.strip() else []
    return Prompt(
        REVISE,
        "\n\n".join(part for part in (prompt(REVISE), voice_brief(profile), as_instructions(rules)) if part),
        (*exemplar_sources(profile), *claim_sources(claims), *near, Source("PASSAGE", passage), *later),
        f"Language: {language}\nInstruction of the creator: {instruction}\nAnswer with the new passage.",
    )


def audience_sources(audience: str) -> tuple[Source, ...]:
    return (Source("AUDIENCE", audience),) if audience else ()


def claim_sources(claims: Mapping[str, ClaimRead]) -> tuple[Source, ...]:
    return tuple(
        Source(label, "\n".join((claim.text, *(f"Quote: {one.quote}" for one in claim.citations if one.quote))))
        for label, claim in claims.items()
    )


def exemplar_sources(profile: DnaProfile | None) -> tuple[Source, ...]:
    passages = [one["evidence"]["quote"] for one in profile.exemplars] if profile else []
    return tuple(Source(f"E{number}", said) for number, said in enumerate(passages[:MOST_EXEMPLARS], 1))


def voice_brief(profile: DnaProfile | None) -> str:
    """The measured voice, its traits and controls, in words."""
    if profile is None:
        return "No voice was measured: write plainly, as one person speaks to another."
    values: dict[str, Any] = {one["name"]: one.get("value") for one in profile.signals}
    lines = ["The creator's voice, as measured:"]
    lines += [
        f"- {told.format(value=values[name], percent=100 * values[name])}"
        for name, told in TOLD.items()
        if values.get(name) is not None
    ]
    lines += [f"- {trait['name']}: {trait['description']}" for trait in profile.traits]
    phrases = [one["phrase"] for one in profile.catchphrases if one.get("phrase")][:MOST_CATCHPHRASES]
    if phrases:
        lines.append(f"- Often says, where it fits and not too often: {'; '.join(phrases)}")
    for name, step in profile.controls.items():
        if step:
            wording = CONTROLS[name][step + 2 if step < 0 else step + 1]
            lines.append(f"- Go from the measured voice to: {wording}")
    return "\n".join(lines)


def read_draft(answer: str, claims: Mapping[str, ClaimRead]) -> Draft:
    """The narration without headings and marks; a mark whose sentence says something else than its claim is dropped."""
    on_screen, visuals = "", ""
    if found := _ON_SCREEN.search(answer):
        tail = answer[found.end() :]
        answer, on_screen = answer[: found.start()], _VISUALS.split(tail)[0]
        if later := _VISUALS.search(tail):
            visuals = tail[later.end() :]
    if found := _VISUALS.search(answer):
        answer, visuals = answer[: found.start()], answer[found.end() :]
    cited = citing.read_marks(_HEADING.sub("", answer).strip(), claims)
    narration, rejected = checked(Narration(cited.narration, cited.citations), claims)
    rejected += [RejectedStatement(f"[{label}]", "no such claim was given") for label in dict.fromkeys(cited.unknown)]
    return Draft(tidied(narration), visuals.strip(), on_screen.strip(), rejected)


def checked(narration: Narration, claims: Mapping[str, ClaimRead]) -> tuple[Narration, list[RejectedStatement]]:
    """Citations stay where their sentence has words of the claim and contradicts neither its numbers nor its dates."""
    by_id = {claim.id: claim for claim in claims.values()}
    kept, rejected = [], []
    for one in narration.citations:
        claim = by_id.get(one.claim_id) if one.claim_id else None
        if claim is None:
            kept.append(one)
            continue
        sentence = one.narration_span.of(narration.text)
        carried = [claim.text, *(quote.quote for quote in claim.citations if quote.quote)]
        if reason := _says_otherwise(sentence, carried):
            rejected.append(RejectedStatement(sentence, f"cited '{claim.text}', but {reason}"))
        else:
            kept.append(one)
    return replace(narration, citations=kept), _once(rejected)


def _says_otherwise(sentence: str, carried: Sequence[str]) -> str | None:
    about = set(content_stems(sentence))
    if not any(about & set(content_stems(text)) for text in carried):
        return "says nothing of it"
    found = [compare(sentence, text) for text in carried]
    if any(one.verdict == "agree" for one in found):
        return None
    differing = next((one for one in found if one.verdict == "differ"), None)
    return f"differs from it in its {differing.on or 'meaning'}" if differing else None


def marked(narration: str, citations: Sequence[Any], labels: Mapping[Any, str]) -> str:
    """The narration with the marks that its citations stand for, as a model reads it."""
    ends: dict[int, list[str]] = {}
    for one in citations:
        label = labels.get(one.claim_id)
        if label and label not in ends.setdefault(one.narration_span.end, []):
            ends[one.narration_span.end].append(label)
    text = narration
    for end in sorted(ends, reverse=True):
        if ends[end]:
            text = f"{text[:end]} [{', '.join(ends[end])}]{text[end:]}"
    return text


def prompt(name: str) -> str:
    return (PROMPTS / name).read_text(encoding="utf-8")


def _once(rejected: Sequence[RejectedStatement]) -> list[RejectedStatement]:
    return list({one.statement: one for one in rejected}.values())
