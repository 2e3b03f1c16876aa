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

PICKING = Picking(broad=5, narrow=2, broad_near=0.7, narrow_near=0.85)
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
    told = [
        _told(claim, judged.claims[:number], judged.contradictions, plan) for number, claim in enumerate(judged.claims)
    ]
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
    tried = [(asked, answer(asked, sentences, passages, PICKING)) for asked in readings(plan.question, plan.turns)]
    asked, weighed = max(tried, key=lambda one: (one[1].answered, max(one[1].relevance, default=0.0)))
    return asked, sentences, weighed


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
    """Source by source in the order of their best sentences, each source's in the order in which it says them."""
    rank: dict[UUID, int] = {}
    for place in places:
        rank.setdefault(sentences[place].source_id, len(rank))
    return sorted(places, key=lambda place: (rank[sentences[place].source_id], sentences[place].span.start))


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
