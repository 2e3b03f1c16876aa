"""What an idea check comes to: four answers, each number with the sentence that explains it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from app.features.memory.preferences import Rule, as_instructions
from app.features.structures.drafting import Refused, plain_line
from app.features.structures.ideas import fit_of, grade_of_audience, grade_of_text, novelty_of, says, stems
from app.features.structures.schemas import ExplainedNumber, IdeaGap
from app.shared.clients.llm import Prompt, Source

PROMPT = Path(__file__).parent / "prompts/idea.v1.md"
MOST_GAPS = 8
LONGEST = 400
SAID = 0.5
"""From this similarity on a passage is said to speak of the same."""


class AspectDraft(Struct, forbid_unknown_fields=True):
    question: str
    labels: Annotated[list[str], Meta(description="Labels of the reference passages that answer it, such as R1.")]


class GapDraft(Struct, forbid_unknown_fields=True):
    question: str
    advice: str


class IdeaJudgement(Struct, forbid_unknown_fields=True):
    """What a model is asked for."""

    aspects: list[AspectDraft]
    audience_fit: float | None
    audience_reason: str
    gaps: list[GapDraft]


class Judged(Struct):
    """An idea check as it is stored."""

    engine: str
    novelty: float
    coverage: float
    audience_fit: float | None
    similar: list[dict[str, Any]]
    gaps: list[IdeaGap]
    explanation: list[ExplainedNumber]
    refused: list[Refused] = []


class Aspect(Struct, frozen=True):
    """A part of an idea, and the titles of the references that speak of it."""

    name: str
    covered_by: tuple[str, ...]


def measured(
    idea: str, aspects: Sequence[Aspect], similar: Sequence[dict[str, Any]], own_sources: int, references: int,
    audience: tuple[str, str, int | None], reference_text: str,
) -> Judged:  # fmt: skip
    """By words alone. *audience*: what is said of it, what it knows, its youngest age."""
    novelty, about_novelty = _novelty(similar, own_sources)
    coverage, about_coverage = _coverage(aspects, references)
    fit, about_fit = _fit(idea, audience, reference_text)
    gaps = [_gap(one) for one in aspects if not one.covered_by]
    numbers = (("novelty", about_novelty), ("coverage", about_coverage), ("audience_fit", about_fit))
    return Judged(
        "offline", novelty, coverage, fit, list(similar), gaps[:MOST_GAPS],
        [ExplainedNumber(name, text) for name, text in numbers],
    )  # fmt: skip


def _novelty(similar: Sequence[dict[str, Any]], own_sources: int) -> tuple[float, str]:
    if not own_sources:
        return 1.0, "There is no past work of yours to compare with, so nothing of yours is like it."
    novelty = novelty_of([one["similarity"] for one in similar])
    near = [one for one in similar if one["similarity"] >= SAID]
    if not similar:
        return novelty, f"None of your {own_sources} own sources shares its words."
    nearest = max(similar, key=lambda one: one["similarity"])
    said = f"the nearest, in “{nearest['source_title']}”, is {nearest['similarity']:.0%} like it"
    if not near:
        return novelty, f"No passage of your {own_sources} own sources speaks of the same; {said}."
    videos = len({one["source_id"] for one in near})
    plural = "passage" if len(near) == 1 else "passages"
    sources = "source" if videos == 1 else "sources"
    return novelty, f"{len(near)} {plural} in {videos} of your own {sources} speak{'s' if len(near) == 1 else ''} of the same; {said}."  # fmt: skip


def _coverage(aspects: Sequence[Aspect], references: int) -> tuple[float, str]:
    if not references:
        return 0.0, "The project has no reference sources yet."
    if not aspects:
        return 0.0, "The idea names nothing that could be looked for; say what it is about."
    covered = [one for one in aspects if one.covered_by]
    share = round(len(covered) / len(aspects), 2)
    missing = ", ".join(f"“{one.name}”" for one in aspects if not one.covered_by)
    rest = f"; they don't speak of {missing}" if missing else ""
    return share, f"Your references speak of {len(covered)} of its {len(aspects)} parts{rest}."


def _fit(idea: str, audience: tuple[str, str, int | None], reference_text: str) -> tuple[float | None, str]:
    described, knows, age_from = audience
    if not (described or knows or age_from is not None):
        return None, "The project names no audience; describe one to see how the material fits it."
    grade = grade_of_text(reference_text)
    if grade is None:
        return None, "There is too little reference text to tell how hard it reads."
    wanted = grade_of_audience(described, age_from)
    fit = fit_of(grade, wanted)
    beyond = "so much of it has to be made simpler" if fit < 0.5 else "so some of it has to be made simpler" if fit < 0.9 else "so it can stay as it is"  # fmt: skip
    known = sorted(stems(knows) & stems(idea))
    already = " They know some of it already, by what you say of them." if known else ""
    return fit, f"What your references say of it reads at school grade {max(grade, 1.0):g}; this audience follows grade {wanted:g} by ear, {beyond}.{already}"  # fmt: skip


def _gap(aspect: Aspect) -> IdeaGap:
    return IdeaGap(
        f"What is there to say about “{aspect.name}”?", f"None of your references speaks of “{aspect.name}”; add a source that does, or leave it out."
    )  # fmt: skip


def covered(part: str, passages: Sequence[tuple[str, str]]) -> Aspect:
    """Which of the passages, each with its source's title, speak of the part."""
    return Aspect(part, tuple(dict.fromkeys(title for title, text in passages if says(part, text))))


