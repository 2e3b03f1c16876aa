"""The first 75 words of a source, with the greeting before them set apart, and how soon they get concrete."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.features.dna.address import COMMANDS
from app.features.dna.clauses import units
from app.features.dna.corpus import Document, Sentence
from app.features.dna.lexicon import NUMBERS
from app.features.dna.rhythm import Measured
from app.features.dna.wordlists import word_set
from app.shared.evidence import Span
from app.shared.text import word_spans

HOOK_WORDS = 75
MOST_GREETING = 30
"""Words; whatever stands later is not a greeting any more."""

_WHOM = r"(?:there|guys|everyone|everybody|folks|friends|all|again|you all|y'all|my|dear|and|people|runners|year \w+)"
_GREETS = re.compile(
    rf"(?:(?:ok(?:ay)?|alright|all right|so|right|well|um|yo)[, ]+)*"
    rf"(?:(?:hey|hi|hello|howdy|g'day|greetings|hiya)\b(?: hello)?(?:,? {_WHOM})*"
    rf"|good (?:morning|evening|afternoon|day)\b(?:,? (?:good \w+|wherever you are|{_WHOM}))*|morning,"
    rf"|what's (?:up|going on|good)\b(?:,? {_WHOM})*"
    rf"|(?:and )?welcome\b(?: back| in)?(?: everybody| everyone)?|thank(?:s| you)(?: so much| all)? for (?:tuning|coming|joining|watching|being)\b[^.!?]*)"
)
_GOES_ON = re.compile(
    r"[, ]*(?:and |here )*(?:"
    r"welcome(?: back| in)?(?: to (?:the |another |my |our )?[\w' -]{1,45}?(?= i'm\b| my name\b| it's\b| this is\b| today\b| so\b| in (?:this|today)\b| okay\b| quick\b|[.,!?]|$))?"
    r"|(?:to|back to) (?:the |another |my |our )?[\w' -]{1,45}?(?= i'm\b| my name\b| it's\b| this is\b| today\b| so\b| in (?:this|today)\b| okay\b| quick\b|[.,!?]|$)"
    r"|(?:my name is|my name's|i'm|it's|this is|it is)(?: your \w+)? \w+(?: here)?(?=[.,!]| and\b| okay\b| from\b| so\b| i've\b|$)(?: from [\w ]{1,25})?"
    r"|\w+ here(?=[.,]|$)|back (?:in|at|with) [\w ]{1,25}(?=[.,]|$)|that's \w+(?=[.,]|$)"
    r"|it's (?:so |really )?(?:good|great|nice|lovely) to (?:see|have) you(?: all)?(?: again| here)?"
    r"|and i'm joined(?: as always)? by (?:my \S+|\w+(?: \w+)?)|you're (?:with|watching|listening to) [\w ]{1,25}(?=[.,]|$)"
    r"|wherever you are|everybody|everyone"
    r")"
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a source begins with. `units` are those after the greeting; the first may begin inside a sentence."""

    greeting_words: int
    units: tuple[Sentence, ...]

    @property
    def span(self) -> Span:
        return Span(self.units[0].span.start, self.units[-1].span.end)


def opening(document: Document, most_words: int = HOOK_WORDS) -> Opening | None:
    """The first words after the greeting, up to *most_words*, in whole units; None where nothing is said."""
    found = units(document, most_words + MOST_GREETING)
    if not found:
        return None
    left, greeting = _after_greeting(document, found)
    kept: list[Sentence] = []
    count = 0
    for unit in left:
        if kept and count + len(unit.words) > most_words:
            break
        kept.append(unit)
        count += len(unit.words)
    return Opening(greeting, tuple(kept)) if kept else Opening(greeting, tuple(found))


def greeting_words(document: Document) -> Measured | None:
    """Words of greeting, welcome and introduction before the first word that says something."""
    found = opening(document)
    return (found.greeting_words, 1) if found else None


def words_to_value(document: Document) -> Measured | None:
    """Words before the first concrete thing: a number, a name, a definition, an instruction. Without any, its length."""
    place = first_value(document)
    if place is None:
        return (len(document.words), 1) if document.words else None
    return (place[0], 1)


def show_greeting(document: Document) -> list[Span]:
    found = opening(document)
    if found is None or not found.greeting_words:
        return []
    start = document.sentences[0].span.start
    return [Span(start, found.units[0].span.start)] if found.units[0].span.start > start else []


def show_value(document: Document) -> list[Span]:
    place = first_value(document)
    return [place[1]] if place else []


_DEFINES = re.compile(r"\b(?:is called|are called|is basically|means that|is defined as|stands for)\b")
_CAUSE = frozenset(["because", "cause"])
_NAMED = re.compile(r"[A-Z][a-z]+(?:['’]s)?|[A-Z]{2,}")
_NOT_NAMES = word_set("I I'm I'll I've I'd Mr OK TV")
_DATES = word_set(
    "january february april june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday"
)
_COUNTED = word_set("of in percent thing reason step hour minute day week month year second button cell")


def first_value(document: Document) -> tuple[int, Span] | None:
    """How many words come before the first concrete thing, and the unit that has it; names of the greeting don't count."""
    found = units(document)
    left, before = _after_greeting(document, found[: MOST_GREETING + 1] if len(found) > MOST_GREETING else found)
    rest = found[len(found) - max(0, len(found) - MOST_GREETING - 1) :] if len(found) > MOST_GREETING + 1 else []
    for unit in (*left, *rest):
        if (inside := _value_in(unit)) is not None:
            return before + inside, unit.span
        before += len(unit.words)
    return None


