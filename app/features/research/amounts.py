"""Amounts in a sentence: numbers with what they measure or count, ordinals, sums of money, times of day."""

import re

from app.features.research.dates import Dates
from app.features.research.numerals import Quantity
from app.features.research.units import CELSIUS, FAHRENHEIT, ONLY_GLUED, POUND, SIGNS, UNITS, Unit
from app.features.research.wordlists import BEFORE_ORDINAL, JOINING, ORDINAL_ENDINGS, ORDINALS

_HEAVY = re.compile(r"\b(?:weigh\w*|heav\w+|mass|lift\w*|thrust|carried|cargo|sugar|flour|per square)\b", re.IGNORECASE)
SIGNED = {"%": UNITS["%"], "°": UNITS["degree"], "€": UNITS["€"], "£": UNITS["£"], "$": UNITS["dollar"]}


class Reader(Dates):
    """Reads a sentence from left to right: at each place a date, an ordinal or an amount, the longest that there is."""

    def read(self) -> list[Quantity]:
        found: list[Quantity] = []
        while self.at < len(self.tokens):
            here = self.at
            quantity = self._date() or self._ordinal() or self._amount()
            if quantity is None:
                self.at = here + 1
            else:
                found.append(quantity)
        return found

    def _ordinal(self) -> Quantity | None:
        """Words such as "second" are ordinals after an article or possessive; figures with their ending always."""
        first = self.at
        if self._figure().isdigit() and self._word(1) in ORDINAL_ENDINGS:
            number = int(self._figure())
            self.at += 2
        else:
            number = ORDINALS.get(self._word(), 0) if self._word(-1) in BEFORE_ORDINAL else 0
            if number == 0 or (self._word(1) == "of" and number > 2):
                return None
            self.at += 1
        return self._made(first, "ordinal", number, number, number, self._counted())

    def _amount(self) -> Quantity | None:
        first = self.at
        sign = self._peek()
        money = SIGNS.get(sign.lower) if sign and sign.kind == "sign" else None
        if money:
            self.at += 1
        number = self._number()
        if number is None:
            return None
        if money:
            return self._made(first, "money", number, number, number, money)
        clock = self._clock(first, number)
        if clock:
            return clock
        return self._measured(first, number)

    def _clock(self, first: int, hours: float) -> Quantity | None:
        colon, minutes = self._peek(), self._figure(1)
        if colon and colon.text == ":" and len(minutes) == 2 and hours < 24 and self._figure(-1):
            self.at += 2
            total = hours * 60 + int(minutes)
        elif self._word() in {"am", "pm", "o'clock"} and hours <= 12:
            total = hours * 60
        else:
            return None
        if self._word() in {"am", "pm", "o'clock"}:
            total = total % 720 + (720 if self._word() == "pm" else 0)
            self.at += 1
        return self._made(first, "clock", total, total, hours)

    def _measured(self, first: int, number: float) -> Quantity | None:
        figures = any(token.kind == "figure" for token in self.tokens[first : self.at])
        alone = self.at == first + 1 and self.tokens[first].lower in {"one", "a", "an"}
        if found := self._unit_ahead(0, glued_only=not figures):
            unit, used = found
            self.at += used
            unit, more = self._of_arc(unit)
            self.at += more
            value = number * unit.size + unit.zero
            name = unit.name.replace("_", " ")
            return self._made(first, unit.dimension, value, value, number, name)
        if self._word() in POUND:
            self.at += 1
            if _HEAVY.search(self.sentence) and not re.search(r"\b(?:paid|pay|cost|price|worth)", self.sentence):
                return self._made(first, "mass", number * 0.45359237, number * 0.45359237, number, "pound weight")
            return self._made(first, "money", number, number, number, "GBP")
        if alone and self._word(-2) not in {"exactly", "only", "just"}:
            return None
        return self._made(first, "number", number, number, number, self._counted())

    def _counted(self) -> str | None:
        """What is counted: the next word, unless it is one that only joins."""
        word = self._word()
        return word if word and word not in JOINING else None

    def _of_arc(self, unit: Unit) -> tuple[Unit, int]:
        """Minutes and seconds of arc are angles, those of time are times; degrees may be of temperature."""
        if self._word() == "of" and self._word(1) == "arc" and unit.name in {"minute", "second"}:
            return UNITS[f"arc {unit.name}"], 2
        if unit.name == "degree" and self._word() in {"celsius", "centigrade", "c"}:
            return CELSIUS, 1
        if unit.name == "degree" and self._word() in {"fahrenheit", "f"}:
            return FAHRENHEIT, 1
        return unit, 0

    def _unit_ahead(self, ahead: int, *, glued_only: bool = False) -> tuple[Unit, int] | None:
        """The unit at a place and how many tokens it takes; "half a degree" has an article or "of a" between."""
        skipped = 0
        while self._word(ahead + skipped) in {"of", "a", "an", "the"} and skipped < 2 and glued_only:
            skipped += 1
        token = self._peek(ahead + skipped)
        if token is None:
            return None
        if token.text == "°":
            return UNITS["degree"], skipped + 1
        two = f"{token.lower} {self._word(ahead + skipped + 1)}"
        if two in UNITS:
            return UNITS[two], skipped + 2
        word = token.lower
        if "-" in word and word.split("-")[0] in UNITS and not word.startswith("s-"):
            word = word.split("-")[0]
        unit = UNITS.get(word) or SIGNED.get(token.text)
        if unit is None or (glued_only and word in ONLY_GLUED):
            return None
        return unit, skipped + 1
