"""Numbers in a sentence: its figures and number words, one after the other."""

import re
from typing import Literal

from msgspec import Struct

from app.features.research.units import Dimension
from app.features.research.wordlists import FRACTIONS, SCALES, SMALL, TENS
from app.shared.evidence import Span

Bound = Literal["exact", "about", "over", "under"]

_BOUNDS: dict[Bound, str] = {
    "about": "about around roughly approximately approx almost nearly some circa c ca close-to near perhaps",
    "over": "over exceeding above beyond",
    "under": "under below within",
}
_BOUND_OF = {word: bound for bound, words in _BOUNDS.items() for word in words.split()}
_TWO_WORD_BOUNDS: dict[str, Bound] = {
    "more than": "over", "greater than": "over", "at least": "over", "no less": "over", "less than": "under",
    "fewer than": "under", "at most": "under", "up to": "under", "no more": "under", "close to": "about",
}  # fmt: skip

_TOKEN = re.compile(
    r"(?P<figure>(?:(?:(?<=\s)|(?<=\()|^)[-−])?(?:\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d+(?:[.,]\d+)?))"
    r"|(?P<word>[^\W\d_]+(?:['’\-][^\W\d_]+)*(?:/[^\W\d_]+)?[²³]?)|(?P<sign>US\$|[$£€¥₹%°½¼¾–—/:])|(?P<stop>[.,;!?()\[\]…])"
)
_GLUED_FRACTION = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_NAMED = re.compile(r"\b(?=[^\W_]*[^\W\d_])[^\W\d_][^\W_]*\d[^\W_]*\b")


class Quantity(Struct, frozen=True):
    """An amount. `low` and `high` are the same but for what is a stretch by its nature, such as a century; dates are years
    with their fraction, negative before our era. `unit` is the unit's name, or what is counted."""

    span: Span
    text: str
    dimension: Dimension
    low: float
    high: float
    stated: float
    """The number as it is said, before its unit."""
    unit: str | None = None
    bound: Bound = "exact"

    @property
    def value(self) -> float:
        return self.low if self.low == self.high else (self.low + self.high) / 2


class _Token(Struct, frozen=True):
    start: int
    end: int
    text: str
    kind: str
    lower: str


class Numerals:
    """Walks through a sentence's words and figures; `at` is the present place."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        named = [match.span() for match in _NAMED.finditer(sentence)]
        self.tokens = [
            _Token(match.start(), match.end(), match.group(), str(match.lastgroup), match.group().lower().replace("’", "'"))
            for match in _TOKEN.finditer(sentence)
            if not any(start <= match.start() < end for start, end in named)
        ]  # fmt: skip
        self.at = 0

    def _peek(self, ahead: int = 0) -> _Token | None:
        place = self.at + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    def _word(self, ahead: int = 0) -> str:
        token = self._peek(ahead)
        return token.lower if token and token.kind == "word" else ""

    def _figure(self, ahead: int = 0) -> str:
        token = self._peek(ahead)
        return token.text if token and token.kind == "figure" else ""

    def _made(
        self, first: int, dimension: Dimension, low: float, high: float, stated: float, unit: str | None = None
    ) -> Quantity:
        """From the token *first* to the one before the present place."""
        span = Span(self.tokens[first].start, self.tokens[self.at - 1].end)
        return Quantity(span, span.of(self.sentence), dimension, low, high, stated, unit, self._bound(first))

    def _bound(self, first: int) -> Bound:
        words = [token.lower for token in self.tokens[max(0, first - 3) : first]]
        if two := _TWO_WORD_BOUNDS.get(" ".join(words[-2:])):
            return two
        if words and words[-1] in {"than", "the", "a"} and (two := _TWO_WORD_BOUNDS.get(" ".join(words[-3:-1]))):
            return two
        return _BOUND_OF.get(words[-1], "exact") if words else "exact"

    def _number(self) -> float | None:
        """A number in figures or words, scales and fractions with it; None leaves the place as it was."""
        here = self.at
        total = self._plain_number()
        if total is None:
            self.at = here
            return None
        while (scale := SCALES.get(self._word())) and not (self._word() == "k" and not self._glued()):
            total *= scale
            self.at += 1
            joined = self._word() == "and"
            if joined:
                self.at += 1
            more = (
                self._plain_number()
                if self._word() in SMALL or self._word() in TENS or self._tens() is not None
                else None
            )
            if more is not None and more < scale:
                if following := SCALES.get(self._word()):
                    total = (total + more) * following if following > scale else total + more * following
                    self.at += 1
                else:
                    total += more
            elif joined:
                self.at -= 1
        if self._word() == "and" and self._word(1) in {"a", "three"} and self._word(2) in FRACTIONS:
            total += FRACTIONS[self._word(2)] * (3 if self._word(1) == "three" else 1)
            self.at += 3
        elif self._word() in FRACTIONS and total in {1, 2, 3} and self._word(1) == "of":
            total *= FRACTIONS[self._word()]
            self.at += 1
        return total

    def _glued(self) -> bool:
        token, before = self._peek(), self._peek(-1)
        return token is not None and before is not None and token.start == before.end

    def _tens(self) -> float | None:
        ten, _, unit = self._word().partition("-")
        return TENS[ten] + SMALL[unit] if ten in TENS and unit in SMALL else None

    def _plain_number(self) -> float | None:
        word = self._word()
        if figure := self._figure():
            self.at += 1
            value = _figure_value(figure)
            token = self._peek()
            if token and token.text in _GLUED_FRACTION and self._glued():
                self.at += 1
                value += _GLUED_FRACTION[token.text]
            return value
        if (tens := self._tens()) is not None:
            self.at += 1
            return tens
        if word in TENS:
            self.at += 1
            if self._word() in SMALL and 0 < SMALL[self._word()] < 10:
                self.at += 1
                return TENS[word] + SMALL[self._word(-1)]
            return TENS[word]
        if word in SMALL:
            self.at += 1
            return SMALL[word]
        if word in {"a", "an"} and self._word(1) in SCALES:
            self.at += 1
            return 1.0
        if word == "half" and self._word(1) in {"a", "an", "of"}:
            self.at += 1 + (self._word(2) in SCALES)
            return 0.5
        if word in {"a", "one"} and self._word(1) in FRACTIONS and self._word(1) != "third" and self._word(2) == "of":
            self.at += 2
            return FRACTIONS[self._word(-1)]
        return None


def _figure_value(figure: str) -> float:
    """English separators; one comma before other than three digits is a decimal point."""
    plain = re.sub(r"[\u00a0\u202f ]", "", figure).replace("−", "-")
    if plain.count(".") > 1:
        plain = plain.replace(".", "")
    if re.fullmatch(r"-?\d+,(?:\d{1,2}|\d{4,})", plain):
        return float(plain.replace(",", "."))
    return float(plain.replace(",", ""))
