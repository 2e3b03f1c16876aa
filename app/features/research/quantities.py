"""What two sentences about the same thing say of its numbers, dates and units, and whether one denies the other.

`compare` reads English; figures and years are compared in any language.
"""

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from app.features.research.amounts import Reader
from app.features.research.numerals import Bound, Quantity
from app.features.research.units import POUND, UNITS
from app.features.research.wordlists import FUNCTION, LIGHT, MONTHS, NEGATIONS, OPPOSITE_OF, stem
from app.shared.text import word_spans, words

Verdict = Literal["agree", "differ", "not_comparable"]
On = Literal["number", "date", "unit", "negation", "meaning"]

NAME_WEIGHT, LIGHT_WEIGHT = 2.0, 0.4
"""Of a name and of a word that goes with everything, among the words that two sentences share."""
LEAST_SHARED = 0.5
"""Share of the lighter sentence's weight that must be common for both to be about the same thing."""
LEAST_SHARED_TO_DENY = 0.7
LEAST_WORDS_TO_DENY = 3
NEAR_DENIAL = 6
"""Words between a negation and what it denies."""
SLACK: dict[str, float] = {"converted": 0.03, "about": 0.12}
ABOUT_YEARS = 5


class Comparison(Struct, frozen=True):
    """`on` and the two amounts where there are such; `shared`: 0 to 1, how much of the shorter sentence both say."""

    verdict: Verdict
    on: On | None = None
    first: Quantity | None = None
    second: Quantity | None = None
    shared: float = 0.0
    explanation: str = ""


def quantities(sentence: str) -> list[Quantity]:
    """All amounts of a sentence in the order in which they stand, none overlapping another. Words in English; figures and
    years in any language."""
    return Reader(sentence).read()


def compare(a: str, b: str) -> Comparison:
    """Whether two sentences about the same thing can both be true, as far as numbers, dates, units, negation and plain
    opposites tell. Sentences about different things are not comparable, whatever their numbers."""
    first, second = _Read.of(a), _Read.of(b)
    shared = _shared(first, second)
    if shared < LEAST_SHARED:
        return Comparison("not_comparable", shared=shared)
    by_amount = _by_amounts(first, second, shared)
    if by_amount.verdict == "differ":
        return by_amount
    if (denied := _denied(first, second)) and shared >= LEAST_SHARED_TO_DENY:
        return Comparison("differ", "negation", None, None, shared, f"One says it, the other denies it ('{denied}').")
    if shared >= 0.7 and (opposite := _opposite(first, second)):
        return Comparison(
            "differ", "meaning", None, None, shared, f"One says '{opposite[0]}', the other '{opposite[1]}'."
        )
    return by_amount


class _Read(Struct, frozen=True):
    """A sentence as it is compared."""

    text: str
    amounts: list[Quantity]
    weights: dict[str, float]
    names: frozenset[str]
    stems: list[str]
    said: list[str]
    negations: int

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(text: str) -> "_Read":
        amounts = quantities(text)
        weights: dict[str, float] = {}
        names: set[str] = set()
        stems: list[str] = []
        said: list[str] = []
        for number, span in enumerate(word_spans(text)):
            word = span.of(text)
            lower = word.lower().replace("’", "'")
            root = content_stem(lower)
            said.append(lower)
            stems.append(root or lower)
            inside = any(one.span.start <= span.start < one.span.end for one in amounts)
            if root is None or inside or (lower in UNITS and len(lower) > 2) or lower in POUND or lower in MONTHS:
                continue
            is_name = (word[0].isupper() and number > 0) or (any(map(str.isdigit, word)) and word[0].isalpha())
            if is_name:
                names.add(root)
            weights[root] = (
                NAME_WEIGHT if is_name else LIGHT_WEIGHT if root in LIGHT else max(1.0, weights.get(root, 1))
            )
        negations = sum(word in NEGATIONS or word.endswith("n't") for word in said)
        return _Read(text, amounts, weights, frozenset(names), stems, said, negations)


