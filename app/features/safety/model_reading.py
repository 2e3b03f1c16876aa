"""What a model says of a script by the policies: asked with the clauses, kept as far as its quotes and clauses stand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from app.db.models import AdLevel, FindingField, Severity
from app.features.memory.preferences import Rule, as_instructions
from app.features.safety.findings import Draft, TextField
from app.features.safety.policy import ClauseKind, Pack
from app.shared.clients.llm import Prompt, Source
from app.shared.evidence import anchor

NAME, VERSION = "policy-reading", "1"
DETECTOR = f"{NAME}-{VERSION}"
PROMPT = Path(__file__).parent / "prompts/policy_reading.v1.md"
NOT_FOR_IT = {"evidence"}
"""Packs whose clauses other detectors judge."""
LETTERS = {
    FindingField.TITLE: "T", FindingField.NARRATION: "N", FindingField.ON_SCREEN_TEXT: "O", FindingField.VISUALS: "V",
}  # fmt: skip
LONGEST = 1_000
"""Characters of a rationale or a suggestion that are kept."""
SUREST = 0.9
"""What a model says of its own confidence counts up to here."""


class FindingDraft(Struct, forbid_unknown_fields=True):
    source: Annotated[str, Meta(description="The label of the text, such as N2.")]
    quote: Annotated[str, Meta(description="Copied from that text word for word, one sentence at most.")]
    clause: Annotated[str, Meta(description="The id of the clause, as it is listed.")]
    level: Literal["full", "limited", "none"]
    severity: Literal["info", "low", "medium", "high", "critical"]
    confidence: Annotated[float, Meta(description="From 0 to 1.")]
    rationale: Annotated[str, Meta(description="One or two sentences to the creator.")]
    suggestion: Annotated[str, Meta(description="Other words for the quote, or empty.")]


class PolicyReading(Struct, forbid_unknown_fields=True):
    """What a model is asked for."""

    findings: list[FindingDraft]


def labelled(fields: Sequence[TextField]) -> dict[str, TextField]:
    """Each text under a label that says what it is."""
    return {f"{LETTERS[field.field]}{number}": field for number, field in enumerate(fields, 1)}


def ask_for_reading(fields: Sequence[TextField], packs: Sequence[Pack], rules: Sequence[Rule]) -> Prompt:
    """The script's texts as sources, the clauses as the task. A brand's clauses are the creator's words, so they are quoted."""
    listed = [_listed(pack, clause) for pack in packs for clause in pack.clauses if _is_read(pack, clause.kind)]
    task = "\n\n".join(part for part in ("The clauses:\n" + "\n".join(listed), as_instructions(rules)) if part)
    sources = tuple(Source(label, field.text.strip()) for label, field in labelled(fields).items())
    return Prompt(PROMPT.name, PROMPT.read_text(encoding="utf-8"), sources, task)


def check(
    drafts: Sequence[FindingDraft], fields: Sequence[TextField], packs: Sequence[Pack], engine: str
) -> tuple[list[Draft], list[dict[str, Any]]]:
    """Keep what stands in the very text that it was said of, by a clause that there is; count the rest as rejected."""
    texts = labelled(fields)
    clauses = {
        f"{pack.id}/{clause.id}": (pack, clause)
        for pack in packs
        for clause in pack.clauses
        if _is_read(pack, clause.kind)
    }
    kept, rejected = [], []
    for draft in drafts:
        field = texts.get(draft.source.strip().strip("[]"))
        span = anchor(field.text, draft.quote) if field else None
        found = clauses.get(draft.clause.strip().strip("[]`"))
        if found is None:
            rejected.append(_rejected(draft, f"it names a clause that there isn't: {draft.clause[:80]}"))
        elif field is None or span is None:
            rejected.append(_rejected(draft, f"its quote doesn't stand in {draft.source[:20]}"))
        else:
            pack, clause = found
            suggestion = " ".join(draft.suggestion.split())[:LONGEST] or None
            kept.append(
                Draft(
                    category=clause.category, level=AdLevel(draft.level), severity=Severity(draft.severity),
                    confidence=_confidence(draft.confidence), field=field.field, section_id=field.section_id, span=span,
                    quote=span.of(field.text), rationale=" ".join(draft.rationale.split())[:LONGEST], pack=pack.id,
                    clause_id=clause.id, evidence=[{"engine": engine}], suggestion=suggestion, detector=DETECTOR,
                )
            )  # fmt: skip
    return kept, rejected


def _is_read(pack: Pack, kind: ClauseKind) -> bool:
    return pack.id not in NOT_FOR_IT and kind is ClauseKind.POLICY


def _listed(pack: Pack, clause: Any) -> str:
    says = {level: clause.levels[level] for level in ("full", "limited", "none") if level in clause.levels}
    return f"- {pack.id}/{clause.id}: {json.dumps({'says': clause.text, **says}, ensure_ascii=False)}"


def _confidence(said: float) -> float:
    return round(min(SUREST, max(0.0, said)), 2)


def _rejected(draft: FindingDraft, reason: str) -> dict[str, Any]:
    return {"statement": (draft.quote or draft.rationale)[:300], "reason": f"{DETECTOR}: {reason}"}
