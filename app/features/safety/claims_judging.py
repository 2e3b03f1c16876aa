"""A model's judgement of claims over the passages that were found for them: kept where its quote stands in the passage and
its numbers are the claim's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.features.safety.claims import Weighed, entry, weigh
from app.features.safety.passages import Claim, Passage
from app.shared.clients.llm import Prompt, Source
from app.shared.evidence import Span, anchor

NAME, VERSION = "claims-judging", "1"
DETECTOR = f"{NAME}-{VERSION}"
PROMPT = Path(__file__).parent / "prompts/claims_judging.v1.md"
CLAIMS_A_CALL = 12
PASSAGES_A_CLAIM = 5
JUDGED = 0.85


class JudgementDraft(Struct, forbid_unknown_fields=True):
    claim: Annotated[int, Meta(description="The claim's number.")]
    verdict: Literal["supported", "contradicted", "not_found"]
    source: Annotated[str, Meta(description="The label of the passage that decides, or empty.")]
    quote: Annotated[str, Meta(description="Its deciding words, copied word for word, or empty.")]
    why: Annotated[str, Meta(description="One sentence to the creator.")]


class ClaimJudgements(Struct, forbid_unknown_fields=True):
    """What a model is asked for."""

    judgements: list[JudgementDraft]


def batches(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Claims that have passages to judge them by, in runs that one question takes."""
    asked = [claim for claim in claims if claim.passages]
    return [asked[start : start + CLAIMS_A_CALL] for start in range(0, len(asked), CLAIMS_A_CALL)]


def labelled(claims: Sequence[Claim]) -> dict[str, Passage]:
    """The passages of these claims under labels, each of them once, with the text that it stands in."""
    found: dict[tuple[str, Span], Passage] = {}
    for claim in claims:
        for passage in claim.passages[:PASSAGES_A_CLAIM]:
            found.setdefault((passage.source_id, passage.span), passage)
    return {f"S{number}": passage for number, passage in enumerate(found.values(), 1)}


def ask(claims: Sequence[Claim]) -> Prompt:
    """The passages as sources; the claims, which are the script's words, as a source of their own that the task names."""
    passages = labelled(claims)
    places = {(passage.source_id, passage.span): label for label, passage in passages.items()}
    listed, lines = [], []
    for number, claim in enumerate(claims, 1):
        labels = ", ".join(places[one.source_id, one.span] for one in claim.passages[:PASSAGES_A_CLAIM])
        listed.append(f"{number}. {' '.join(claim.quote.split())}")
        lines.append(f"- claim {number}: {labels}")
    sources = (Source("claims", "\n".join(listed)), *(Source(label, one.quote) for label, one in passages.items()))
    task = "Judge the numbered claims of the source `claims`. The passages that were found for them:\n" + "\n".join(
        lines
    )
    return Prompt(PROMPT.name, PROMPT.read_text(encoding="utf-8"), sources, task)


def check(
    drafts: Sequence[JudgementDraft], claims: Sequence[Claim], engine: str
) -> tuple[list[Weighed], list[dict[str, Any]]]:
    """For each claim the model's judgement where its quote stands and code finds nothing against it, else what code
    weighed."""
    passages = labelled(claims)
    rejected: list[dict[str, Any]] = []
    judged: dict[int, Weighed] = {}
    for draft in drafts:
        if not 1 <= draft.claim <= len(claims) or draft.claim in judged:
            rejected.append(_rejected(draft, "it is about no claim that was asked", None))
            continue
        claim = claims[draft.claim - 1]
        if draft.verdict == "not_found":
            judged[draft.claim] = _not_found(claim, draft, engine)
            continue
        passage = passages.get(draft.source.strip().strip("[]"))
        span = anchor(passage.quote, draft.quote) if passage else None
        if passage is None or span is None:
            rejected.append(_rejected(draft, f"its quote doesn't stand in {draft.source[:20]}", passage))
            continue
        made = _judged(claim, draft, _part(passage, span), engine)
        if made is None:
            rejected.append(_rejected(draft, "its quote has other numbers than the claim", passage))
        else:
            judged[draft.claim] = made
    return [judged.get(number) or weigh(claim) for number, claim in enumerate(claims, 1)], rejected


def _not_found(claim: Claim, draft: JudgementDraft, engine: str) -> Weighed:
    """What code weighed stands against a model that found nothing, where numbers, dates or a denial say otherwise."""
    measured = weigh(claim)
    if measured.status == "contradicted":
        return measured
    return Weighed(
        claim.field, claim.section_id, claim.span, claim.quote, "not_found", None, _said(draft, engine), JUDGED, [], DETECTOR,
    )  # fmt: skip


def _judged(claim: Claim, draft: JudgementDraft, passage: Passage, engine: str) -> Weighed | None:
    """None where the model calls supported what code reads as another number, date, unit or a denial."""
    alone = weigh(replace(claim, passages=[replace(passage, cited=True)]))
    if draft.verdict == "supported" and alone.status == "contradicted" and alone.on in {"number", "date", "unit"}:
        return None
    supports = draft.verdict == "supported"
    evidence = [
        entry(passage, "supports" if supports else "contradicts", on=None if supports else alone.on or "meaning")
    ]
    measured = weigh(claim)
    evidence += [one for one in measured.evidence if one["stance"] != evidence[0]["stance"]]
    return Weighed(
        claim.field, claim.section_id, claim.span, claim.quote, "supported" if supports else "contradicted",
        None if supports else alone.on or "meaning", _said(draft, engine), JUDGED, evidence, DETECTOR,
    )  # fmt: skip


def _part(passage: Passage, span: Span) -> Passage:
    start = passage.span.start + span.start
    return replace(passage, quote=span.of(passage.quote), span=Span(start, start + span.end - span.start))


def _said(draft: JudgementDraft, engine: str) -> str:
    return f"{' '.join(draft.why.split())[:500] or 'It gave no reason.'} (judged by {engine})"


def _rejected(draft: JudgementDraft, reason: str, passage: Passage | None) -> dict[str, Any]:
    """With the source whose words it may hold, so that they go with it."""
    kept = {"statement": (draft.quote or draft.why)[:300], "reason": f"{DETECTOR}: {reason}"}
    return {**kept, "source_id": passage.source_id} if passage else kept
