"""Catchphrases: word n-grams that a creator says far more often than others do, in one video after another."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.features.dna.corpus import MASK, Document, evidence
from app.features.dna.function_words import FUNCTION_WORDS
from app.features.dna.listing import listed, unmarked
from app.shared.evidence import Evidence

SHORTEST, LONGEST = 2, 6
LEAST_SOURCES, LEAST_SHARE = 3, 0.2
LEAST_COUNT = 3
MOST_A_SOURCE = 5
"""Occurrences that one source may bring: what is said twenty times in one video is its topic."""
PRIOR_SHARE = 0.1
"""Pseudo-counts of the prior for each n-gram of the background: 0.1 makes a phrase that nobody else says need about
five occurrences."""
UNSEEN = 0.5
"""Occurrences of what the background doesn't list: it keeps what two speakers or more say."""
LEAST_Z = 1.96
MOST_CATCHPHRASES = 12
MOST_NAMED = 0.5
MOST_ALIKE = 0.7
"""Of its occurrences with the same neighbour: beyond, a phrase is a piece of a longer one."""
PAIRS_SHARE = 0.5
"""Of the sources that a phrase of two words must be in: fewer share a topic rather than a habit."""
EDGE = 0.1
"""Of a source's length at either end: an opening or an ending."""

_SILENT = str.maketrans("", "", "'")
_PLAIN = frozenset(word.translate(_SILENT) for word in FUNCTION_WORDS) | {MASK}
_NEVER_FIRST = listed("and but or of because cause yeah so that which than nor")
_NEVER_LAST = unmarked("that's there's you're i'm i've don't") | listed(
    """
    a an the of to and or but in on at for with from by as my your our their his her its is are was were be i we he
    she its because if so like that this these those very about there were into than can
    will would could should do does did has have had not just really when what how where who you they
    """
)


class Catchphrase(Struct):
    """A phrase with how often, in how many sources, how distinctive, and where in a video it tends to come."""

    phrase: str
    count: int
    n_sources: int
    z: float
    position: float
    """Median place in the source, 0 to 1."""
    examples: list[Evidence]
    place: str = "throughout"
    """`opening` or `ending` where most of its occurrences stand in the first or last tenth, else `throughout`."""


class Prior(Struct, frozen=True):
    """How often n-grams occur among other speakers: hashes (rising) with counts, and the number of n-grams."""

    hashes: dict[int, Any]
    counts: dict[int, Any]
    tokens: list[int]

    def count(self, words: Sequence[str]) -> int:
        hashes = self.hashes[len(words)]
        key = np.uint64(phrase_key(words))
        place = int(np.searchsorted(hashes, key))
        return int(self.counts[len(words)][place]) if place < len(hashes) and hashes[place] == key else 0


@dataclass(frozen=True, slots=True)
class _Text:
    """All words of the corpus in a row, numbered. `ends`: for each word the end of its sentence; `sources`: of its
    document; `firsts`: where each document begins."""

    words: list[str]
    numbers: NDArray[np.uint64]
    ends: NDArray[np.int64]
    sources: NDArray[np.int64]
    firsts: list[int]


@dataclass(frozen=True, slots=True)
class _Candidate:
    gram: tuple[str, ...]
    z: float
    n_sources: int
    rows: NDArray[np.int64]
    """Where it begins among the corpus' words."""

    @property
    def weight(self) -> tuple[float, tuple[str, ...]]:
        """Longer phrases first where they are about as distinctive."""
        return -self.z * len(self.gram) ** 0.5, self.gram


@cache
def load_prior() -> Prior:
    with np.load(Path(__file__).parent / "background/phrases.npz") as file:
        sizes = range(1, LONGEST + 1)
        hashes, counts = {n: file[f"hashes_{n}"] for n in sizes}, {n: file[f"counts_{n}"] for n in sizes}
        return Prior(hashes, counts, [0, *(int(total) for total in file["tokens"])])


def phrase_key(words: Sequence[str]) -> int:
    """The 64-bit hash under which background/phrases.npz counts the phrase."""
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "little")


def phrase_words(document: Document) -> list[str]:
    """The normalised words without apostrophes, which bare speech recognition leaves out."""
    return [word.translate(_SILENT) if "'" in word else word for word in document.normalised]


def catchphrases(documents: Sequence[Document], language: str) -> list[Catchphrase]:
    """Weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008), z of 1.96 or more; in at
    least three sources, or in two that are a fifth of all; within sentences, neither grammar alone nor a name. Of
    phrases that overlap only the strongest stays. None
    but in English, as the background is."""
    if language != "en":
        return []
    prior = load_prior()
    ordered = sorted(documents, key=lambda document: document.source_id)
    text = _laid_out(ordered)
    found = [
        candidate for size in range(SHORTEST, LONGEST + 1) for candidate in _candidates(text, size, len(ordered), prior)
    ]
    kept: list[_Candidate] = []
    read: list[Catchphrase] = []
    for candidate in sorted(found, key=lambda one: one.weight):
        if any(_overlaps(candidate.gram, other.gram) for other in kept):
            continue
        if (phrase := _read(candidate, ordered, text)) is not None:
            kept.append(candidate)
            read.append(phrase)
        if len(read) == MOST_CATCHPHRASES:
            break
    return read


def log_odds_z(count: float, total: float, other: float, others: float, share: float = PRIOR_SHARE) -> float:
    """z of the difference of log-odds of an n-gram here (count of total) and there (other of others). The prior is the
    pooled frequency, as if seen in *share* times *others* more n-grams on either side."""
    weight = share * others
    prior = weight * (count + other) / (total + others)
    here = math.log((count + prior) / (total + weight - count - prior))
    there = math.log((other + prior) / (others + weight - other - prior))
    return (here - there) / math.sqrt(1 / (count + prior) + 1 / (other + prior))