@lru_cache(maxsize=100_000)
def content_stem(word: str) -> str | None:
    """The stem of a word that carries meaning; None for one that only joins."""
    word = re.sub(r"'s?$|n't$", "", word)
    if not word or word in FUNCTION or (len(word) == 1 and not word.isdigit()):
        return None
    return stem(word)


def content_stems(text: str) -> list[str]:
    """The stems of all words that carry meaning, in order."""
    found = (content_stem(word.lower().replace("’", "'")) for word in words(text))
    return [root for root in found if root]


def _shared(a: _Read, b: _Read) -> float:
    """Weight of the common words over the lighter sentence's; 0 where each names somebody or something that the other
    doesn't, or too little is common to tell."""
    common = a.weights.keys() & b.weights.keys()
    weight = sum(max(a.weights[stem], b.weights[stem]) for stem in common)
    names = {stem for stem in common if stem in a.names or stem in b.names}
    lightest = min(
        sum(one.weights[stem] if stem not in names else NAME_WEIGHT for stem in one.weights) for one in (a, b)
    )
    if not lightest or weight < 2 or (len(common) < 2 and weight < lightest):
        return 0.0
    if a.names - b.weights.keys() and b.names - a.weights.keys() and not names:
        return 0.0
    share = weight / lightest
    alone_a, alone_b = a.names - b.weights.keys(), b.names - a.weights.keys()
    if alone_a and alone_b:  # "the voyage to Jamaica" and "the voyage to Barbados"
        share *= 0.6
    return min(1.0, share)


def _by_amounts(a: _Read, b: _Read, shared: float) -> Comparison:
    agreed: Comparison | None = None
    for dimension in dict.fromkeys(one.dimension for one in a.amounts):
        mine = [one for one in a.amounts if one.dimension == dimension]
        theirs = [one for one in b.amounts if one.dimension == dimension]
        left = [one for one in mine if not any(_same(one, other) for other in theirs)]
        right = [other for other in theirs if not any(_same(one, other) for one in mine)]
        if len(left) < len(mine) and agreed is None:
            one, other = next((one, other) for one in mine for other in theirs if _same(one, other))
            agreed = Comparison("agree", _on(dimension), one, other, shared)
        for one in left:
            for other in right:
                if _of_the_same(one, other, a, b, alone=len(mine) == len(theirs) == 1):
                    return Comparison(
                        "differ", _why(one, other), one, other, shared, f"{one.text} against {other.text}"
                    )
    if not agreed and (pair := _only_units_differ(a, b)):
        return Comparison("differ", "unit", *pair, shared, f"{pair[0].text} against {pair[1].text}")
    return agreed or Comparison("not_comparable", shared=shared)


def _on(dimension: str) -> On:
    return "date" if dimension in {"date", "clock"} else "number"


def _why(one: Quantity, other: Quantity) -> On:
    if one.unit != other.unit and one.stated == other.stated and one.dimension not in {"number", "ordinal", "date"}:
        return "unit"
    return _on(one.dimension)


def _only_units_differ(a: _Read, b: _Read) -> tuple[Quantity, Quantity] | None:
    """The same figure of different things measured: 5 kilometres and 5 kilograms."""
    measured = [
        [one for one in read.amounts if one.dimension not in {"number", "date", "ordinal", "clock"}] for read in (a, b)
    ]
    if len(measured[0]) != 1 or len(measured[1]) != 1:
        return None
    one, other = measured[0][0], measured[1][0]
    return (one, other) if one.dimension != other.dimension and one.stated == other.stated else None


