"""Whether what a script states stands in the project's sources: supported, contradicted, or not found there."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from app.db.models import AdLevel, FindingField, Severity
from app.features.research.numerals import Quantity
from app.features.research.quantities import compare, content_stem, quantities
from app.features.safety.findings import Draft
from app.features.safety.passages import NAME_WEIGHT, Claim, Passage, coverage, stems_of, weights_of
from app.shared.evidence import Span

NAME, VERSION = "claims", "1"
DETECTOR = f"{NAME}-{VERSION}"
PACK, CATEGORY = "evidence", "claims"

Status = Literal["supported", "contradicted", "not_found"]

COVERED = 0.6
"""Share of a claim's words, by weight, that a passage must have to carry it."""
CITED_COVERED = 0.34
"""The same where the script cites the passage: the creator, or a model that was checked, chose it."""
ABOUT_THE_SAME = 0.55
"""How much of the shorter sentence both must say before a difference is a contradiction."""
CLOSE, ABOUT, ABOUT_DECIMAL = 0.03, 0.12, 0.05
"""Two amounts this near are the same to a listener, by their share of the greater: plain ones, those that say that they are
about, and of these such as have decimals."""
SAID_ALIKE = 0.75
"""Coverage from which a single other amount of the same kind is a contradiction."""
SAME_PREDICATE = 0.51
"""Of what a claim says of somebody or something, apart from names and amounts, a passage must say so much before its other
amount is another answer to the same question."""
LEAST_PREDICATE = 0.2
"""The same before it may carry the claim at all: one that only has the names is about something else."""
FIRM = 0.75
"""Coverage from which a passage carries a claim whatever others say: then the sources disagree."""
MOST_EVIDENCE = 3


class Weighed(Struct):
    """A claim with what the sources say to it. `on`: number, date, unit, negation or meaning, where they say otherwise;
    `evidence` entries have a stance."""

    field: FindingField
    section_id: str | None
    span: Span
    quote: str
    status: Status
    on: str | None
    explanation: str
    confidence: float
    evidence: list[dict[str, Any]]
    detector: str = DETECTOR


def unsearched(claim: Claim, reason: str) -> Weighed:
    return _made(claim, "not_found", None, reason, 0.0, [])


class _Against(Struct, frozen=True):
    strength: float
    passage: Passage
    on: str
    said: str


def weigh(claim: Claim) -> Weighed:
    """What the passages say to the claim, by its words, numbers, dates, units and negations."""
    carrying: list[tuple[float, Passage]] = []
    against: list[_Against] = []
    lacking: str | None = None
    for passage in claim.passages:
        covered = coverage(claim.quote, passage.quote)
        if one := _says_otherwise(claim.quote, passage, covered):
            against.append(one)
            continue
        if covered < (CITED_COVERED if passage.cited else COVERED):
            continue
        if not (passage.cited or _same_predicate(claim.quote, passage.quote, LEAST_PREDICATE)):
            continue
        missing = [one for one in _checked(claim.quote) if not _stands(one, f"{passage.quote}\n{passage.around}")]
        if missing:
            lacking = lacking or missing[0].text
        else:
            carrying.append((covered + passage.cited, passage))
    carrying.sort(key=lambda one: (-one[0], len(one[1].quote)))
    against.sort(key=lambda one: (-one.strength, len(one.passage.quote)))
    best = carrying[0][0] if carrying else 0.0
    if against and best < against[0].strength and (best < FIRM or against[0].passage.cited):
        return _weighed(claim, "contradicted", against, carrying)
    if carrying:
        return _weighed(claim, "supported", against, carrying)
    said = (
        f"Your sources speak of it, but '{lacking}' doesn't stand there."
        if lacking
        else "Nothing in your sources says this."
    )
    return _made(claim, "not_found", None, said, 0.7 if lacking else 0.6, [])


def _says_otherwise(claim: str, passage: Passage, covered: float) -> _Against | None:
    """A passage that answers the same question in another way."""
    compared = compare(claim, passage.quote)
    if not passage.cited and not (_same_predicate(claim, passage.quote) and _same_case(claim, passage.quote)):
        return None
    if compared.verdict == "differ" and (passage.cited or compared.shared >= ABOUT_THE_SAME):
        return _Against(covered + passage.cited, passage, compared.on or "meaning", compared.explanation)
    if covered < SAID_ALIKE:
        return None
    for mine in _checked(claim):
        same = [one for one in quantities(passage.quote) if one.dimension == mine.dimension]
        alone = sum(one.dimension == mine.dimension for one in quantities(claim)) == len(same) == 1
        if alone and (mine.dimension != "number" or _bounds_alike(mine, same[0])) and not _close(mine, same[0]):
            on = "date" if mine.dimension == "date" else "number"
            return _Against(covered + passage.cited, passage, on, f"{mine.text} against {same[0].text}")
    return None