def _laid_out(documents: Sequence[Document]) -> _Text:
    said = [phrase_words(document) for document in documents]
    flat = [word for words in said for word in words]
    known = {word: number for number, word in enumerate(dict.fromkeys(flat), start=1)}
    firsts = [0, *(int(end) for end in np.cumsum([len(words) for words in said]))]
    ends = [
        np.repeat(first + np.cumsum(document.lengths), document.lengths.astype(int))
        for first, document in zip(firsts, documents, strict=False)
    ]
    return _Text(
        flat,
        np.array([known[word] for word in flat], np.uint64),
        np.concatenate(ends).astype(np.int64) if ends else np.zeros(0, np.int64),
        np.repeat(np.arange(len(said)), [len(words) for words in said]),
        firsts,
    )


def _candidates(text: _Text, size: int, sources: int, prior: Prior) -> list[_Candidate]:
    """The n-grams of this size that occur often enough in enough sources and stand out."""
    starts = np.flatnonzero(np.arange(len(text.words)) + size <= text.ends)
    if not len(starts):
        return []
    keys = np.zeros(len(starts), np.uint64)
    for offset in range(size):
        keys = (keys ^ text.numbers[starts + offset]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    order = np.argsort(keys, kind="stable")
    begins = np.flatnonzero(np.diff(keys[order], prepend=keys[order][0] + np.uint64(1)))
    counts = np.diff(begins, append=len(order))
    found: list[_Candidate] = []
    needed = min(LEAST_SOURCES, max(2, math.ceil(LEAST_SHARE * sources)))
    for begin, count in zip(begins[counts >= LEAST_COUNT], counts[counts >= LEAST_COUNT], strict=True):
        rows = starts[order[begin : begin + count]]
        per_source = Counter(text.sources[rows].tolist())
        gram = tuple(text.words[rows[0] : rows[0] + size])
        wanted = max(needed, PAIRS_SHARE * sources) if size == SHORTEST else needed
        if len(per_source) < wanted or _is_plain(gram) or _goes_on(text, rows, size):
            continue
        heard = sum(min(times, MOST_A_SOURCE) for times in per_source.values())
        z = log_odds_z(heard, len(starts), prior.count(gram) or UNSEEN, prior.tokens[size])
        if z >= LEAST_Z:
            found.append(_Candidate(gram, z, len(per_source), rows))
    return found


def _is_plain(gram: Sequence[str]) -> bool:
    """Function words alone are grammar; a phrase that begins or ends in the middle of another is a piece of it."""
    return gram[0] in _NEVER_FIRST or gram[-1] in _NEVER_LAST or all(word in _PLAIN for word in gram)


def _goes_on(text: _Text, rows: NDArray[np.int64], size: int) -> bool:
    """Whether it is a piece of a longer phrase: mostly the same word follows, or comes before. An 'and' before it
    doesn't count, as the phrase stands without."""
    after = rows[rows + size < text.ends[rows]] + size
    before = rows[(rows > 0) & (text.ends[rows - 1] == text.ends[rows])] - 1
    following, leading = (Counter(text.words[place] for place in places.tolist()) for places in (after, before))
    for word in _NEVER_FIRST:
        leading.pop(word, None)
    return max((*following.values(), *leading.values()), default=0) > MOST_ALIKE * len(rows)


def _overlaps(gram: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """One within the other, or the end of one the beginning of the other by half."""
    short, long = sorted((gram, other), key=len)
    if any(long[start : start + len(short)] == short for start in range(len(long) - len(short) + 1)):
        return True
    least = (len(short) + 1) // 2
    return any(long[-n:] == short[:n] or short[-n:] == long[:n] for n in range(least, len(short)))


def _read(candidate: _Candidate, documents: Sequence[Document], text: _Text) -> Catchphrase | None:
    """The phrase as it is spelt, with quotes; None where it is a name."""
    size = len(candidate.gram)
    spans = [
        (int(source), documents[source].span_of(int(row) - text.firsts[source], size))
        for source, row in zip(text.sources[candidate.rows], candidate.rows, strict=True)
    ]
    spelt = [span.of(documents[source].text) for source, span in spans]
    if sum(map(_is_name, spelt)) > MOST_NAMED * len(spelt):
        return None
    positions = [span.start / max(1, len(documents[source].text)) for source, span in spans]
    examples: list[Evidence] = []
    for source in dict.fromkeys(source for source, _ in spans):
        span = next(span for other, span in spans if other == source)
        if len(examples) < 3 and (quote := evidence(documents[source], span)):
            examples.append(quote)
    plain = Counter(" ".join(one.lower().split()) for one in spelt)
    phrase = min(plain, key=lambda one: (-plain[one], len(one), one))
    median = round(float(np.median(positions)), 3)
    return Catchphrase(
        phrase, len(spans), candidate.n_sources, round(candidate.z, 2), median, examples, _place(positions)
    )


def _place(positions: Sequence[float]) -> str:
    begun, ended = sum(place < EDGE for place in positions), sum(place > 1 - EDGE for place in positions)
    return "opening" if begun * 2 > len(positions) else "ending" if ended * 2 > len(positions) else "throughout"


def _is_name(spelt: str) -> bool:
    """Whether each of its words of content begins with a capital, as in 'Open Source'; the first word of a sentence
    begins with one anyway and says nothing."""
    content = [word for word in spelt.split() if word.strip(",.;:!?").lower().translate(_SILENT) not in _PLAIN]
    capitals = [word[:1].isupper() for word in content]
    return len(content) >= 2 and all(capitals)
