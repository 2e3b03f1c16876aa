"""A brief that a model wrote: its verified claims joined, judged by code as well, and told."""

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from app.db.models import ClaimStatus, Stance
from app.features.research.composing import explanation, gaps_of, summarise
from app.features.research.entities import entities_of
from app.features.research.judging import MOST_CITATIONS, citation, says_the_same, status_of
from app.features.research.material import Draft, Plan
from app.features.research.passages import Passage, plain, sentences_of
from app.features.research.quantities import Comparison, compare
from app.features.research.schemas import CitationRead, ClaimRead, Contradiction, RejectedStatement


def join(claims: Sequence[ClaimRead], most: int) -> list[ClaimRead]:
    """Claims that say the same are one, with the quotes of both."""
    kept: list[ClaimRead] = []
    for claim in claims:
        same = next((one for one in kept if one.text.lower() == claim.text.lower() or _repeats(one, claim)), None)
        if same is None:
            kept.append(claim)
        else:
            for one in claim.citations:
                _add(same, one)
    return kept[:most]


def _repeats(one: ClaimRead, other: ClaimRead) -> bool:
    places = {(cited.source_id, cited.span) for cited in one.citations}
    return says_the_same(one.text, other.text) or any(
        (cited.source_id, cited.span) in places for cited in other.citations
    )


def corroborate(claims: Sequence[ClaimRead], passages: Sequence[Passage]) -> list[ClaimRead]:
    """The claims with the sentences of other sources that say the same, and those that can't be true beside them; such a
    sentence becomes a claim of its own where none quotes it yet."""
    sentences = [one for one in sentences_of(passages) if one.claimable]
    found = list(claims)
    for claim in claims:
        own = {one.source_id for one in claim.citations}
        for sentence in sentences:
            if sentence.source_id in own:
                continue
            if says_the_same(claim.text, sentence.core):
                _add(claim, citation(sentence, Stance.SUPPORTS))
            elif compare(claim.text, sentence.core).verdict == "differ":
                against(claim, citation(sentence, Stance.CONTRADICTS), found)
    return found


def against(claim: ClaimRead, counter: CitationRead, claims: list[ClaimRead]) -> None:
    """A quote against a claim; the claim that the quote carries is contradicted by the first one's quotes."""
    _add(claim, counter)
    other = next((one for one in claims if one is not claim and _carried_by(one, counter)), None)
    if other is None:
        text = plain(counter.quote or "")
        other = ClaimRead(uuid7(), text, ClaimStatus.SINGLE_SOURCE, claim.sub_question, [])
        other.citations.append(_with_stance(counter, Stance.SUPPORTS))
        claims.append(other)
    for one in [one for one in claim.citations if one.stance is Stance.SUPPORTS]:
        _add(other, _with_stance(one, Stance.CONTRADICTS))


def add_verdicts(claims: Sequence[ClaimRead], verdicts: Sequence[tuple[ClaimRead, CitationRead]]) -> list[ClaimRead]:
    found = list(claims)
    for claim, one in verdicts:
        if one.stance is Stance.SUPPORTS:
            _add(claim, one)
        else:
            against(claim, one, found)
    return found


def contradictions_of(claims: Sequence[ClaimRead], titles: dict[UUID, str]) -> list[Contradiction]:
    """Each pair of claims of which one is quoted against the other."""
    found: dict[frozenset[UUID], Contradiction] = {}
    for claim in claims:
        for counter in (one for one in claim.citations if one.stance is Stance.CONTRADICTS):
            for other in claims:
                pair = frozenset((claim.id, other.id))
                if other is claim or pair in found or not _carried_by(other, counter):
                    continue
                compared = compare(claim.text, other.text)
                if compared.verdict != "differ":
                    compared = Comparison("differ", "meaning")
                explained = explanation(claim, other, compared, titles)
                found[pair] = Contradiction([claim.id, other.id], compared.on or "meaning", explained)
    return list(found.values())


def tell(
    plan: Plan, engine: str, questions: Sequence[str], passages: Sequence[Passage], claims: list[ClaimRead],
    rejected: list[RejectedStatement],
) -> Draft:  # fmt: skip
    """The brief without a summary of the model's; code's own stands in until it has one."""
    for claim in claims:
        claim.status = status_of(claim.citations, plan.origin)
    claims.sort(key=lambda claim: claim.sub_question or 0)
    contradictions = contradictions_of(claims, plan.titles)
    asked, gaps = gaps_of(questions, passages, claims, len(plan.sources))
    summary = summarise(claims, contradictions, plan.depth)
    return Draft(engine, [], asked, claims, contradictions, gaps, entities_of(claims), summary, rejected)


def _add(claim: ClaimRead, one: CitationRead) -> None:
    known = any(same.source_id == one.source_id and same.stance is one.stance for same in claim.citations)
    repeated = any(same.source_id == one.source_id and same.span == one.span for same in claim.citations)
    if not repeated and len(claim.citations) < MOST_CITATIONS and not (known and one.stance is Stance.CONTRADICTS):
        claim.citations.append(one)


def _carried_by(claim: ClaimRead, quote: CitationRead) -> bool:
    return any(
        one.source_id == quote.source_id
        and one.stance is Stance.SUPPORTS
        and one.span.start < quote.span.end
        and quote.span.start < one.span.end
        for one in claim.citations
    )


def _with_stance(one: CitationRead, stance: Stance) -> CitationRead:
    return CitationRead(
        one.source_id, one.source_version, one.chunk_id, one.quote, one.span, one.page, one.start_seconds, stance,
        stale=one.stale, source_deleted=one.source_deleted,
    )  # fmt: skip
