"""A text as the rules read it: lower case, plain letters, disguised words undone, with the way back to the text."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from app.shared.evidence import UNSEEN, Span

_PLAIN = {"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-"}
_LOOKALIKES = dict(zip("авеімнорстухѕјԁ", "abeimhopctyxsjd", strict=True))
"""Cyrillic letters that are drawn like Latin ones; read so only within a word that has Latin letters too."""
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "!": "i", "€": "e", "+": "t", "|": "i", "*": None})  # fmt: skip
_MASKS = frozenset("*#@$%_-!")
_TOKEN = re.compile(r"[^\s\"(),;:?…]+")
_SPACED = re.compile(r"(?<![\w'])[a-z](?:([ ._*-]{1,2})[a-z])(?:\1[a-z]){1,14}(?![\w'])")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_ODD = re.compile(r"[0-9@$!€+|*#%_-]|([a-z])\1\1")
_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]]*(?=\s|$)|\n")
WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


class Reading:
    """`plain` is what patterns are matched against; its white space is single spaces, and a line for each paragraph.
    `known`: the words that are looked for behind disguises, the likelier first."""

    def __init__(self, text: str, known: Collection[str] = ()) -> None:
        self.text = text
        characters: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for character, start, end in _folded(text):
            characters.append(character)
            starts.append(start)
            ends.append(end)
        plain = "".join(characters)
        for start, end, word in reversed(list(_undisguised(plain, known))):
            first, last = starts[start], ends[end - 1]
            plain = plain[:start] + word + plain[end:]
            starts[start:end] = [first] * len(word)
            ends[start:end] = [last] * len(word)
        self.plain, self._starts, self._ends = plain, starts, ends

    def span(self, start: int, end: int) -> Span:
        """From places in `plain` to places in the text."""
        return Span(self._starts[start], self._ends[end - 1])

    @cached_property
    def words(self) -> list[tuple[str, int, int]]:
        """Each word of `plain` with its start and end."""
        return [(found.group(), found.start(), found.end()) for found in WORD.finditer(self.plain)]

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [0, *(found.end() for found in _SENTENCE_END.finditer(self.plain) if found.end() < len(self.plain))]

    def sentence(self, place: int, *, away: int = 0) -> tuple[int, int]:
        """Start and end in `plain` of the sentence that holds the place, or of one some sentences away; empty where the
        text has none there."""
        starts = self._sentence_starts
        index = bisect_right(starts, place) - 1 + away
        if not 0 <= index < len(starts):
            return 0, 0
        return starts[index], starts[index + 1] if index + 1 < len(starts) else len(self.plain)


def _folded(text: str) -> Iterator[tuple[str, int, int]]:
    """Each character as it is compared, with where it stands in the text. White space comes once, as a line's end where
    a blank line is."""
    place, size = 0, len(text)
    latin = not text.isascii() and re.search(r"[A-Za-z]", text) is not None
    while place < size:
        character = text[place]
        if character.isspace():
            end = place
            while end < size and text[end].isspace():
                end += 1
            yield "\n" if text.count("\n", place, end) > 1 else " ", place, end
            place = end
            continue
        if character.isascii():
            yield character.lower(), place, place + 1
        elif character not in UNSEEN:
            for part in _folded_one(text, place, latin):
                yield part, place, place + 1
        place += 1


def _folded_one(text: str, place: int, latin: bool) -> str:
    character = text[place]
    if plain := _PLAIN.get(character):
        return plain
    lower = character.casefold()
    if (
        latin
        and lower in _LOOKALIKES
        and any("a" <= near.lower() <= "z" for near in text[max(0, place - 1) : place + 2])
    ):
        return _LOOKALIKES[lower]
    parts = unicodedata.normalize("NFKD", lower)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def _undisguised(plain: str, known: Collection[str]) -> list[tuple[int, int, str]]:
    """Places where a known word stands in disguise, with the word; rising, none overlaps another."""
    if not known:
        return []
    found = [
        (spelt.start(), spelt.end(), word)
        for spelt in _SPACED.finditer(plain)
        if (word := re.sub(r"[^a-z]", "", spelt.group())) in known
    ]
    for token in _TOKEN.finditer(plain):
        said = token.group()
        if not _ODD.search(said):
            continue
        bare = said.strip(".'")
        start = token.start() + said.index(bare) if bare else token.start()
        for part in dict.fromkeys((bare, bare.rstrip("!-*_"))):
            if _ODD.search(part) and (read := _revealed(part, known)) is not None:
                found.append((start, start + len(part), read))
                break
    found.sort()
    return [one for before, one in zip([(0, 0, ""), *found], found, strict=False) if one[0] >= before[1]]


def _revealed(said: str, known: Collection[str]) -> str | None:
    """The known word behind digits for letters, asterisks for letters or stretched letters."""
    if not any("a" <= sign <= "z" for sign in said) or said in known:
        return None
    for read in (said.translate(_LEET), *_shortened(said)):
        if read in known and read != said:
            return read
    if said[0].isalpha() and _MASKS & set(said):
        return next((word for word in known if _fits(said, word)), None)
    return None


def _shortened(said: str) -> Iterable[str]:
    yield _STRETCHED.sub(r"\1", said)
    yield _STRETCHED.sub(r"\1\1", said)
    if "-" in said or "_" in said:
        yield re.sub(r"[-_]", "", said)


def _fits(said: str, word: str) -> bool:
    """Asterisks may hide all but the first letter, other signs only half of the word."""
    if len(said) != len(word):
        return False
    hidden = [sign for sign, letter in zip(said, word, strict=True) if sign != letter]
    return set(hidden) <= {"*"} or (set(hidden) <= _MASKS and 2 * len(hidden) <= len(word))
