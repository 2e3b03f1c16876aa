"""The forms that an English word takes, by the rules of its spelling."""

from functools import lru_cache

_VOWELS = "aeiou"
_SIBILANT = ("s", "x", "z", "ch", "sh")
_SHORTEST = 3


@lru_cache(maxsize=4096)
def forms(word: str) -> frozenset[str]:
    """The word in lower case with its regular endings: delve, delves, delved, delving. What the rules make and nobody says
    does no harm. British and American spellings of -ise count as one."""
    low = word.lower().replace("’", "'")
    if len(low) < _SHORTEST or not low.isascii() or not low.replace("-", "").isalpha():
        return frozenset({low})
    found = {low}
    for base in _spellings(low):
        found |= {base, _with_s(base), *_with_ed_and_ing(base)}
    return frozenset(found)


def _spellings(word: str) -> set[str]:
    for ending, another in (("ise", "ize"), ("ize", "ise")):
        if word.endswith(ending) and len(word) > 6:
            return {word, word.removesuffix(ending) + another}
    return {word}


def _with_s(word: str) -> str:
    if word.endswith("y") and word[-2] not in _VOWELS:
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(_SIBILANT) else f"{word}s"


def _with_ed_and_ing(word: str) -> set[str]:
    if word.endswith("ee"):
        return {f"{word}d", f"{word}ing"}
    if word.endswith("e"):
        return {f"{word}d", f"{word[:-1]}ing"}
    if word.endswith("y") and word[-2] not in _VOWELS:
        return {f"{word[:-1]}ied", f"{word}ing"}
    plain, doubled = {f"{word}ed", f"{word}ing"}, {f"{word}{word[-1]}ed", f"{word}{word[-1]}ing"}
    if word[-1] in f"{_VOWELS}wxy" or word[-2] not in _VOWELS or word[-3] in _VOWELS:
        return plain
    return doubled if _one_syllable(word) else plain | doubled


def _one_syllable(word: str) -> bool:
    return sum(letter in _VOWELS for letter in word) == 1
