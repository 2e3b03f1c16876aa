"""Which words a creator chooses: richness, hedges and boosters, fillers, numbers, comparisons. English word lists."""

import re
from collections import Counter

from app.features.dna.corpus import Document
from app.features.dna.rhythm import Measured
from app.shared.evidence import Span

MATTR_WINDOW = 100

HEDGES = (
    "about", "almost", "apparently", "around", "arguably", "broadly", "could", "fairly", "generally", "i believe",
    "i guess", "i suppose", "i suspect", "i think", "in a sense", "kind of", "largely", "likely", "mainly", "maybe",
    "might", "more or less", "mostly", "nearly", "often", "or so", "perhaps", "possibly", "presumably", "pretty much",
    "probably", "quite", "rather", "roughly", "seem", "seems", "sometimes", "somewhat", "sort of", "tend to", "usually",
)  # fmt: skip
BOOSTERS = (
    "absolutely", "actually", "always", "certainly", "clearly", "completely", "definitely", "enormously", "entirely",
    "exactly", "extremely", "genuinely", "honestly", "huge", "hugely", "incredibly", "indeed", "literally", "never",
    "obviously", "of course", "perfectly", "precisely", "really", "seriously", "so much", "surely", "totally", "truly",
    "utterly", "very", "wonderfully",
)  # fmt: skip
FILLERS = ("ah", "anyway", "basically", "er", "i mean", "like i said", "now then", "oh", "okay", "so yeah", "uh", "um", "well", "you know")  # fmt: skip
TRANSITIONS = (
    "and then", "as a result", "at this point", "because of that", "but here's", "but wait", "finally", "first", "for example",
    "for instance", "here's the", "however", "in fact", "in other words", "instead", "let's", "meanwhile", "next",
    "now", "of course", "on the other hand", "remember", "second", "so", "so far", "that means", "then", "therefore",
    "third", "which means",
)  # fmt: skip
COMPARISONS = (
    "a bit like", "a little like", "as if", "as though", "exactly like", "imagine", "is like", "it's like", "just like",
    "like a", "like an", "like the", "looks like", "picture a", "suppose you", "the same as", "think of", "works like",
)  # fmt: skip
FIRST_HAND = (
    "i asked", "i bought", "i built", "i counted", "i did", "i found", "i made", "i measured", "i once", "i remember",
    "i saw", "i spent", "i tested", "i took", "i tried", "i used", "i went", "i've been", "i've seen", "i've tried",
    "when i was",
)  # fmt: skip
LIST_MARKERS = ("firstly", "first of all", "secondly", "thirdly", "number one", "number two", "number three", "step one", "step two", "step three", "first", "second", "third", "last")  # fmt: skip

_SPELT = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half quarter dozen"  # fmt: skip
NUMBERS = frozenset(_SPELT.split())


def lexical_richness(document: Document) -> Measured | None:
    """Moving-average type-token ratio over windows of 100 words."""
    words = document.words
    if len(words) < MATTR_WINDOW:
        return None
    window = Counter(words[:MATTR_WINDOW])
    total, windows = len(window), 1
    for leaving, entering in zip(words, words[MATTR_WINDOW:], strict=False):
        window[leaving] -= 1
        if not window[leaving]:
            del window[leaving]
        window[entering] += 1
        total += len(window)
        windows += 1
    return (total / MATTR_WINDOW, windows)


def hedges(document: Document) -> Measured | None:
    return _rate(document, HEDGES)


def boosters(document: Document) -> Measured | None:
    return _rate(document, BOOSTERS)


def fillers(document: Document) -> Measured | None:
    return _rate(document, FILLERS)


def transitions(document: Document) -> Measured | None:
    """Sentences that begin with a word or phrase that leads on."""
    sentences = document.sentences
    return (sum(_leads_on(sentence.words) for sentence in sentences), len(sentences)) if sentences else None


def comparisons(document: Document) -> Measured | None:
    return _rate(document, COMPARISONS)


def first_hand(document: Document) -> Measured | None:
    return _rate(document, FIRST_HAND)


def specificity(document: Document) -> Measured | None:
    """Numbers in figures or words per 100 words."""
    count = sum(times for word, times in document.counts.items() if word in NUMBERS or word[0].isdigit())
    return (100.0 * count, len(document.words)) if document.words else None


def words_to_number(document: Document) -> Measured | None:
    """Words before the first number: how soon a video gets concrete. Without any, its length."""
    if not document.words:
        return None
    first = next(
        (i for i, word in enumerate(document.words) if word in NUMBERS or word[0].isdigit()),
        len(document.words),
    )
    return (first, 1)


def show_hedges(document: Document) -> list[Span]:
    return _with(document, HEDGES)


def show_boosters(document: Document) -> list[Span]:
    return _with(document, BOOSTERS)


def show_fillers(document: Document) -> list[Span]:
    return _with(document, FILLERS)


def show_transitions(document: Document) -> list[Span]:
    return [
        sentence.span for sentence in document.sentences if _leads_on(sentence.words) and 4 <= len(sentence.words) <= 25
    ]


def show_comparisons(document: Document) -> list[Span]:
    return _with(document, COMPARISONS)


def show_first_hand(document: Document) -> list[Span]:
    return _with(document, FIRST_HAND)


def show_specificity(document: Document) -> list[Span]:
    return [
        sentence.span
        for sentence in document.sentences
        if 6 <= len(sentence.words) <= 25 and sum(word[0].isdigit() for word in sentence.words) >= 2
    ]


def _leads_on(words: tuple[str, ...]) -> bool:
    opening = f"{' '.join(words[:4])} "
    return any(opening.startswith(f"{marker} ") for marker in TRANSITIONS)


_PATTERNS: dict[tuple[str, ...], re.Pattern[str]] = {}


def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    if phrases not in _PATTERNS:
        longest_first = sorted(phrases, key=len, reverse=True)
        _PATTERNS[phrases] = re.compile(r"(?<![\w'])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w'])")
    return _PATTERNS[phrases]


def _rate(document: Document, phrases: tuple[str, ...]) -> Measured | None:
    if not document.words:
        return None
    return (1000.0 * len(_pattern(phrases).findall(" ".join(document.words))), len(document.words))


def _with(document: Document, phrases: tuple[str, ...]) -> list[Span]:
    pattern = _pattern(phrases)
    return [
        sentence.span
        for sentence in document.sentences
        if 4 <= len(sentence.words) <= 28 and pattern.search(" ".join(sentence.words))
    ]