def _value_in(unit: Sentence) -> int | None:
    """The place of the first concrete word of the unit."""
    words = unit.words
    found: list[int] = []
    if is_instruction(unit):
        found.append(_leads(words))
    for place, word in enumerate(words):
        if word in _DATES or word[0].isdigit() or (word.split("-")[0] in NUMBERS and _counts(words, place)):
            found.append(place)
            break
    if _DEFINES.search(" ".join(words)):
        found.append(0)
    found.extend(place + 1 for place, word in enumerate(words[:-3]) if word in _CAUSE)
    if unit.text[:1].isupper():
        found.extend(_first_name(unit))
    return min(found, default=None)


def _counts(words: Sequence[str], place: int) -> bool:
    """'One' and 'second' count only before what is counted."""
    return words[place] not in {"one", "quarter", "half"} or (
        place + 1 < len(words) and words[place + 1] in _COUNTED and words[place + 1] != "of"
    )


def _first_name(unit: Sentence) -> list[int]:
    spoken = [span.of(unit.text) for span in word_spans(unit.text)]
    for place, word in enumerate(spoken):
        if not _NAMED.fullmatch(word) or word.replace("’", "'") in _NOT_NAMES:
            continue
        follows = place + 1 < len(spoken) and _NAMED.fullmatch(spoken[place + 1]) and spoken[place + 1] != "I"
        if place or (follows and word.lower() not in COMMANDS):
            return [place]
    return []


_LEADS = word_set("okay ok alright right so now just and then please go first")
_MORE_COMMANDS = word_set(
    "adjust aim attach balance bend bite blink blow borrow bounce break breathe brush burn call carry chop circle clap clean "
    "clear climb clip collect copy cover crack cross crush delete describe dig dip dissolve divide download drag drain dry "
    "eat empty explain fasten feed feel film flip flatten fold freeze glance glue grind heat hum hunt ignore insert invite "
    "join jump kneel lay lean learn lick lie light line load lock loosen lower measure melt memorise memorize mix name note "
    "obey paint pause peel pin place plant plug polish pop pour practise practice prepare press print quit raise reach record "
    "recall relax release remove rename repair replace reset rest rewind rinse roll rotate rub run save scan scrape scratch "
    "screw scroll search select shake share shift shine shout shut sing sketch skip slap slice slip slow smell smile sniff "
    "snap sort speak spell split spray spread squeeze squint stack stare steal step stir strap stretch strike strip study "
    "swap sweep swing switch taste tear thank thread tick tie tighten tilt toss trace tuck type unfold unlock unplug unscrew "
    "untie unwrap wash wave wear weigh wet whisper whistle wipe wrap yell zip zoom"
)  # fmt: skip
_NO_COMMAND = word_set(
    "let's let have be see meet wait trust guess never work do don't get come hang picture imagine think consider suppose "
    "forget stick stay say remember"
)
_TAGS = (("would", "you"), ("will", "you"), ("can", "you"), ("could", "you"))
_NOT_AFTER = word_set(
    "is was are were has had have of and that will can does did or to who which comes goes makes takes"
)


def is_instruction(unit: Sentence) -> bool:
    """Whether the unit begins with something to be done: a verb of the list, after words that lead up to it."""
    words = unit.words
    place = _leads(words)
    if words[0] in {"before", "if", "when"} and "," in unit.text:
        after = unit.text.split(",", 1)[1].lower().split()
        return bool(after) and after[0] in COMMANDS - _NO_COMMAND
    if len(words) - place < 3 or (unit.text.rstrip().endswith("?") and words[-2:] not in _TAGS):
        return False
    first, second = words[place], words[place + 1]
    if (first, second) in {("do", "not"), ("don't", "buy")}:
        return True
    return first in (COMMANDS | _MORE_COMMANDS) - _NO_COMMAND and second not in _NOT_AFTER


def _leads(words: Sequence[str]) -> int:
    """How many words lead up to what the unit says."""
    place = 0
    while place < min(3, len(words) - 1) and words[place] in _LEADS:
        place += 1
    return place


def _after_greeting(document: Document, found: Sequence[Sentence]) -> tuple[list[Sentence], int]:
    """The units after the greeting, the first cut where the greeting ends, and the number of words skipped."""
    skipped = 0
    greeted = False
    for index, unit in enumerate(found):
        low = unit.text.lower().replace("’", "'")
        end = _greeting_end(low, greeted)
        if end == 0 or skipped > MOST_GREETING:
            return list(found[index:]), skipped
        greeted = True
        spoken = list(word_spans(unit.text))
        said = sum(span.start < end for span in spoken)
        skipped += said
        if said < len(spoken):
            start = unit.span.start + spoken[said].start
            rest = Sentence(Span(start, unit.span.end), document.text[start : unit.span.end], unit.words[said:])
            return [rest, *found[index + 1 :]], skipped
    return [], skipped


def _greeting_end(low: str, greeted: bool) -> int:
    """Where the greeting at the beginning of the unit ends; 0 where there is none."""
    end = 0
    if match := _GREETS.match(low):
        end = match.end()
    elif not greeted:
        return 0
    while (match := _GOES_ON.match(low, end)) and match.end() > end:
        end = match.end()
    if end and not re.search(r"\w", low[end:]):
        return len(low)
    return end
