"""The provider's moderation model: asked about each text, and where it is flagged, about its sentences."""

from collections.abc import Sequence

from app.db.models import AdLevel, Severity
from app.features.safety.findings import Draft, TextField
from app.features.safety.policy import Pack
from app.shared.clients.llm import LLM, Moderation
from app.shared.evidence import Span
from app.shared.text import sentence_spans

NAME, VERSION = "moderation", "1"
DETECTOR = f"{NAME}-{VERSION}"
PACK = "youtube-advertiser"
PIECE = 4_000
"""Characters of a text that are asked about at once."""
FROM = 0.5
"""Score from which a category is a finding, besides what the provider flags."""

CATEGORIES: dict[str, tuple[str, AdLevel, Severity]] = {
    "harassment": ("incendiary-demeaning", AdLevel.LIMITED, Severity.MEDIUM),
    "harassment/threatening": ("violence", AdLevel.NONE, Severity.HIGH),
    "hate": ("hateful-derogatory", AdLevel.NONE, Severity.HIGH),
    "hate/threatening": ("hateful-derogatory", AdLevel.NONE, Severity.CRITICAL),
    "illicit": ("enabling-dishonest-behaviour", AdLevel.LIMITED, Severity.MEDIUM),
    "illicit/violent": ("harmful-acts", AdLevel.NONE, Severity.HIGH),
    "self-harm": ("harmful-acts", AdLevel.LIMITED, Severity.HIGH),
    "self-harm/instructions": ("harmful-acts", AdLevel.NONE, Severity.CRITICAL),
    "self-harm/intent": ("harmful-acts", AdLevel.LIMITED, Severity.HIGH),
    "sexual": ("adult-content", AdLevel.LIMITED, Severity.HIGH),
    "sexual/minors": ("adult-content", AdLevel.NONE, Severity.CRITICAL),
    "violence": ("violence", AdLevel.LIMITED, Severity.MEDIUM),
    "violence/graphic": ("shocking-content", AdLevel.LIMITED, Severity.HIGH),
}
"""The provider's categories as our clauses, each with the most that it stands for."""


async def moderate(llm: LLM, field: TextField) -> list[tuple[Span, Moderation]]:
    """The sentences of a text that are flagged. A text that isn't flagged as a whole is asked about once; where no sentence
    is flagged alone, the whole piece is given."""
    found = []
    for piece in pieces(field.text):
        whole = await llm.moderate(piece.of(field.text))
        if not hits(whole):
            continue
        sentences = sentence_spans(field.text, piece.start, piece.end)
        alone = [(span, await llm.moderate(span.of(field.text))) for span in sentences] if len(sentences) > 1 else []
        flagged = [(span, said) for span, said in alone if hits(said)]
        found += flagged or [(piece, whole)]
    return found


def pieces(text: str) -> list[Span]:
    """The text in runs of whole sentences that are short enough to be asked about."""
    runs: list[Span] = []
    for span in sentence_spans(text):
        if runs and span.end - runs[-1].start <= PIECE:
            runs[-1] = Span(runs[-1].start, span.end)
        else:
            runs.append(span)
    return runs


def hits(said: Moderation) -> dict[str, float]:
    """The categories that a verdict gives, with their scores."""
    return {
        name: said.scores.get(name, 0.0)
        for name in CATEGORIES
        if said.categories.get(name) or said.scores.get(name, 0.0) >= FROM
    }


def drafts_of(field: TextField, flagged: Sequence[tuple[Span, Moderation]], packs: Sequence[Pack]) -> list[Draft]:
    """One finding a sentence and clause: its weightiest category."""
    known = {(pack.id, clause.id): clause for pack in packs for clause in pack.clauses}
    found: list[Draft] = []
    for span, said in flagged:
        by_clause: dict[str, tuple[str, float]] = {}
        for name, score in sorted(hits(said).items(), key=lambda one: -one[1]):
            by_clause.setdefault(CATEGORIES[name][0], (name, score))
        for clause_id, (name, score) in by_clause.items():
            clause = known.get((PACK, clause_id))
            if clause is None:
                continue
            _, level, severity = CATEGORIES[name]
            found.append(
                Draft(
                    category=clause.category, level=level, severity=severity, confidence=round(min(score, 0.9), 2),
                    field=field.field, section_id=field.section_id, span=span, quote=span.of(field.text),
                    rationale=f"The moderation model of the provider sees '{name}' here; it doesn't know the context.",
                    pack=PACK, clause_id=clause_id, evidence=[{"model": said.model, "category": name, "score": round(score, 3)}],
                    suggestion=None, detector=DETECTOR,
                )
            )  # fmt: skip
    return found
