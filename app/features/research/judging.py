"""Sentences to claims: what says the same becomes one claim with several citations, what differs a contradiction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

import numpy as np
from msgspec import Struct
from uuid_utils.compat import uuid7

from app.db.models import ClaimStatus, Stance
from app.features.research.passages import Sentence
from app.features.research.quantities import Comparison, compare, quantities
from app.features.research.schemas import CitationRead, ClaimRead, Contradiction

LIKE_ENOUGH = 0.25
"""Likeness from which on two sentences are compared at all."""
SAME_AND_AGREED, SAME = 0.6, 0.78
"""Common weight from which on two sentences say the same: where their amounts agree, and where neither gives any."""
MOST_CITATIONS = 5


class Disagreement(Struct, frozen=True):
    """Two sentences of different sources that can't both be true."""

    one: int
    other: int
    found: Comparison


class Judged(Struct):
    """The claims of a brief with what speaks for and against each."""

    claims: list[ClaimRead]
    contradictions: list[Contradiction]


def disagreements(
    sentences: Sequence[Sentence], likeness: np.ndarray, places: Iterable[int] | None = None
) -> list[Disagreement]:
    """Pairs of claimable sentences of different sources that differ on a number, a date, a unit or a denial; with *places*,
    only such with one of them. The most alike first."""
    wanted = range(len(sentences)) if places is None else sorted(set(places))
    pairs = {
        (min(one, other), max(one, other))
        for one in wanted
        for other in np.flatnonzero(likeness[one] >= LIKE_ENOUGH).tolist()
        if sentences[one].source_id != sentences[other].source_id
        and sentences[one].claimable
        and sentences[other].claimable
    }
    found = []
    for one, other in pairs:
        comparison = compare(sentences[one].core, sentences[other].core)
        if comparison.verdict == "differ":
            found.append(Disagreement(one, other, comparison))
    return sorted(found, key=lambda pair: (-pair.found.shared, -float(likeness[pair.one, pair.other]), pair.one))


def says_the_same(a: str, b: str) -> bool:
    """Whether two sentences carry the same claim: their amounts agree, or neither gives any and nearly all words are common."""
    found = compare(a, b)
    if found.verdict == "agree":
        return found.shared >= SAME_AND_AGREED
    return found.verdict == "not_comparable" and found.shared >= SAME and not _counts(a) and not _counts(b)


def _counts(said: str) -> bool:
    return any(one.dimension != "ordinal" for one in quantities(said))


def judge(
    sentences: Sequence[Sentence],
    chosen: Sequence[tuple[int, int]],
    likeness: np.ndarray,
    differing: Sequence[Disagreement],
    explain: Callable[[ClaimRead, ClaimRead, Comparison], str],
    origin: Mapping[UUID, str],
) -> Judged:
    """Claims of the chosen sentences, given by place and sub-question. `origin`: what a source's text is known by, so that
    two copies of one text are one voice."""
    claims: list[ClaimRead] = []
    claim_of: dict[int, ClaimRead] = {}
    for place, question in chosen:
        if same := next((one for at, one in claim_of.items() if _the_same(sentences, likeness, at, place)), None):
            _cite(same, sentences[place], Stance.SUPPORTS)
            claim_of[place] = same
            continue
        claim = ClaimRead(uuid7(), sentences[place].plain, ClaimStatus.SINGLE_SOURCE, question, [])
        _cite(claim, sentences[place], Stance.SUPPORTS)
        for other in np.flatnonzero(likeness[place] >= LIKE_ENOUGH).tolist():
            if other not in claim_of and _the_same(sentences, likeness, place, other):
                _cite(claim, sentences[other], Stance.SUPPORTS)
        claims.append(claim)
        claim_of[place] = claim
    contradictions = []
    for pair in differing:
        first, second = claim_of.get(pair.one), claim_of.get(pair.other)
        if first is None or second is None or first is second:
            continue
        _cite(first, sentences[pair.other], Stance.CONTRADICTS)
        _cite(second, sentences[pair.one], Stance.CONTRADICTS)
        contradictions.append(
            Contradiction([first.id, second.id], pair.found.on or "meaning", explain(first, second, pair.found))
        )
    for claim in claims:
        claim.status = status_of(claim.citations, origin)
    return Judged(claims, contradictions)


def _the_same(sentences: Sequence[Sentence], likeness: np.ndarray, one: int, other: int) -> bool:
    a, b = sentences[one], sentences[other]
    return a.source_id != b.source_id and likeness[one, other] >= LIKE_ENOUGH and says_the_same(a.core, b.core)


def citation(sentence: Sentence, stance: Stance) -> CitationRead:
    return CitationRead(
        sentence.source_id, sentence.version, sentence.chunk_id, sentence.text, sentence.span, None, None, stance,
        stale=False, source_deleted=False,
    )  # fmt: skip


def _cite(claim: ClaimRead, sentence: Sentence, stance: Stance) -> None:
    """One quote of each source for each stance."""
    if any(one.source_id == sentence.source_id and one.stance is stance for one in claim.citations):
        return
    if len(claim.citations) < MOST_CITATIONS:
        claim.citations.append(citation(sentence, stance))


def status_of(citations: Sequence[CitationRead], origin: Mapping[UUID, str]) -> ClaimStatus:
    """By the quotes that stand: none that carries it, `not_found`; one against it, `contradicted`; of two or more sources
    that aren't copies of each other, `supported`."""
    standing = [one for one in citations if stands_still(one)]
    carrying = {origin.get(one.source_id, str(one.source_id)) for one in standing if one.stance is Stance.SUPPORTS}
    if not carrying:
        return ClaimStatus.NOT_FOUND
    if any(one.stance is Stance.CONTRADICTS for one in standing):
        return ClaimStatus.CONTRADICTED
    return ClaimStatus.SUPPORTED if len(carrying) > 1 else ClaimStatus.SINGLE_SOURCE


def stands_still(citation: CitationRead) -> bool:
    return citation.quote is not None and not citation.stale and not citation.source_deleted
