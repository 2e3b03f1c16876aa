"""Dates in a sentence: days, months, years, decades, centuries, before and after our era."""

import re

from app.features.research.numerals import Numerals, Quantity
from app.features.research.units import POUND, SIGNS, UNITS
from app.features.research.wordlists import MONTHS, ORDINAL_ENDINGS, ORDINALS, SCALES, YEAR_CUES

_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


class Dates(Numerals):
    """Reads a date at the present place; where there is none, the place stays."""

    def _date(self) -> Quantity | None:
        first = self.at
        day = self._figure() or self._word()
        if iso := self._iso():
            return iso
        if self._figure().isdigit() and int(day) <= 31:
            ahead = 2 if self._word(1) in ORDINAL_ENDINGS else 1
            ahead += self._word(ahead) == "of"
            if month := self._month(ahead):
                self.at += ahead + 1
                return self._day(first, int(day), month)
        if month := self._month(0):
            following = self._figure(1)
            if following.isdigit() and int(following) <= 31 and len(following) <= 2:
                self.at += 3 if self._word(2) in ORDINAL_ENDINGS else 2
                return self._day(first, int(following), month)
            ahead = 2 if self._word(1) == "of" else 1
            if year := self._plain_year(ahead):
                self.at += ahead + 1
                return self._made(first, "date", year + (month - 1) / 12, year + month / 12, year)
            return None
        return self._century() or self._year()

    def _iso(self) -> Quantity | None:
        token = self._peek()
        match = _ISO.match(self.sentence, token.start) if token else None
        if match is None or not 1 <= int(match[2]) <= 12:
            return None
        first = self.at
        while (token := self._peek()) and token.start < match.end():
            self.at += 1
        year, month, day = (int(part) for part in match.groups())
        low = year + (month - 1) / 12 + (day - 1) / 372
        return self._made(first, "date", low, low + 1 / 372, year)

    def _month(self, ahead: int) -> int | None:
        token = self._peek(ahead)
        if token is None or token.kind != "word" or not token.text[0].isupper():
            return None
        return MONTHS.get(token.lower)

    def _day(self, first: int, day: int, month: int) -> Quantity:
        """A day of a month; without a year it is a place in the year only, below year 1."""
        ahead = 1 if (comma := self._peek()) and comma.text == "," else 0
        year = self._plain_year(ahead)
        if year:
            self.at += ahead + 1
        low = (year or 0) + (month - 1) / 12 + (day - 1) / 372
        return self._made(first, "date", low, low + 1 / 372, year or day)

    def _plain_year(self, ahead: int) -> int | None:
        figure = self._figure(ahead)
        return int(figure) if figure.isdigit() and 3 <= len(figure) <= 4 else None

    def _century(self) -> Quantity | None:
        first, ahead = self.at, 1
        number = ORDINALS.get(self._word())
        if number is None and self._figure().isdigit() and self._word(1) in ORDINAL_ENDINGS:
            number, ahead = int(self._figure()), 2
        if number is None or self._word(ahead) not in {"century", "centuries", "millennium"}:
            return None
        length = 1000 if self._word(ahead) == "millennium" else 100
        self.at += ahead + 1
        low, high = (number - 1) * length, number * length
        if self._before_our_era():
            low, high = -high, -low
        return self._made(first, "date", low, high, number)

    def _before_our_era(self) -> bool:
        word = self._word()
        if word in {"bc", "bce", "ad", "ce"}:
            self.at += 1
        return word in {"bc", "bce"}

    def _year(self) -> Quantity | None:
        """A figure of four digits where a year may stand; one of one to four before or after an era's letters; a decade."""
        first, figure = self.at, self._figure()
        if not figure.isdigit() or len(figure) > 4:
            return None
        year, after = int(figure), self._peek(1)
        glued = after is not None and after.start == self.tokens[first].end
        if len(figure) == 4 and figure.endswith("0") and glued and after and after.lower in {"s", "'s"}:
            self.at += 2
            return self._made(first, "date", year, year + (100 if figure.endswith("00") else 10), year)
        if self._word(1) in {"bc", "bce", "ad", "ce"} and after and after.text.isupper():
            self.at += 1
            year = -year if self._before_our_era() else year
            return self._made(first, "date", year, year + 1, year)
        if (
            len(figure) < 4
            or not 1000 <= year <= 2199
            or (glued and after and after.kind in {"figure", "sign"} and after.text not in "–—/:")
        ):
            return None
        before = self._peek(-1)
        if before and (before.text in SIGNS or before.text.upper() == "US$"):
            return None
        cue = before is None or before.lower in YEAR_CUES or before.text in "–—/"
        counted = self._word(1) in UNITS or self._word(1) in SCALES or self._word(1) in POUND
        plural = after is not None and after.kind == "word" and after.text.islower() and _is_plural(after.text)
        if counted or (plural and not (cue and before)):
            return None
        self.at += 1
        return self._made(first, "date", year, year + 1, year)


def _is_plural(word: str) -> bool:
    return word in {"men", "women", "people", "children"} or (
        word.endswith("s") and not word.endswith("ss") and len(word) > 3
    )
