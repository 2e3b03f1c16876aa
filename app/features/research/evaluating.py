"""What a source says of itself: its kind, author and date, whether others carry what it says, and what speaks for caution."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from app.db.models import ClaimStatus, Stance
from app.features.research.factual import takes_sides
from app.features.research.judging import stands_still
from app.features.research.quantities import quantities
from app.features.research.schemas import ClaimRead, SourceEvaluation
from app.shared.text import sentence_spans

HEAD = 800
"""Characters at the beginning of a source, where it says what it is."""
READ = 20_000
SIDES_FROM = 0.06
"""Share of its sentences from which on a source takes sides."""
KINDS: tuple[tuple[str, float, str], ...] = (
    (
        "study",
        0.8,
        r"\b(?:abstract|doi:|et al\.|journal of|peer.reviewed|proceedings of|methods and results|references\n)",
    ),
    ("encyclopaedia", 0.7, r"\bencyclop(?:ae|e)di\w+|\bwikipedia\b"),
    ("lecture or textbook", 0.7, r"\b(?:lecture|course|textbook|chapter \d|syllabus|seminar)\b"),
    ("museum or archive", 0.7, r"\b(?:museum|archives?|library|gallery|heritage)\b"),
    ("official", 0.75, r"\b(?:ministry|department of|office for|government|commission report|act of parliament)\b"),
    ("news", 0.6, r"\b(?:reuters|associated press|correspondent|staff writer|reporter|newspaper|breaking)\b"),
    ("essay or opinion", 0.45, r"\b(?:essay|opinion|column|blog|i do not|i think|in my view)\b"),
    (
        "advertising",
        0.25,
        r"\b(?:buy now|order today|free trial|our product|limited offer|subscribe now|discount code)\b",
    ),
)
"""Each kind with how far it is relied on at first, and the signs of it, the first that fits."""
UNKNOWN = ("unknown", 0.5)
KNOWN_AUTHOR = KNOWN_DATE = 0.05
CORROBORATED, OUTVOTED, ONE_SIDED = 0.2, 0.1, 0.1
_KINDS = [(name, base, re.compile(signs, re.IGNORECASE)) for name, base, signs in KINDS]
_BYLINE = re.compile(
    r"(?:^|\n)[^\w\n]*+(?:[Bb]y|BY|[Aa]uthor:?)\s+((?:(?:Dr|Prof|Professor|Sir)\.?\s)?[A-Z][\w.'’\-]*(?:\s[A-Z][\w.'’\-]*){1,3})"
)
_DATELINE = re.compile(r"(?:^|\n)[^\w\n]*+(?:date|published|updated|revised|posted)\b:?\s*([^\n]{4,60})", re.IGNORECASE)


class Looked(Struct, frozen=True):
    """A source as it is weighed: what is known of it, and its text."""

    source_id: UUID
    title: str
    author: str | None
    published_at: datetime | None
    timed: bool
    text: str


def evaluate(sources: Sequence[Looked], claims: Sequence[ClaimRead]) -> list[SourceEvaluation]:
    """The sources that claims rest on, the most used first."""
    found = [_evaluation(source, claims) for source in sources]
    return sorted((one for one in found if one.claims), key=lambda one: (-one.claims, one.title))


def _evaluation(source: Looked, claims: Sequence[ClaimRead]) -> SourceEvaluation:
    mine = [claim for claim in claims if _speaks(claim, source.source_id, Stance.SUPPORTS)]
    carried = sum(claim.status is ClaimStatus.SUPPORTED for claim in mine)
    contested = sum(claim.status is ClaimStatus.CONTRADICTED for claim in mine)
    head = f"{source.title}\n{source.text[:HEAD]}"
    kind, base = next(((name, base) for name, base, signs in _KINDS if signs.search(head)), UNKNOWN)
    if kind == UNKNOWN[0] and source.timed:
        kind = "recording"
    author = source.author or ((found := _BYLINE.search(source.text[:HEAD])) and found.group(1)) or None
    published = source.published_at or _dated(source.text[:HEAD])
    notes, sided = [], _one_sided(source.text)
    if author is None:
        notes.append("It names no author.")
    if published is None:
        notes.append("It gives no date.")
    if sided:
        notes.append(f"It takes sides, for example: “{sided}”")
    if contested:
        notes.append(f"Another of your sources contradicts {_count(contested, 'claim')} of it.")
    if mine and not carried and len(mine) > 1:
        notes.append("No other of your sources carries what is quoted from it.")
    share = carried / len(mine) if mine else 0.0
    reliability = (
        base + KNOWN_AUTHOR * (author is not None) + KNOWN_DATE * (published is not None) + CORROBORATED * share
        - OUTVOTED * (contested / len(mine) if mine else 0.0) - ONE_SIDED * (sided is not None)
    )  # fmt: skip
    return SourceEvaluation(
        source.source_id, source.title, kind, author, published, len(mine), round(share, 2),
        round(min(1.0, max(0.0, reliability)), 2), notes,
    )  # fmt: skip


def _speaks(claim: ClaimRead, source_id: UUID, stance: Stance) -> bool:
    return any(one.source_id == source_id and one.stance is stance and stands_still(one) for one in claim.citations)


def _dated(head: str) -> datetime | None:
    """The day, or the first of the month or year, that a date line gives."""
    line = _DATELINE.search(head)
    dates = [one for one in quantities(line.group(1)) if one.dimension == "date" and one.low > 1000] if line else []
    if not dates:
        return None
    year, rest = divmod(dates[-1].low + 1e-6, 1)
    month = int(rest * 12)
    day = int((rest * 12 - month) * 31) + 1 if dates[-1].high - dates[-1].low < 0.01 else 1
    return datetime(int(year), month + 1, min(day, 28), tzinfo=UTC)


def _one_sided(text: str) -> str | None:
    """A sentence that takes sides, where enough of them do."""
    said = [" ".join(span.of(text[:READ]).split()) for span in sentence_spans(text[:READ])]
    sides = [one for one in said if len(one.split()) >= 4 and takes_sides(one)]
    return min(sides, key=len)[:160] if said and len(sides) / len(said) >= SIDES_FROM else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
