"""Which words a creator softens, stresses, fills, leads on and compares with. English word lists."""

import math
import re
from collections import Counter

from app.features.dna.corpus import NUMBER_WORDS, Document
from app.features.dna.listing import listed
from app.features.dna.markers import Hit, Markers, kinds, quotes, rate
from app.features.dna.rhythm import Measured
from app.shared.evidence import Span

NUMBERS = NUMBER_WORDS | {"one", "half", "quarter", "dozen"}

_NOT = listed("not isn't wasn't aren't don't doesn't didn't can't never")
HEDGES = Markers(
    (
        "almost", "apparently", "arguably", "as far as i know", "broadly", "could", "could be", "fairly", "generally",
        "i believe", "i guess", "i suppose", "i suspect", "i think", "i'd say", "i'm not sure", "in a sense", "in a way",
        "it seems", "kind of", "kinda", "largely", "likely", "mainly", "maybe", "might", "might be", "more or less",
        "mostly", "nearly", "not really", "often", "or so", "perhaps", "possibly", "presumably", "pretty much", "probably",
        "quite", "roughly", "seem", "seems", "sometimes", "somewhat", "sort of", "sorta", "tend to", "tends to",
        "typically", "usually",
    ),
    listed("this that these those what which some any every each same different the other another all two"),
)  # fmt: skip
"""'That kind of thing' softens nothing."""
NEARLY = ("about", "around", "some", "approximately")
"""Soften a number that follows, and nothing else."""
BOOSTERS = Markers(
    (
        "absolutely", "actually", "always", "certainly", "clearly", "completely", "definitely", "enormously", "entirely",
        "exactly", "extremely", "genuinely", "honestly", "hugely", "incredibly", "indeed", "insanely", "literally",
        "never", "no doubt", "obviously", "of course", "perfectly", "precisely", "really", "seriously", "so much", "surely",
        "totally", "truly", "undoubtedly", "utterly", "very", "wonderfully",
    ),
    _NOT,
)  # fmt: skip
"""'Not really' and 'not always' soften."""
HESITATIONS = Markers(("er", "erm", "hm", "hmm", "mmm", "uh", "uhm", "um", "umm"))
FILLERS = (
    "actually", "alright", "and stuff", "anyway", "basically", "honestly", "i guess", "i mean", "kind of", "like", "literally",
    "look", "oh", "ok", "okay", "or whatever", "right", "so", "so yeah", "sort of", "well", "yeah", "you know",
    "you know what i mean", "you see",
)  # fmt: skip
"""Most are ordinary words elsewhere; set off by commas they fill."""
TRANSITIONS = Markers(
    (
        "after that", "also", "and then", "anyway", "as a result", "as i said", "at the same time", "at this point", "because of that",
        "before that", "besides", "but first", "but here's", "but wait", "by the way", "finally", "first", "first of all",
        "firstly", "for example", "for instance", "from there", "here's the", "however", "in fact", "in other words",
        "in short", "in the end", "in the meantime", "instead", "let's", "meanwhile", "moving on", "next", "next up", "now",
        "of course", "on the other hand", "on top of that", "once you've", "otherwise", "remember", "second", "secondly",
        "similarly", "so", "so far", "speaking of", "still", "that brings", "that means", "that said", "that's why", "then",
        "therefore", "third", "thirdly", "to sum up", "which brings", "which means", "with that",
    )
)  # fmt: skip
COMPARISONS = Markers(
    (
        "a bit like", "a little like", "as if", "as though", "exactly like", "imagine", "is like", "it's like", "just like",
        "kind of like", "like a", "like an", "like the", "looks like", "picture a", "sort of like", "suppose you", "the same as",
        "think of", "works like",
    )
)  # fmt: skip

_SET_OFF = re.compile(
    r"(?:^|[\n.,;:!?…—–\-]\s)(" + "|".join(sorted(FILLERS, key=len, reverse=True)) + r")(?=,|…|\.\.\.|\s[—–-]\s)"
)


def hedges(document: Document) -> Measured | None:
    return rate(hedge_hits(document), document)


def boosters(document: Document) -> Measured | None:
    return rate(BOOSTERS.hits(document), document)


def hesitations(document: Document) -> Measured | None:
    """None where there is none at all: most transcripts leave them out, and nobody can tell that from not making any."""
    hits = HESITATIONS.hits(document)
    return rate(hits, document) if hits else None


def fillers(document: Document) -> Measured | None:
    """Words of the list that punctuation sets off on both sides."""
    count = len(_SET_OFF.findall(document.own_text.lower()))
    return (1000.0 * count, len(document.words)) if document.words else None


def transitions(document: Document) -> Measured | None:
    """Sentences that begin with a word or phrase that leads on."""
    sentences = document.sentences
    return (sum(transition_kinds(document).values()), len(sentences)) if sentences else None


def transition_variety(document: Document) -> Measured | None:
    """Entropy in bits of which markers lead on, weighted by how many do; with the correction of Miller and Madow,
    (kinds - 1) / (2 markers) nats, as a few markers can't show all kinds."""
    used = transition_kinds(document)
    total = used.total()
    if total < 2:
        return None
    entropy = -sum(times / total * math.log(times / total) for times in used.values()) + (len(used) - 1) / (2 * total)
    return (entropy / math.log(2) * total, total)


def hedge_hits(document: Document) -> list[Hit]:
    """The list, and 'about' and its like where a number follows."""
    said = document.words
    nearly = [
        Hit(place, 1, word)
        for word in NEARLY
        for place in document.places.get(word, ())
        if place + 1 < len(said) and (said[place + 1][0].isdigit() or said[place + 1] in NUMBERS)
    ]
    return sorted([*HEDGES.hits(document), *nearly], key=lambda hit: hit.place)


def transition_kinds(document: Document) -> Counter[str]:
    """Which markers lead on, and how often."""
    openings = (TRANSITIONS.opening(sentence.words) for sentence in document.sentences)
    return Counter(marker for marker in openings if marker)


def hedge_kinds(document: Document) -> Counter[str]:
    return kinds(hedge_hits(document))


def booster_kinds(document: Document) -> Counter[str]:
    return kinds(BOOSTERS.hits(document))


def filler_kinds(document: Document) -> Counter[str]:
    return Counter(_SET_OFF.findall(document.own_text.lower()))


def show_hedges(document: Document) -> list[Span]:
    return quotes(hedge_hits(document), document)


def show_boosters(document: Document) -> list[Span]:
    return quotes(BOOSTERS.hits(document), document)


def show_hesitations(document: Document) -> list[Span]:
    return quotes(HESITATIONS.hits(document), document)


def show_fillers(document: Document) -> list[Span]:
    return [
        sentence.span
        for sentence in document.sentences
        if 4 <= len(sentence.words) <= 28 and _SET_OFF.search(sentence.text.lower())
    ]


def show_transitions(document: Document) -> list[Span]:
    return [
        sentence.span
        for sentence in document.sentences
        if 4 <= len(sentence.words) <= 25 and TRANSITIONS.opening(sentence.words)
    ]


def show_comparisons(document: Document) -> list[Span]:
    return quotes(COMPARISONS.hits(document), document)
