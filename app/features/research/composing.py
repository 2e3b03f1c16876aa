"""Gaps, contradictions and the summary in words; each sentence of a summary is of claims that stand."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.db.models import ClaimStatus, Depth, Stance
from app.features.research.facets import advice_for, facet_of
from app.features.research.passages import Passage, plain
from app.features.research.quantities import Comparison
from app.features.research.relevance import missing, read_question
from app.features.research.schemas import (
    ClaimRead,
    Contradiction,
    Gap,
    SubQuestion,
    SummarySentence,
)

SENTENCES = {Depth.QUICK: 2, Depth.STANDARD: 4, Depth.DEEP: 7}
MOST_WORDS = 45
DIFFERS = {
    "number": "They give different numbers",
    "date": "They give different dates",
    "unit": "They give different units",
    "negation": "One states what the other denies",
    "meaning": "They say opposite things",
}


def explanation(one: ClaimRead, other: ClaimRead, found: Comparison, titles: Mapping[UUID, str]) -> str:
    """Who says what, and on what they differ."""
    on = DIFFERS[found.on or "meaning"]
    amounts = f": {found.first.text} against {found.second.text}" if found.first and found.second else ""
    return (
        f"{_title(one, titles)} says “{_short(one.text)}”, {_title(other, titles)} says “{_short(other.text)}”. "
        f"{on}{amounts}. Your sources don't settle it: say both, or look for a third that shows how it was measured or known."
    )


def gaps_of(
    questions: Sequence[str], passages: Sequence[Passage], claims: Sequence[ClaimRead], sources: int
) -> tuple[list[SubQuestion], list[Gap]]:
    """How many claims answer each question, and for those that none answers what to look for. Where the main question has
    no answer, that is the one gap: the sides of its topic then say nothing."""
    found = [sum(claim.sub_question == number for claim in claims) for number in range(len(questions))]
    open_questions = [number for number, count in enumerate(found) if not count]
    if 0 in open_questions and not claims:
        open_questions = [0]
    plan = [SubQuestion(question, count) for question, count in zip(questions, found, strict=True)]
    return plan, [_gap(questions[number], questions[0], passages, sources) for number in open_questions]


def _gap(question: str, topic: str, passages: Sequence[Passage], sources: int) -> Gap:
    asked = read_question(question)
    about = asked if facet_of(question) is None else read_question(topic)
    looked_for = list(
        dict.fromkeys(about.words[stem] for stem in sorted(about.terms, key=lambda stem: -about.terms[stem]))
    )
    gone = missing(about, passages)[:4]
    none_of_it = lacking(gone) if facet_of(question) is None else ""
    where = "your source" if sources == 1 else f"your {sources} sources"
    return Gap(question, looked_for, f"Not in {where}.{none_of_it} Look for {advice_for(asked)}.")


def lacking(gone: Sequence[str]) -> str:
    """Said after a sentence: which of the words asked for weren't found at all."""
    return f" None of what was found mentions {_listed(gone)}." if gone else ""


def summarise(
    claims: Sequence[ClaimRead], contradictions: Sequence[Contradiction], depth: Depth
) -> list[SummarySentence]:
    """Whole sentences of the sources, the well supported first, in the order of the questions; a disagreement that is left
    is told at the end."""
    rank = {ClaimStatus.SUPPORTED: 0, ClaimStatus.SINGLE_SOURCE: 1}
    able = [claim for claim in claims if claim.status in rank and len(claim.text.split()) <= MOST_WORDS]
    main = [claim for claim in able if claim.sub_question == 0]
    first = sorted(main, key=lambda claim: rank[claim.status])[: max(1, SENTENCES[depth] // 2)]
    others = sorted(
        (one for one in able if one not in first), key=lambda claim: (rank[claim.status], claim.sub_question or 0)
    )
    kept = [*first, *others[: SENTENCES[depth] - len(first)]]
    said = [SummarySentence(_sentence(claim.text), [claim.id]) for claim in claims if claim in kept]
    by_id = {claim.id: claim for claim in claims}
    for one in contradictions[:2]:
        both = [by_id[claim_id] for claim_id in one.claim_ids if claim_id in by_id]
        if len(both) == 2:
            said.append(SummarySentence(f"Your sources disagree: “{_short(both[0].text)}” against “{_short(both[1].text)}”.", [both[0].id, both[1].id]))  # fmt: skip
    return said


def _title(claim: ClaimRead, titles: Mapping[UUID, str]) -> str:
    source = next((one.source_id for one in claim.citations if one.stance is Stance.SUPPORTS), None)
    return f"“{titles[source]}”" if source is not None and source in titles else "One source"


def _sentence(said: str) -> str:
    said = plain(said)
    return said if said[-1:] in '.!?…"”' else f"{said}."


def _short(said: str, most: int = 220) -> str:
    said = plain(said)
    return said.rstrip(".") if len(said) <= most else f"{said[: most - 1].rstrip()}…"


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
