"""Open loops: what is promised for later, and whether it is ever taken up. English.

A loop opens with a teaser (I'll come back to that; more on that in a minute; stay till the end) or with a question in the
first tenth that the next two sentences don't take up. It closes where a later sentence says so (remember the burr; as
promised) or uses two of the opening's rare words, or one that nothing between has used.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.features.dna.address import ANSWERED_WITHIN, is_question
from app.features.dna.clauses import units
from app.features.dna.corpus import Document, Sentence
from app.features.dna.rhythm import Measured
from app.features.dna.wordlists import word_set
from app.shared.evidence import Span
from app.shared.text import FUNCTION_WORDS

OPENING_SHARE = 0.1
"""Of the words: a question later than this is part of the explanation, not a promise."""
LEAST_GAP = 3
"""Sentences between a loop and what closes it, at least: nearer, it is only the next thing said."""


class Loop(Struct, frozen=True):
    """Where it opens; `closed_at` is where it is taken up, None where it never is."""

    kind: str
    span: Span
    position: float
    closed_at: Span | None


_TEASER_WORDS = word_set(
    "later minute second moment bit end sec soon back twist wait until till before stick stay promise promised hold "
    "surprise surprised guess yet come coming get leave next reveal happens happened video own turns"
)
_TEASER = re.compile(
    r"\b(?:(?:i'll|we'll|i'm (?:going to|gonna)|we're (?:going to|gonna)|i will|we will|let's) (?:come|get|circle|return|go) (?:back )?(?:to|into|there)\b.{0,30}\b(?:later|minute|second|sec|moment|bit|soon|end|shortly|that|this|it)"
    r"|(?:we'll|i'll|we will) (?:break in there|need (?:it|that|them)|see (?:it|that|him|her|them|why|how)|use (?:it|that)|meet (?:him|her|it)|tell you (?:about|who|why|what|how)|show you|explain|talk about)\b.{0,50}\b(?:later|in a (?:minute|second|sec|moment|bit)|in just a|at the (?:very )?end|soon|shortly|before we)"
    r"|(?:more (?:on|about) (?:that|this|it|him|her|which)|hold (?:that|on to that) thought|keep (?:that|this|it) (?:\w+ )?in mind|remember (?:that|this) (?:for later|number|name)|but first\b|but (?:before|we'll)\b.{0,20}\b(?:that|there))"
    r"|(?:stay|stick|keep watching|hang) (?:around |on |with me )?(?:till|until|to|for) the (?:very )?end|stick around|at the very end i'll|there's a (?:twist|catch|surprise|snag)(?=[,.]| that| and|$)"
    r"|(?:deserves|needs|is for) (?:a|another|its own) (?:video|episode|post|chapter|story)|(?:story|one|topic) for another (?:day|time|video)|i'll (?:leave|save|keep) (?:that|it|this)\b.{0,30}\b(?:later|end|last)"
    r"|(?:you'll|you will) (?:see|understand|find out|be surprised) (?:why|how|what|that|who)?\b.{0,25}\b(?:in a (?:minute|second|moment|bit)|later|soon|at the end|before long)"
    r"|(?:here's|this is) (?:what really|where it) gets\b|(?:won't|wouldn't|never) (?:believe|guess) what|(?:what|who) (?:happened|came) next\b|the (?:trouble|secret|answer|reason) is (?:hidden|coming)|i'll show you (?:how to use it|later)|mistake that cost me|the part (?:most|that most) \w+ leave)\b"
)
_CLOSES = re.compile(
    r"\b(?:remember (?:the|that|this|when|how|what)|as (?:i )?promised|(?:i )?promised (?:you)?|like i (?:said|promised)|back to (?:that|the)|(?:that|the) \w+ (?:that )?i (?:mentioned|told you about|was talking about|promised)|(?:so )?(?:what's|here's) (?:the|that) (?:twist|trick|catch|secret|answer|nasty|mistake)|and here's that|about that \w+|(?:the thing|what) i (?:told|was telling) you|which brings us|now,? (?:the part|that)|here's where)\b"
)
_STEM = 5
"""Letters by which two words are the same: enough for plurals and tenses."""
_COMMON = frozenset(FUNCTION_WORDS["en"].split()) | word_set(
    "about again because before could every first going gonna i'll know later like little make makes many minute moment most "
    "much never nobody people really right second should show since something still tell than that's their them then there "
    "these they'll thing things think those thought through time today until very want wants watch we'll well what's when where "
    "which while will with would year years you'll your video another other come back here here's even just more over into some "
    "only does doesn't didn't don't can't wasn't isn't after always anything around being been look take part tell talk "
    "left leave stay stick around"
)  # fmt: skip


def find_loops(document: Document) -> list[Loop]:
    """Every loop in order, with the sentence that closes it."""
    said = units(document)
    total = max(1, sum(len(unit.words) for unit in said))
    found: list[Loop] = []
    before = 0
    for index, unit in enumerate(said):
        kind = _opens(said, index, before / total)
        if kind:
            found.append(Loop(kind, unit.span, round(before / total, 4), _closed_at(said, index)))
        before += len(unit.words)
    return found


def open_loops(document: Document) -> Measured | None:
    return (1000.0 * len(find_loops(document)), len(document.words)) if document.words else None


def closed_loops(document: Document) -> Measured | None:
    """The share of loops that are taken up again."""
    found = find_loops(document)
    return (sum(loop.closed_at is not None for loop in found), len(found)) if found else None


def show_loops(document: Document) -> list[Span]:
    return [loop.span for loop in find_loops(document)]


def show_closed(document: Document) -> list[Span]:
    """The sentences that close a loop."""
    return [loop.closed_at for loop in find_loops(document) if loop.closed_at is not None]


def _opens(said: Sequence[Sentence], index: int, position: float) -> str | None:
    unit = said[index]
    if not _TEASER_WORDS.isdisjoint(unit.words) and _TEASER.search(" ".join(unit.words)):
        return "teaser"
    if position < OPENING_SHARE and is_question(unit) and len(unit.words) >= 4 and index + 1 < len(said):
        if is_question(said[index + 1]):
            return None
        topic = _topic(unit)
        following = said[index + 1 : index + 1 + ANSWERED_WITHIN]
        if topic and not any(topic & _stems(answer.words) for answer in following):
            return "question"
    return None


def _closed_at(said: Sequence[Sentence], index: int) -> Span | None:
    """The first later sentence that says that it closes, or that has the loop's own words again."""
    topic = _topic(said[index])
    if len(topic) < 2 and index:
        topic |= _topic(said[index - 1])
    between = frozenset[str]()
    for place in range(index + 1, len(said)):
        stems = _stems(said[place].words)
        if place - index >= LEAST_GAP:
            shared = topic & stems
            if len(shared) >= 2 or shared - between:
                return said[place].span
            if _CLOSES.search(" ".join(said[place].words)) and (shared or not topic - between or _named(said[place])):
                return said[place].span
        between |= stems
    return None


def _named(unit: Sentence) -> bool:
    return any(word in {"twist", "trick", "catch", "secret", "promised", "mentioned", "mistake"} for word in unit.words)


def _topic(unit: Sentence) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in unit.words if len(word) > 3 and word not in _COMMON)


def _stems(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in words if len(word) > 3)
