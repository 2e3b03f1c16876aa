"""Words by what they tell of numbers, denials and statements. English."""

import snowballstemmer

from app.shared.text import FUNCTION_WORDS

_STEMMER = snowballstemmer.stemmer("english")


def listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


def stem(word: str) -> str:
    """Of an English word in lower case."""
    stemmed: str = _STEMMER.stemWord(word)
    return stemmed


def numbered(text: str, start: int = 1) -> dict[str, int]:
    """Each word with its place; words for the same place are joined by a slash."""
    return {word: number for number, words in enumerate(text.split(), start) for word in words.split("/")}


SMALL = numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen", 0
)  # fmt: skip
TENS = {word: 10 * ten for word, ten in numbered("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()}
SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0,
    "millions": 1e6, "billions": 1e9, "k": 1e3, "bn": 1e9,
}  # fmt: skip
FRACTIONS = {
    "half": 0.5, "third": 1 / 3, "thirds": 1 / 3, "quarter": 0.25, "quarters": 0.25, "fifth": 0.2, "fifths": 0.2,
    "tenth": 0.1, "tenths": 0.1,
}  # fmt: skip
ORDINALS = numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"
)
ORDINAL_ENDINGS = listed("st nd rd th")  # codespell:ignore nd
BEFORE_ORDINAL = listed("the his her its their was on")
MONTHS = numbered(
    "january/jan february/feb march april/apr may june/jun july/jul august/aug september/sept/sep october/oct november/nov "
    "december/dec"
)
YEAR_CUES = MONTHS.keys() | listed(
    "in since by of from until till to before after around about circa c year early late mid during between and spring "
    "summer autumn fall winter year's im um seit vor nach en depuis desde hasta nel dal"  # codespell:ignore vor
)
JOINING = listed(FUNCTION_WORDS["en"]) | listed("per or nor than when would were had has an")

_ENGLISH_TOO = listed("men die van war son man see fait sin plus lo sa tan")
"""Function words of other languages that mean something in English."""
FUNCTION = (listed(" ".join(FUNCTION_WORDS.values())) - _ENGLISH_TOO) | listed(
    "an or no nor so if then than there here its his her their our your my me him them us i she he who whom which when "
    "where why how been being were had has do does did can could will would shall should may might must into onto over "
    "under up down out off about by through during before after between against also just only very too such each any "
    "some all both more most other own same again ever yet still even because while whose these those"
)
LIGHT = frozenset(
    stem(word)
    for word in listed(
        "find found make made use take get give go come say show become seem mean call know part time way kind first last "
        "much many new old great long large small good year day exact near well later earlier follow begin began include "
        "contain correspond famous figure simply wrong point thing work"
    )
)
"""Stems that go with everything."""
NEGATIONS = listed("not never no none nobody nothing neither nor cannot without hardly scarcely barely")
_OPPOSITES = """
    increase/decrease rise/fall rose/fell gain/lost gain/lose win/lose won/lost accept/reject true/false cheap/expensive
    fast/slow first/last largest/smallest longest/shortest highest/lowest oldest/youngest north/south east/west before/after
    always/never allow/forbid succeed/fail succeed/failure success/failure support/oppose alive/dead hot/cold
    heavier/lighter faster/slower safe/dangerous safer/dangerous legal/illegal approve/reject found/abolish began/ended
"""
_PAIRS = [tuple(stem(word) for word in pair.split("/")) for pair in _OPPOSITES.split()]
OPPOSITE_OF = {one: other for a, b in _PAIRS for one, other in ((a, b), (b, a))}
"""By stem."""
COMMANDS = listed(
    "let imagine picture look listen think remember suppose take try watch stay subscribe click check hit see notice "
    "consider forget keep grab go get come tell ask don't stop wait hold put place add mix press open read write use give "
    "make follow start turn leave compare estimate state explain note pick choose count close raise welcome hear share "
    "comment download sign visit enjoy guess pause draw fold cut pour join feel buy call meet work"
)