def _same(one: Quantity, other: Quantity) -> bool:
    """Whether two amounts can be the same: dates that overlap, figures within what their wording leaves open."""
    if one.dimension == "money" and one.unit != other.unit:
        return True  # another currency, which nobody here can convert
    if one.dimension == "number" and one.unit and other.unit and not _same_thing(one.unit, other.unit):
        return False
    if one.dimension == "date":
        years = ABOUT_YEARS if "about" in {one.bound, other.bound} else 0
        if (one.low < 1) != (other.low < 1) and (0 <= one.low < 1 or 0 <= other.low < 1):
            return True  # a day without its year
        return one.low < other.high + years and other.low < one.high + years
    x, y = one.value, other.value
    if one.bound == other.bound and x == y:
        return True
    slack = _slack(one, other)
    near = abs(x - y) <= slack * max(abs(x), abs(y)) + _rounding(one, other)
    return near or _within(one.bound, x, y, slack) or _within(other.bound, y, x, slack)


def _slack(one: Quantity, other: Quantity) -> float:
    if "about" in {one.bound, other.bound}:
        return SLACK["about"]
    return SLACK["converted"] if one.unit != other.unit and one.dimension not in {"number", "ordinal"} else 1e-9


def _within(bound: Bound, limit: float, value: float, slack: float) -> bool:
    """`over a thousand` fits up to three times as much, `under` down to a third."""
    if bound == "over":
        return limit * (1 - slack) <= value <= 3 * limit
    return bound == "under" and limit / 3 <= value <= limit * (1 + slack)


def _rounding(one: Quantity, other: Quantity) -> float:
    """5 may stand for 5.1: half of the last place of the one that is given with fewer decimals, in SI."""
    if one.unit != other.unit or not one.stated or float(one.stated).is_integer() == float(other.stated).is_integer():
        return 0.0
    whole = one if float(one.stated).is_integer() else other
    return 0.5 * abs(whole.value / whole.stated) if whole.stated and whole.dimension != "temperature" else 0.5


def _of_the_same(one: Quantity, other: Quantity, a: _Read, b: _Read, *, alone: bool) -> bool:
    """Whether two amounts say how much of the same: the only ones of their kind, or with common words beside them."""
    if one.dimension in {"number", "ordinal"}:
        if one.unit and other.unit:
            return _same_thing(one.unit, other.unit) and (one.dimension == "number" or alone)
        return alone and one.dimension == "number"
    return alone or bool(_beside(one, a.text) & _beside(other, b.text))


def _same_thing(one: str, other: str) -> bool:
    return content_stem(one) == content_stem(other)


def _beside(one: Quantity, text: str, reach: int = 40) -> set[str]:
    """The words that carry meaning near an amount."""
    near = f"{text[max(0, one.span.start - reach) : one.span.start]} {text[one.span.end : one.span.end + reach]}"
    return {stem for stem in content_stems(near) if stem not in LIGHT and stem not in UNITS}


def _denied(a: _Read, b: _Read) -> str | None:
    """The common word that one of the two denies and the other doesn't."""
    if (a.negations % 2) == (b.negations % 2) and bool(a.negations) == bool(b.negations):
        return None
    denying, other = (a, b) if a.negations and (a.negations % 2 or not b.negations) else (b, a)
    common = {stem for stem in denying.weights.keys() & other.weights.keys() if stem not in LIGHT}
    if len(common) < LEAST_WORDS_TO_DENY:
        return None
    for place, word in enumerate(denying.said):
        if word in NEGATIONS or word.endswith("n't"):
            for near in range(place + 1, min(place + 1 + NEAR_DENIAL, len(denying.stems))):
                if denying.stems[near] not in common or denying.stems[near] in denying.names:
                    continue
                if denying.stems.count(denying.stems[near]) > 1:
                    break  # "this angle is not the angle in the tables" tells two things apart and denies neither
                return denying.said[near]
    return None


def _opposite(a: _Read, b: _Read) -> tuple[str, str] | None:
    mine, theirs = set(a.stems) - set(b.stems), set(b.stems) - set(a.stems)
    found = next((stem for stem in a.stems if stem in mine and OPPOSITE_OF.get(stem) in theirs), None)
    if found is None:
        return None
    return a.said[a.stems.index(found)], b.said[b.stems.index(OPPOSITE_OF[found])]
