"""What a search asks for, how the legs are fused, and where a hit's words stand: pure functions."""

import re
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from app.shared.evidence import Span
from app.shared.text import word_spans

RANK_CONSTANT = 60
"""Of reciprocal rank fusion (Cormack, Clarke, Buettcher 2009)."""
BM25_K1, BM25_B = 1.5, 0.75
"""Within Robertson's usual range; measured, see docs/benchmarks.md."""
WORDS_ONLY_WEIGHT = 0.2
"""Of the vector leg when the embedder sees words only, so that BM25 leads; measured, see docs/benchmarks.md."""
FARTHEST = {True: 1.0, False: 0.95}
"""Cosine distance at which the vector leg stops, by whether the embedder is semantic: chance shares some buckets."""
CANDIDATES = 50
HIGHLIGHT_ON, HIGHLIGHT_OFF = "\x02", "\x03"

_PHRASE = re.compile(r'(?:(?<=\s)|^)(-?)["“]([^"“”]{1,500})["”]')
_MINUS = re.compile(r"(?:^|\s)-([^\W\d_][\w'’-]*)")


class SearchQuery(Struct, frozen=True):
    """A query taken apart: the words to rank by, phrases that must stand, words and phrases that must not."""

    text: str
    phrases: list[str]
    excluded: list[str]


class Leg(Struct, frozen=True):
    """What one way of searching found, best first."""

    name: str
    weight: float
    found: Sequence[UUID]


class Ranked(Struct, frozen=True):
    chunk_id: UUID
    score: float
    ranks: dict[str, int]


def parse_query(query: str) -> SearchQuery:
    """`"exact words"` must stand, `-word` and `-"exact words"` must not; the rest ranks."""
    found = [(minus, phrase.strip()) for minus, phrase in _PHRASE.findall(query) if phrase.strip()]
    phrases = [phrase for minus, phrase in found if not minus]
    rest = _PHRASE.sub(" ", query)
    excluded = [*_MINUS.findall(rest), *(phrase for minus, phrase in found if minus)]
    ranking = " ".join([_MINUS.sub(" ", rest), *phrases])
    return SearchQuery(" ".join(ranking.split()), phrases, excluded)


def fuse(legs: Sequence[Leg], limit: int) -> list[Ranked]:
    """Reciprocal rank fusion: the sum of weight / (60 + rank) over the legs. A leg that found nothing has no say."""
    scores: dict[UUID, float] = defaultdict(float)
    ranks: dict[UUID, dict[str, int]] = defaultdict(dict)
    for leg in legs:
        for rank, chunk_id in enumerate(leg.found, 1):
            scores[chunk_id] += leg.weight / (RANK_CONSTANT + rank)
            ranks[chunk_id][leg.name] = rank
    order = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], str(chunk_id)))
    return [Ranked(chunk_id, round(scores[chunk_id], 6), ranks[chunk_id]) for chunk_id in order[:limit]]


def read_highlights(marked: str) -> tuple[list[Span], list[str]]:
    """Where the marks stand in the text without them, and the marked words in lower case, each once."""
    spans: list[Span] = []
    place, start = 0, 0
    for part in re.split(f"([{HIGHLIGHT_ON}{HIGHLIGHT_OFF}])", marked):
        if part == HIGHLIGHT_ON:
            start = place
        elif part == HIGHLIGHT_OFF:
            spans.append(Span(start, place))
        else:
            place += len(part)
    plain = unmarked(marked)
    return spans, list(dict.fromkeys(span.of(plain).lower() for span in spans))


def unmarked(marked: str) -> str:
    return marked.replace(HIGHLIGHT_ON, "").replace(HIGHLIGHT_OFF, "")


def words_beginning(text: str, lexemes: Sequence[str]) -> list[Span]:
    """The words that begin with one of the lexemes, which are stems."""
    return [span for span in word_spans(text) if span.of(text).lower().startswith(tuple(lexemes))]
