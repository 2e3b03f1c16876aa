"""What becomes of a brief when its quotes change: statuses, contradictions, entities and figures follow what still stands."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from app.db.models import ClaimStatus, Stance
from app.features.research.judging import stands_still, status_of
from app.features.research.schemas import (
    BriefMetrics,
    ClaimRead,
    Contradiction,
    Entity,
    SourceEvaluation,
    SubQuestion,
    SummarySentence,
)

ERASED = "[This claim went with its source, which was deleted.]"
LEAST_TAKEN_OVER = 25
"""Characters of a quote from which on finding them in a claim means that the claim is made of the source's words."""


class Parts(Struct):
    """The parts of a brief that depend on its claims."""

    plan: list[SubQuestion]
    summary: list[SummarySentence]
    contradictions: list[Contradiction]
    entities: list[Entity]
    evaluations: list[SourceEvaluation]


def judge_again(claims: Sequence[ClaimRead], origin: Mapping[UUID, str]) -> None:
    for claim in claims:
        claim.status = status_of(claim.citations, origin)


def standing(parts: Parts, claims: Sequence[ClaimRead]) -> Parts:
    """The parts without what no standing claim carries."""
    left = alive(claims)
    entities = (_entity(one, left) for one in parts.entities)
    evaluations = (_evaluation(one, claims) for one in parts.evaluations)
    return Parts(
        [SubQuestion(one.question, _answering(claims, number)) for number, one in enumerate(parts.plan)],
        [one for one in parts.summary if set(one.claim_ids) <= left],
        [one for one in parts.contradictions if set(one.claim_ids) <= left],
        [one for one in entities if one],
        [one for one in evaluations if one],
    )


def alive(claims: Sequence[ClaimRead]) -> set[UUID]:
    return {claim.id for claim in claims if claim.status is not ClaimStatus.NOT_FOUND}


def forget(claims: Sequence[ClaimRead], source_id: UUID) -> list[str]:
    """Take a source's words out of the claims: its quotes, and texts that are made of them. Such a claim takes the words of
    another quote that carries it, if there is one. Gives the quotes that are gone."""
    gone: list[str] = []
    for claim in claims:
        lost = [one for one in claim.citations if one.source_id == source_id]
        quotes = [one.quote for one in lost if one.quote]
        for one in lost:
            one.quote, one.source_deleted = None, True
        gone += quotes
        if any(made_of(claim.text, quote) for quote in quotes):
            left = [one.quote for one in claim.citations if one.stance is Stance.SUPPORTS and stands_still(one)]
            claim.text = " ".join((left[0] or "").split()) if left else ERASED
    return gone


def scrub(parts: Parts, claims: Sequence[ClaimRead], gone: Sequence[str]) -> Parts:
    """The parts without sentences that are made of quotes that are gone; a summary's takes the words that its claim has now."""
    texts = {claim.id: claim.text for claim in claims}
    summary = [
        one
        if not any(made_of(one.text, quote) for quote in gone)
        else SummarySentence(texts[one.claim_ids[0]], one.claim_ids)
        for one in parts.summary
        if len(one.claim_ids) == 1 or not any(made_of(one.text, quote) for quote in gone)
    ]
    contradictions = [
        one
        if not any(made_of(one.explanation, quote) for quote in gone)
        else Contradiction(
            one.claim_ids, one.on, " against ".join(f"“{texts[claim_id]}”" for claim_id in one.claim_ids)
        )
        for one in parts.contradictions
    ]
    return msgspec.structs.replace(parts, summary=summary, contradictions=contradictions)


def metrics_of(plan: Sequence[SubQuestion], claims: Sequence[ClaimRead], fidelity: float) -> BriefMetrics:
    answered = sum(one.found > 0 for one in plan)
    used = {one.source_id for claim in claims for one in claim.citations if stands_still(one)}
    return BriefMetrics(round(answered / len(plan), 2) if plan else 0.0, fidelity, len(used))


def made_of(text: str, quote: str) -> bool:
    """Whether the text repeats a run of the quote's words."""
    said, source = " ".join(text.split()).lower(), " ".join(quote.replace("*", "").split()).lower()
    if len(source) <= LEAST_TAKEN_OVER:
        return source in said
    return any(source[start : start + LEAST_TAKEN_OVER] in said for start in range(len(source) - LEAST_TAKEN_OVER + 1))


def _answering(claims: Sequence[ClaimRead], number: int) -> int:
    return sum(claim.sub_question == number and claim.status is not ClaimStatus.NOT_FOUND for claim in claims)


def _entity(entity: Entity, left: set[UUID]) -> Entity | None:
    ids = [one for one in entity.claim_ids if one in left]
    relations = [one for one in entity.relations if one.claim_id in left]
    return msgspec.structs.replace(entity, claim_ids=ids, relations=relations) if ids else None


def _evaluation(evaluation: SourceEvaluation, claims: Sequence[ClaimRead]) -> SourceEvaluation | None:
    mine = [
        claim
        for claim in claims
        if any(one.source_id == evaluation.source_id and one.stance is Stance.SUPPORTS and stands_still(one) for one in claim.citations)
    ]  # fmt: skip
    if not mine:
        return None
    carried = sum(claim.status is ClaimStatus.SUPPORTED for claim in mine) / len(mine)
    return msgspec.structs.replace(evaluation, claims=len(mine), corroborated=round(carried, 2))
