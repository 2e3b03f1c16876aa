"""What a model is asked for, and what of its answers is kept: only what code finds carried by quotes that stand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from uuid_utils.compat import uuid7

from app.db.models import ClaimStatus, Stance
from app.features.memory.preferences import Rule, as_instructions, violations
from app.features.research.factual import names_in
from app.features.research.judging import MOST_CITATIONS
from app.features.research.passages import Passage, plain
from app.features.research.quantities import compare, content_stems, quantities
from app.features.research.schemas import CitationRead, ClaimRead, RejectedStatement, SummarySentence
from app.shared.clients.llm import Prompt, Source
from app.shared.evidence import Span, anchor
from app.shared.text import words

PROMPTS = Path(__file__).parent / "prompts"
LONGEST_QUESTION = 300
LONGEST_STATEMENT = 600
"""Characters; a longer one is no sentence."""
LONGEST_KEPT = 300
"""Characters of a rejected statement that are kept."""
FEWEST_QUOTED, MOST_QUOTED = 3, 90
"""Words of a quote."""
LEAST_CARRIED = 0.5
"""Share of a statement's words that its quotes must hold."""


class QuestionDrafts(Struct, forbid_unknown_fields=True):
    sub_questions: Annotated[list[str], Meta(description="Each ends with a question mark.")]


class QuoteDraft(Struct, forbid_unknown_fields=True):
    source: Annotated[str, Meta(description="The label of the passage, such as S1.")]
    quote: Annotated[str, Meta(description="Copied from the passage word for word.")]


class ClaimDraft(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(description="One sentence that says no more than its quotes.")]
    question: Annotated[int, Meta(description="The number of the question that it answers, from 0.")]
    quotes: list[QuoteDraft]


class ClaimDrafts(Struct, forbid_unknown_fields=True):
    claims: list[ClaimDraft]


class VerdictDraft(Struct, forbid_unknown_fields=True):
    claim_label: Annotated[str, Meta(description="The label of the claim, such as C1.")]
    stance: Stance
    source: Annotated[str, Meta(description="The label of the passage, such as S1.")]
    quote: Annotated[str, Meta(description="Copied from the passage word for word.")]


class VerdictDrafts(Struct, forbid_unknown_fields=True):
    verdicts: list[VerdictDraft]


class SentenceDraft(Struct, forbid_unknown_fields=True):
    text: str
    claims: Annotated[list[str], Meta(description="The labels of the claims that it is made of.")]


class SummaryDraft(Struct, forbid_unknown_fields=True):
    sentences: list[SentenceDraft]


def prompt(name: str, sources: Sequence[Source], task: str, rules: Sequence[Rule]) -> Prompt:
    file = PROMPTS / name
    told = "\n\n".join(part for part in (file.read_text(encoding="utf-8").strip(), as_instructions(rules)) if part)
    return Prompt(name, told, tuple(sources), task)


def ask_for_questions(question: str, most: int, rules: Sequence[Rule]) -> Prompt:
    return prompt("questions.v1.md", (), f"Give at most {most} sub-questions of this question:\n{question}", rules)


def ask_for_claims(questions: Sequence[str], passages: Sequence[Passage], rules: Sequence[Rule], most: int) -> Prompt:
    asked = "\n".join(f"{number}. {question}" for number, question in enumerate(questions))
    return prompt("claims.v1.md", labelled(passages), f"The questions:\n{asked}\n\nAt most {most} claims.", rules)


def ask_for_verdicts(claims: Sequence[ClaimRead], passages: Sequence[Passage], rules: Sequence[Rule]) -> Prompt:
    said = [Source(f"C{number}", claim.text) for number, claim in enumerate(claims, 1)]
    return prompt("verdicts.v1.md", [*said, *labelled(passages)], "Judge the claims.", rules)


def ask_for_summary(question: str, claims: Sequence[ClaimRead], rules: Sequence[Rule]) -> Prompt:
    said = [Source(f"C{number}", f"{claim.text}\n(status: {claim.status})") for number, claim in enumerate(claims, 1)]
    return prompt("summary.v1.md", said, f"The question: {question}", rules)


def labelled(passages: Sequence[Passage]) -> list[Source]:
    return [Source(f"S{number}", passage.text) for number, passage in enumerate(passages, 1)]


def check_questions(question: str, drafts: Sequence[str], most: int) -> tuple[list[str], list[RejectedStatement]]:
    """The question, and those of the drafts that are questions on its topic."""
    kept, rejected = [question], list[RejectedStatement]()
    topic = set(content_stems(question))
    for draft in (" ".join(one.split()) for one in drafts):
        if len(draft) > LONGEST_QUESTION or not draft.endswith("?"):
            rejected.append(refused(draft, "it is no question"))
        elif topic and not topic & set(content_stems(draft)):
            rejected.append(refused(draft, "it is about something else than what was asked"))
        elif draft.lower() not in {one.lower() for one in kept} and len(kept) < most:
            kept.append(draft)
    return kept, rejected


def check_claims(
    drafts: Sequence[ClaimDraft], passages: Sequence[Passage], questions: int, rules: Sequence[Rule]
) -> tuple[list[ClaimRead], list[RejectedStatement]]:
    """The claims whose quotes stand and carry them; each quote and claim that fails is told with the reason."""
    by_label = {f"S{number}": passage for number, passage in enumerate(passages, 1)}
    claims: list[ClaimRead] = []
    rejected: list[RejectedStatement] = []
    for draft in drafts:
        text = " ".join(draft.text.split())
        citations: list[CitationRead] = []
        for quote in draft.quotes:
            found = cited(by_label.get(label_of(quote.source)), quote.quote, Stance.SUPPORTS)
            if found is None:
                rejected.append(refused(quote.quote, f"not in {quote.source[:20]} word for word"))
            elif all(found.span != one.span or found.source_id != one.source_id for one in citations):
                citations.append(found)
        reason = (
            unfit(text, [one.quote or "" for one in citations], rules) if citations else "none of its quotes stands"
        )
        if reason:
            rejected.append(refused(text, reason))
        else:
            number = draft.question if 0 <= draft.question < questions else 0
            claims.append(ClaimRead(uuid7(), text, ClaimStatus.SINGLE_SOURCE, number, citations[:MOST_CITATIONS]))
    return claims, rejected


