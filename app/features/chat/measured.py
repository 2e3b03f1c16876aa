"""An answer without a model: whole cited sentences of the sources, chosen by what of the question they speak of."""

from collections.abc import Sequence
from uuid import UUID

from app.db.models import SourceRole, Stance
from app.features.chat.composing import gap_of
from app.features.chat.following import readings, wants_more
from app.features.chat.material import AnswerPlan, Draft, Said
from app.features.research.choosing import Picking, Weighed, answer
from app.features.research.judging import disagreements, judge
from app.features.research.passages import Passage, Sentence, sentences_of
from app.features.research.relevance import Asked
from app.features.research.schemas import ClaimRead, Contradiction

PICKING = Picking(broad=5, narrow=2, broad_near=0.55, narrow_near=0.92)
MOST_DISPUTES = 2


def measure(plan: AnswerPlan, passages: Sequence[Passage]) -> Draft:
    asked, sentences, weighed = _best_reading(plan, passages)
    if not weighed.answered:
        return Draft("offline", [], [], gap_of(plan.question, asked, passages, len(plan.sources)))
    places = _apart([one.place for one in weighed.chosen], sentences)
    differing = disagreements(sentences, weighed.likeness, places)[:MOST_DISPUTES]
    if asked.wanted == "broad":
        places = _in_order(places, sentences)
    others = dict.fromkeys(one for pair in differing for one in (pair.one, pair.other) if one not in places)
    chosen = [(place, 0) for place in (*places, *others)]
    judged = judge(sentences, chosen, weighed.likeness, differing, lambda *_: "", plan.origin)
    claims = _side_by_side(judged.claims, judged.contradictions)
    told = [_told(claim, claims[:number], judged.contradictions, plan) for number, claim in enumerate(claims)]
    return Draft("offline", [], told, None)


def _best_reading(plan: AnswerPlan, passages: Sequence[Passage]) -> tuple[Asked, list[Sentence], Weighed]:
    """Of what the message may ask, what the sources answer best."""
    personal = {one.source_id for one in plan.sources if one.role is not SourceRole.REFERENCE}
    sentences = sentences_of(passages, personal)
    if wants_more(plan.question):
        quoted = [one for turn in plan.turns for one in turn.quoted]
        sentences = [
            one
            for one in sentences
            if not any(one.source_id == had.source_id and _overlap(one, had.span.start, had.span.end) for had in quoted)
        ]
    first: tuple[Asked, Weighed] | None = None
    for likely in readings(plan.question, plan.turns):
        tried = [(asked, answer(asked, sentences, passages, PICKING)) for asked in likely]
        best = max(tried, key=lambda one: (one[1].answered, max(one[1].relevance, default=0.0)))
        if best[1].answered:
            return best[0], sentences, best[1]
        first = first or best
    assert first is not None
    return first[0], sentences, first[1]


def _apart(places: Sequence[int], sentences: Sequence[Sentence]) -> list[int]:
    """Without sentences that hold one another, such as one that is given with the one before it."""
    kept: list[int] = []
    for place in places:
        one = sentences[place]
        near = [sentences[had] for had in kept if sentences[had].source_id == one.source_id]
        if not any(_overlap(one, had.span.start, had.span.end) for had in near):
            kept.append(place)
    return kept


def _in_order(places: Sequence[int], sentences: Sequence[Sentence]) -> list[int]:
    """The best first, then source by source, each source's in the order in which it says them."""
    rank: dict[UUID, int] = {}
    for place in places:
        rank.setdefault(sentences[place].source_id, len(rank))

    def order(place: int) -> tuple[int, int]:
        return rank[sentences[place].source_id], sentences[place].span.start

    return [*places[:1], *sorted(places[1:], key=order)]


def _side_by_side(claims: Sequence[ClaimRead], contradictions: Sequence[Contradiction]) -> list[ClaimRead]:
    """Each claim directly before those that speak against it."""
    by_id = {claim.id: claim for claim in claims}
    ordered: dict[UUID, ClaimRead] = {}
    for claim in claims:
        ordered.setdefault(claim.id, claim)
        for pair in contradictions:
            if claim.id in pair.claim_ids:
                ordered |= {other: by_id[other] for other in pair.claim_ids if other not in ordered}
    return list(ordered.values())


def _told(
    claim: ClaimRead, before: Sequence[ClaimRead], contradictions: Sequence[Contradiction], plan: AnswerPlan
) -> Said:
    """A claim as a sentence of the answer; one that speaks against an earlier one says so."""
    carrying = [one for one in claim.citations if one.stance is Stance.SUPPORTS]
    earlier = {one.id for one in before}
    disputed = any(claim.id in one.claim_ids and earlier & set(one.claim_ids) for one in contradictions)
    text = claim.text if claim.text[-1:] in '.!?…"”’)' else f"{claim.text}."
    title = plan.titles.get(carrying[0].source_id) if carrying else None
    return Said(f"But “{title}” says otherwise: {text}" if disputed and title else text, carrying)


def _overlap(one: Sentence, start: int, end: int) -> bool:
    return one.span.start < end and start < one.span.end