def _bounds_alike(one: Quantity, other: Quantity) -> bool:
    """More than 700 parts and more than 900 can both be true, but who says the one did not read the other."""
    same = one.bound == other.bound != "exact" and one.unit is not None and other.unit is not None
    return same and one.stated != other.stated and content_stem(one.unit or "") == content_stem(other.unit or "")


def _same_predicate(claim: str, passage: str, share: float = SAME_PREDICATE) -> bool:
    said = {stem for stem, weight in weights_of(claim).items() if weight < NAME_WEIGHT}
    if not said:
        return coverage(claim, passage) >= SAID_ALIKE
    return len(said & stems_of(passage)) >= share * len(said)


def _weighed(
    claim: Claim, status: Status, against: Sequence[_Against], carrying: Sequence[tuple[float, Passage]]
) -> Weighed:
    evidence = [entry(passage, "supports") for _, passage in carrying[:MOST_EVIDENCE]]
    evidence += [entry(one.passage, "contradicts", on=one.on, said=one.said) for one in against[:MOST_EVIDENCE]]
    on = against[0].on if against else None
    if status == "supported":
        cited = carrying[0][1].cited
        said = "The passage that it cites carries it." if cited else "A passage of your sources carries it."
        if against:
            said += f" Another one says otherwise: the {_named(on)} differs."
        return _made(claim, status, on, said, 0.9 if cited else round(min(0.9, carrying[0][0]), 2), evidence)
    confidence = {"meaning": 0.6, "negation": 0.7}.get(on or "", 0.85)
    return _made(claim, status, on, f"Your sources say otherwise: the {_named(on)} differs.", confidence, evidence)


def _named(on: str | None) -> str:
    return {"negation": "negation", "meaning": "opposite word"}.get(on or "", on or "meaning")


def _made(
    claim: Claim, status: Status, on: str | None, explanation: str, confidence: float, evidence: list[dict[str, Any]]
) -> Weighed:
    return Weighed(
        claim.field, claim.section_id, claim.span, claim.quote, status, on, explanation, confidence, evidence
    )


def entry(passage: Passage, stance: str, **more: Any) -> dict[str, Any]:
    """A passage as evidence."""
    return {
        "source_id": passage.source_id, "source_version": passage.source_version, "title": passage.title,
        "chunk_id": passage.chunk_id, "quote": passage.quote,
        "span": {"start": passage.span.start, "end": passage.span.end}, "page": passage.page,
        "start_seconds": passage.start_seconds, "stance": stance, "stale": False, **more,
    }  # fmt: skip


def judged(weighed: Sequence[Weighed], judgements: Sequence[Weighed]) -> list[Weighed]:
    """The claims, each as it was judged where it was."""
    known = {(one.field, one.section_id, one.span): one for one in judgements}
    return [known.get((one.field, one.section_id, one.span), one) for one in weighed]


def findings_of(weighed: Sequence[Weighed]) -> list[Draft]:
    """What of the claims needs a look: contradicted, disputed among the sources, or not found."""
    drafts = []
    for one in weighed:
        disputed = one.status == "supported" and any(entry["stance"] == "contradicts" for entry in one.evidence)
        if one.status == "supported" and not disputed:
            continue
        if one.status == "contradicted":
            clause, level, severity = "contradicted-claim", AdLevel.LIMITED, Severity.HIGH
        elif disputed:
            clause, level, severity = "disputed-claim", AdLevel.FULL, Severity.MEDIUM
        else:
            clause, level, severity = "unsupported-claim", AdLevel.FULL, Severity.LOW
        drafts.append(
            Draft(
                category=CATEGORY, level=level, severity=severity, confidence=one.confidence, field=one.field,
                section_id=one.section_id, span=one.span, quote=one.quote, rationale=one.explanation, pack=PACK,
                clause_id=clause, evidence=one.evidence, suggestion=None, detector=one.detector,
            )
        )  # fmt: skip
    return drafts


def _same_case(claim: str, passage: str) -> bool:
    """Of several amounts one at least must be the same: half a degree in two minutes is a degree in four."""
    amounts = _checked(claim)
    return len(amounts) < 2 or any(_stands(one, passage) for one in amounts)


def _checked(claim: str) -> list[Quantity]:
    return [one for one in quantities(claim) if one.dimension != "ordinal"]


def _stands(wanted: Quantity, text: str) -> bool:
    """Whether a text gives the amount, up to rounding and other units of the same dimension."""
    return any(one.dimension == wanted.dimension and _close(wanted, one) for one in quantities(text))


def _close(one: Quantity, other: Quantity) -> bool:
    if one.dimension == "date":
        return one.low < other.high and other.low < one.high
    if one.bound == "over" or other.bound == "under":
        one, other = other, one
    if other.bound == "over":
        return one.value >= other.value * (1 - CLOSE)
    slack = CLOSE
    if "about" in {one.bound, other.bound}:
        whole = float(one.stated).is_integer() and float(other.stated).is_integer()
        slack = ABOUT if whole else ABOUT_DECIMAL
    return abs(one.value - other.value) <= slack * max(abs(one.value), abs(other.value))