def check_verdicts(
    drafts: Sequence[VerdictDraft], claims: Sequence[ClaimRead], passages: Sequence[Passage]
) -> tuple[list[tuple[ClaimRead, CitationRead]], list[RejectedStatement]]:
    """Verdicts whose quotes stand and speak of what the claim speaks of."""
    by_claim = {f"C{number}": claim for number, claim in enumerate(claims, 1)}
    by_label = {f"S{number}": passage for number, passage in enumerate(passages, 1)}
    kept, rejected = [], []
    for draft in drafts:
        claim = by_claim.get(label_of(draft.claim_label))
        found = cited(by_label.get(label_of(draft.source)), draft.quote, draft.stance)
        if claim is None or found is None:
            rejected.append(refused(draft.quote, "a verdict on no claim, or without a quote that stands"))
        elif any(one.source_id == found.source_id and _overlap(one.span, found.span) for one in claim.citations):
            continue
        elif reason := _misjudged(claim, found):
            rejected.append(refused(draft.quote, reason))
        else:
            kept.append((claim, found))
    return kept, rejected


def check_summary(
    drafts: Sequence[SentenceDraft], claims: Sequence[ClaimRead], rules: Sequence[Rule]
) -> tuple[list[SummarySentence], list[RejectedStatement]]:
    """The sentences that the claims they name carry."""
    by_label = {f"C{number}": claim for number, claim in enumerate(claims, 1)}
    kept, rejected = [], []
    for draft in drafts:
        text = " ".join(draft.text.split())
        named = [by_label.get(label_of(label)) for label in draft.claims]
        made_of = [claim for claim in named if claim is not None]
        if not made_of or len(made_of) < len(named):
            rejected.append(refused(text, "it names no claim that stands"))
        elif reason := unfit(
            text, [f"{one.text} {' '.join(c.quote or '' for c in one.citations)}" for one in made_of], rules
        ):
            rejected.append(refused(text, reason))
        else:
            kept.append(SummarySentence(text, list(dict.fromkeys(one.id for one in made_of))))
    return kept, rejected


def cited(passage: Passage | None, quote: str, stance: Stance) -> CitationRead | None:
    """The quote where the passage says it, as it stands in the source; None where it doesn't, or is no sentence's part."""
    span = anchor(passage.text, quote) if passage else None
    if passage is None or span is None or not FEWEST_QUOTED <= len(words(span.of(passage.text))) <= MOST_QUOTED:
        return None
    whole = Span(passage.span.start + span.start, passage.span.start + span.end)
    return CitationRead(
        passage.source_id, passage.version, passage.chunk_id, span.of(passage.text), whole, None, None, stance,
        stale=False, source_deleted=False,
    )  # fmt: skip


def unfit(text: str, quotes: Sequence[str], rules: Sequence[Rule]) -> str | None:
    """Why a statement must not be said on the strength of these quotes; None where they carry it."""
    if not text or len(text) > LONGEST_STATEMENT or "<" in text:
        return "it is no plain sentence"
    said = " ".join(quotes)
    if broken := violations(text, rules):
        return broken[0].message
    if extra := unsaid_amounts(text, quotes):
        return f"its quotes don't say {extra}"
    held = {word.lower() for word in words(said)}
    if strange := [name for name in names_in(text) if not _held(name, held)]:
        return f"its quotes don't name {strange[0]}"
    stems = content_stems(text)
    carried = set(content_stems(said))
    if stems and sum(stem in carried for stem in stems) / len(stems) < LEAST_CARRIED:
        return "it says other things than its quotes"
    if any(compare(text, plain(quote)).verdict == "differ" for quote in quotes):
        return "it contradicts its own quote"
    return None


def unsaid_amounts(text: str, quotes: Sequence[str]) -> str | None:
    """An amount of the text that none of the quotes gives."""
    given = [one for quote in quotes for one in quantities(quote)]
    for one in quantities(text):
        if one.dimension == "ordinal":
            continue
        near = (other for other in given if other.dimension == one.dimension)
        if not any(
            abs(one.value - other.value) <= 0.01 * max(abs(one.value), abs(other.value), 1e-9) for other in near
        ):
            return one.text
    return None


def refused(statement: str, reason: str) -> RejectedStatement:
    return RejectedStatement(" ".join(statement.split())[:LONGEST_KEPT], reason)


def label_of(given: str) -> str:
    return given.strip().strip("[]().").upper()


def _held(name: str, held: set[str]) -> bool:
    return all(
        word.lower() in held or word.lower().removesuffix("'s").removesuffix("’s") in held for word in words(name)
    )


def _misjudged(claim: ClaimRead, found: CitationRead) -> str | None:
    """Code's own word on a verdict: support must not differ in its amounts, contradiction must be about the same."""
    quote = plain(found.quote or "")
    compared = compare(claim.text, quote)
    common = set(content_stems(claim.text)) & set(content_stems(quote))
    if found.stance is Stance.SUPPORTS and (compared.verdict == "differ" or len(common) < 2):
        return "it doesn't carry the claim"
    if found.stance is Stance.CONTRADICTS and (compared.verdict == "agree" or len(common) < 2):
        return "it doesn't contradict the claim"
    return None


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