def ask(idea: str, audience: str, references: dict[str, str], archive: dict[str, str], rules: Sequence[Rule]) -> Prompt:
    told = as_instructions(rules)
    instructions = PROMPT.read_text(encoding="utf-8")
    sources = [Source("IDEA", idea), *([Source("AUDIENCE", audience)] if audience else [])]
    sources += [Source(label, text) for label, text in (references | archive).items()]
    return Prompt(PROMPT.name, f"{instructions}\n\n{told}" if told else instructions, tuple(sources), "Judge the idea.")


def judged_by_model(
    plain: Judged, draft: IdeaJudgement, titles: Mapping[str, str], rules: Sequence[Rule], engine: str, *, has_audience: bool
) -> Judged:  # fmt: skip
    """The measured answers, with the aspects, gaps and fit of the model as far as they rest on passages that were given.
    *titles*: the source of each label. Novelty stays measured: it is about words that were said."""
    refused: list[Refused] = []
    aspects = []
    for one in draft.aspects:
        question = plain_line(one.question, LONGEST, rules)
        labels = [label.strip().strip("[]").upper() for label in one.labels]
        if question is None:
            refused.append(Refused(one.question[:200], "it is no plain question"))
            continue
        refused += [Refused(label[:200], "no such passage was given") for label in labels if label not in titles]
        aspects.append(Aspect(question, tuple(dict.fromkeys(titles[label] for label in labels if label in titles))))
    if not aspects:
        return Judged(**{**_fields(plain), "refused": refused})
    coverage, about_coverage = _coverage(aspects, 1)
    reason = plain_line(draft.audience_reason, LONGEST, rules) if has_audience else None
    fit, about_fit = plain.audience_fit, plain.explanation[2].text
    if reason is not None and draft.audience_fit is not None:
        fit, about_fit = round(min(1.0, max(0.0, draft.audience_fit)), 2), reason
    advice = {gap.question: plain_line(gap.advice, LONGEST, rules) for gap in draft.gaps}
    open_ones = [one for one in aspects if not one.covered_by]
    gaps = [IdeaGap(one.name, advice.get(one.name) or "None of your references answers it; add one that does.") for one in open_ones]  # fmt: skip
    explanation = [plain.explanation[0], ExplainedNumber("coverage", about_coverage), ExplainedNumber("audience_fit", about_fit)]  # fmt: skip
    return Judged(engine, plain.novelty, coverage, fit, plain.similar, gaps[:MOST_GAPS], explanation, refused)


def _fields(plain: Judged) -> dict[str, Any]:
    return {name: getattr(plain, name) for name in plain.__struct_fields__}
