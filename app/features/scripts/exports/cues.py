"""A script's narration as subtitle cues: timed from its pace, at most two lines of 42 characters, broken where a reader
would pause.

Where the cues of a paragraph end is the cheapest of all ways to cut it, found by dynamic programming: a sentence's end
costs nothing, a clause's little, a place inside a phrase much. The lengths are those of the usual guides for English
subtitles. A placeholder is one cue that says so for as long as its words take, so that nobody takes a gap for a fault.
"""

import re
import unicodedata
from itertools import accumulate

from msgspec import Struct

from app.features.dna.wordlists import word_set
from app.features.scripts.exports.document import ExportScript
from app.features.scripts.speech import Placeholder, placeholders, seconds_for
from app.shared.text import words

LONGEST_LINE = 42
SHORTEST_CUE = 100
"""Milliseconds that a cue of no words (signs, emoji) stays."""
FEWEST_CHARACTERS = 16

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]»]*$")
_CLAUSE_END = re.compile(r"[,;:—–、，；：][\"'”’)\]»]*$")
_OPENS_CLAUSE = word_set(
    "and but because which that who when where while so or if though although as than before after until"
)
_OPENS_PHRASE = word_set("of to in on at by for with from into over under between through across or")
_LEADS_ON = word_set(
    "a an the of to in on at by for with from into its his her their our your my this these those no is was are were "
    "and or but very mr mrs dr"
)


class Cue(Struct, frozen=True):
    """Milliseconds from the start; one or two lines."""

    start: int
    end: int
    lines: tuple[str, ...]


class _Token(Struct, frozen=True):
    """A word with its marks. `gap`: whether white space stands before it; a piece of a cut word has none."""

    text: str
    gap: int


def cues_of(script: ExportScript) -> list[Cue]:
    """In order, without overlaps, each ending where the next begins."""
    cues: list[Cue] = []
    clock = 0.0
    for section in script.sections:
        at = 0
        slots: list[Placeholder | None] = [*placeholders(section.narration), None]
        for slot in slots:
            piece = section.narration[at : slot.span.start if slot else None]
            for paragraph in piece.split("\n"):
                seconds = seconds_for(len(words(paragraph)), script.words_per_minute)
                clock = _add(cues, cut(paragraph), clock, seconds * 1000)
            if slot:
                seconds = seconds_for(slot.words, script.words_per_minute)
                clock = _add(cues, [(_said_of(slot),)] if slot.words else [], clock, seconds * 1000)
                at = slot.span.end
    return cues


def cut(paragraph: str) -> list[tuple[str, ...]]:
    """The lines of each cue of a paragraph."""
    tokens = _tokens(paragraph)
    if not tokens:
        return []
    return [_two_lines(tokens[start:end]) for start, end in _cheapest(tokens)]


def _add(cues: list[Cue], texts: list[tuple[str, ...]], clock: float, length: float) -> float:
    """Share the time among the cues by their characters; gives the time at their end."""
    sizes = [sum(map(len, lines)) for lines in texts]
    length = max(length, SHORTEST_CUE * len(texts))
    spare = length - SHORTEST_CUE * len(texts)
    for lines, size in zip(texts, sizes, strict=True):
        end = clock + SHORTEST_CUE + spare * size / sum(sizes)
        cues.append(Cue(round(clock), round(end), lines))
        clock = end
    return clock


def _said_of(slot: Placeholder) -> str:
    """`[your words: how you came to this]`, cut to one line."""
    said = f"your {slot.kind}: {' '.join(slot.text.split())}".rstrip(": ")
    return f"[{said}]" if len(said) <= LONGEST_LINE - 2 else f"[{said[: LONGEST_LINE - 3].rstrip()}…]"


def _tokens(paragraph: str) -> list[_Token]:
    tokens: list[_Token] = []
    for word in paragraph.split():
        gap = 1
        while len(word) > LONGEST_LINE:
            at = _whole(word)
            tokens.append(_Token(word[:at], gap))
            word, gap = word[at:], 0  # noqa: PLW2901
        tokens.append(_Token(word, gap))
    return tokens


def _whole(word: str) -> int:
    """Where to cut a word that is too long: not between a letter and its accents, or inside an emoji, if that can be."""
    for at in range(LONGEST_LINE, LONGEST_LINE // 2, -1):
        joins = word[at - 1] == "\u200d" or word[at] in "\u200d\ufe0f" or "\U0001f3fb" <= word[at] <= "\U0001f3ff"
        if not joins and not unicodedata.combining(word[at]):
            return at
    return LONGEST_LINE


def _cheapest(tokens: list[_Token]) -> list[tuple[int, int]]:
    """Where the cues begin and end, as places in the tokens."""
    ends = [0, *accumulate(token.gap + len(token.text) for token in tokens)]

    def width(start: int, end: int) -> int:
        return ends[end] - ends[start] - (tokens[start].gap if start < end else 0)

    first_line: list[int] = []
    reach = 0
    for start in range(len(tokens)):
        reach = max(reach, start + 1)
        while reach < len(tokens) and width(start, reach + 1) <= LONGEST_LINE:
            reach += 1
        first_line.append(reach)
    breaks = [_cost_of_break(tokens, end) for end in range(1, len(tokens) + 1)]
    inner = [0, *accumulate(bool(_SENTENCE_END.search(token.text)) for token in tokens)]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(tokens) + 1):
        options: list[tuple[float, int]] = []
        for start in range(end - 1, -1, -1):
            second = first_line[start]
            if second < end and width(second, end) > LONGEST_LINE:
                break
            cost = 1.0 + breaks[end - 1] + 2.5 * (inner[end - 1] - inner[start])
            if width(start, end) < FEWEST_CHARACTERS:
                cost += 3.0
            options.append((best[start][0] + cost, start))
        best.append(min(options))
    cuts: list[tuple[int, int]] = []
    end = len(tokens)
    while end:
        cuts.append((best[end][1], end))
        end = best[end][1]
    return cuts[::-1]


def _cost_of_break(tokens: list[_Token], end: int) -> float:
    """What it costs a reader that the text is broken after this many tokens."""
    text = tokens[end - 1].text
    if end == len(tokens) or _SENTENCE_END.search(text):
        return 0.0
    if _CLAUSE_END.search(text):
        return 1.5
    if text.lower() in _LEADS_ON:
        return 8.0
    following = tokens[end].text.lower()
    return 3.0 if following in _OPENS_CLAUSE else 4.0 if following in _OPENS_PHRASE else 5.0


def _two_lines(tokens: list[_Token]) -> tuple[str, ...]:
    """One line if it fits, else the cut that costs least and leaves the lines most alike."""
    whole = _joined(tokens)
    if len(whole) <= LONGEST_LINE:
        return (whole,)
    options = []
    for at in range(1, len(tokens)):
        first, second = _joined(tokens[:at]), _joined(tokens[at:])
        if max(len(first), len(second)) <= LONGEST_LINE:
            options.append((_cost_of_break(tokens, at) + abs(len(first) - len(second)) / 6, first, second))
    _, first, second = min(options)
    return (first, second)


def _joined(tokens: list[_Token]) -> str:
    return "".join(" " * (token.gap if at else 0) + token.text for at, token in enumerate(tokens))
