"""Syllables of an English word, by its spelling: groups of vowels, and the commonest cases where that is wrong."""

import re
from functools import lru_cache

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"[^aeiouy](?<![^aeiouy]l)e$|[^aeioutdy](?<!dr)ed$|[^aeiouysxzcg](?<![sc]h)(?<![^aeiouy]l)es$")
"""A final e, -ed, -es that is not said: 'make', 'asked', 'takes'; but 'table', 'needed', 'boxes'."""
_SILENT_INSIDE = re.compile(
    r"[aeiou][^aeiouywx]e(?=ment|ful|less|ly$|ty$|thing|time|where|base|(?:one|how|what|body|works?|books?)$)"  # codespell:ignore ment
    r"|ic(?=ally$)"
)
"""'Likely', 'something', 'movement', 'basically'."""
_APART = re.compile(
    r"[aeiouy]ing(?:s|ly)?$|(?<![tcgsx])ia(?!ge|n$|ns$)|(?<=[vrdl])iou|(?<![tcg])ien[ct]|iet|(?<=r)ior|^sci[^s]"
    r"|(?<=[^tsgcnlx])io|liot|(?<!l)lion|(?<!q)ua[lt]|eo(?!u|p)|(?<=[^lp])eas?$|eum|creat|reall?i|oe[mt]|iu[ms]"  # codespell:ignore reall
    r"|(?<=[aeo])ist|(?:th|s)m$|yones?$|ayers?$"  # codespell:ignore ist
)
"""Neighbouring vowels that are said apart: 'media', 'going', 'usual'."""
_IRREGULAR = {
    "maybe": 2,
    "business": 2,
    "businesses": 3,
    "element": 3,
    "elements": 3,
    "being": 2,
    "naked": 2,
    "wicked": 2,
}
_ENDING = re.compile(r"'(re|ve|ll|d|s|m|t|em)$")


@lru_cache(maxsize=50_000)
def syllables_of(word: str) -> int:
    """At least one; the parts of a hyphenated word are added up."""
    if "-" in word:
        return sum(syllables_of(part) for part in word.split("-") if part) or 1
    base, more = word, 0
    if word.endswith("n't"):
        base = word[:-3]
        more = int(base[-1:] in "dsz" or base in {"must", "have"})
    elif ending := _ENDING.search(word):
        base = word[: ending.start()]
        more = int(
            (ending[1] in {"ve", "ll", "d"} and base[-1:] in {"t", "d", "s", "n"})
            or (ending[1] == "s" and base[-1:] in {"s", "x", "z"})
        )
    if base in _IRREGULAR:
        return _IRREGULAR[base] + more
    if base.startswith("every"):
        base = base[:2] + base[3:]
    count = len(_VOWELS.findall(base)) - len(_SILENT_INSIDE.findall(base)) + len(_APART.findall(base))
    if count > 1 and _SILENT_END.search(base):
        count -= 1
    return max(1, count) + more
