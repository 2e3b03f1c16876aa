"""How concrete a creator is: numbers, units, names, own experience. English."""

import re
from collections import Counter

from app.features.dna.corpus import NUMBER_WORDS, Document
from app.features.dna.listing import listed
from app.features.dna.markers import Hit, Markers, quotes, rate
from app.features.dna.rhythm import Measured
from app.shared.evidence import Span

UNITS = listed(
    """
    percent per-cent degrees degree celsius fahrenheit kelvin metre metres meter meters centimetre centimetres
    centimeter centimeters millimetre millimetres millimeter millimeters kilometre kilometres kilometer kilometers
    inch inches foot feet yard yards mile miles mm cm km m ft gram grams kilogram kilograms kilo kilos kg g mg pound
    pounds ounce ounces lb lbs oz ton tons tonne tonnes litre litres liter liters millilitre millilitres milliliter
    milliliters ml gallon gallons cup cups teaspoon teaspoons tablespoon tablespoons second seconds minute minutes
    hour hours day days week weeks month months year years decade decades century centuries millisecond milliseconds
    ms dollar dollars cent cents euro euros bucks quid pence volt volts watt watts kilowatt kilowatts amp amps ohm
    ohms hertz kilohertz megahertz gigahertz hz khz mhz ghz byte bytes kilobyte kilobytes megabyte megabytes
    gigabyte gigabytes terabyte terabytes kb mb gb tb bit bits pixel pixels calorie calories joule joules newton
    newtons bar psi mph kph times people lines
    """
)
_AFTER_ONE = (UNITS - {"times", "people", "lines", "day"}) | {
    "hundred",
    "thousand",
    "million",
    "billion",
    "half",
    "third",
    "quarter",
}
_SIGNS = re.compile(r"[$€£¥]\s?\d|\d\s?[%°]")
_GLUED = re.compile(r"^\d[\d.,]*(?!(?:st|nd|rd|th|s)$)(?:[a-z]{1,3}|percent)$")  # codespell:ignore nd
_NAME = re.compile(
    r"(?<=[a-z0-9,;:'’)] )(?!I\b)[A-Z][^\W_]*(?:['’&.-][^\W_]+)*(?: (?!I\b)[A-Z][^\W_]*(?:['’&.-][^\W_]+)*)*"
)

_VERBS = listed(
    """
    asked bought broke built came changed cooked counted discovered did drove ended felt figured forgot found got
    grew had heard helped joined knew learned learnt left lived lost made measured met moved noticed ordered paid
    played ran read realised realized saw shot sold spent started stayed stopped studied switched taught tested took
    tried used visited waited walked watched went wore worked wrote
    """
)
_DONE = listed(
    """
    been bought built done found had heard learned made met read seen spent tested tried used watched worked
    """
)
FIRST_HAND = Markers(
    (
        *(f"{who} {verb}" for who in ("i", "we") for verb in _VERBS),
        *(f"{who} {adverb} {verb}" for who in ("i", "we") for adverb in ("actually", "just", "once", "first", "also", "really", "personally", "recently") for verb in _VERBS),
        *(f"{have} {verb}" for have in ("i've", "i have", "we've", "we have", "ive") for verb in _DONE),
        "when i was", "when we were", "in my experience", "i remember", "i was there", "my own", "i myself", "years ago i", "i used to",
        "i ended up", "back when i", "the first time i", "the last time i",
    )
)  # fmt: skip


def numbers(document: Document) -> Measured | None:
    """Numbers in figures or words per 100 words; 'two hundred thousand' is one."""
    return (100.0 * len(number_hits(document)), len(document.words)) if document.words else None


def units(document: Document) -> Measured | None:
    """Numbers with a unit, a currency or a percent sign, per 100 words."""
    return (100.0 * _unit_count(document), len(document.words)) if document.words else None


def names(document: Document) -> Measured | None:
    """Runs of capitalised words inside a sentence, per 100 words; None where capitals mean nothing."""
    if not document.words or not document.cased:
        return None
    return (100.0 * sum(1 for _ in _NAME.finditer(document.own_text)), len(document.words))


def specificity(document: Document) -> Measured | None:
    """Numbers and names per 100 words; a unit is part of its number."""
    named = names(document)
    return None if named is None else (100.0 * len(number_hits(document)) + named[0], len(document.words))


def first_hand(document: Document) -> Measured | None:
    return rate(FIRST_HAND.hits(document), document)


def number_hits(document: Document) -> list[Hit]:
    """Where numbers begin, rising, and how many words they are long. 'One' alone is a pronoun as often as not and
    counts only before a unit."""
    said, places = document.words, document.places
    if (known := document.memo.get("number_hits")) is not None:
        return list(known)
    found = {place for word in places if _is_number(word) for place in places[word]}
    found.update(
        place for place in places.get("one", ()) if said[place + 1 : place + 2] and said[place + 1] in _AFTER_ONE
    )
    begins = sorted(place for place in found if place - 1 not in found)
    hits: list[Hit] = []
    for place in begins:
        size = 1
        while place + size in found:
            size += 1
        hits.append(Hit(place, size, "number"))
    document.memo["number_hits"] = hits
    return hits


def show_numbers(document: Document) -> list[Span]:
    return quotes(number_hits(document), document)


def show_units(document: Document) -> list[Span]:
    said = document.words
    hits = [hit for hit in number_hits(document) if _has_unit(said, hit)]
    return quotes(hits, document)


def show_names(document: Document) -> list[Span]:
    if not document.cased:
        return []
    return [
        sentence.span
        for sentence in document.sentences
        if 5 <= len(sentence.words) <= 28 and _NAME.search(sentence.text)
    ]


def show_specificity(document: Document) -> list[Span]:
    """Sentences with a number and a name, or with two numbers."""
    hits = Counter(document.sentence_at(hit.place) for hit in number_hits(document))
    return [
        document.sentences[number].span
        for number in sorted(hits)
        if 6 <= len(document.sentences[number].words) <= 25
        and (hits[number] >= 2 or _NAME.search(document.sentences[number].text))
    ]


def show_first_hand(document: Document) -> list[Span]:
    return quotes(FIRST_HAND.hits(document), document)


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in NUMBER_WORDS or word == "dozen"


def _has_unit(said: list[str], hit: Hit) -> bool:
    after = said[hit.place + hit.size : hit.place + hit.size + 1]
    return (bool(after) and after[0] in UNITS) or bool(_GLUED.match(said[hit.place + hit.size - 1]))


def _unit_count(document: Document) -> int:
    signs = len(_SIGNS.findall(document.own_text))
    return signs + sum(_has_unit(document.words, hit) for hit in number_hits(document))
