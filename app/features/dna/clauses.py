"""The units in which openings, beats and calls are read: sentences, or clauses where nothing is punctuated.

Speech recognition without marks gives one sentence of thousands of words. It is cut before the words that begin a
clause in spoken English; the cuts are not grammar, but every cut stands between two words of the source.
"""

from collections.abc import Iterator
from itertools import islice

from app.features.dna.corpus import Document, Sentence
from app.features.dna.wordlists import word_set
from app.shared.evidence import Span
from app.shared.text import word_spans

LONGEST_CLAUSE = 28
"""Words; a clause without any word to cut before ends here."""

_AFTER_FOUR = word_set("so but okay ok alright right now because cause anyway then today step subscribe")
_AFTER_FIVE = word_set(
    "it's that's there's i'm you're we're they're he's she's here's what's don't let's i've you've we've i'll you'll we'll "
    "if when why how and thanks hi hello hey"
)  # fmt: skip
_AFTER_SEVEN = word_set("i you we they he she it this these there my your in first next let")
_JOINS_ON = word_set(
    "and but so because cause if when that which who what where how as than like with of to for from in on at by about "
    "the a an my your our their his her its this these is are was were be do does did can could will would should "
    "think know say says said tell told show see want okay right or then until till while not just even"
)  # fmt: skip
"""After one of these the clause goes on."""


def units(document: Document, most_words: int | None = None) -> list[Sentence]:
    """The document's sentences, or its clauses; with *most_words* only as many as it takes to hold those."""
    found = iter(document.sentences) if document.punctuated else _clauses(document)
    if most_words is None:
        return list(found)
    taken: list[Sentence] = []
    count = 0
    for unit in found:
        if taken and count + len(unit.words) > most_words:
            break
        taken.append(unit)
        count += len(unit.words)
    return taken


def _clauses(document: Document) -> Iterator[Sentence]:
    for sentence in document.sentences:
        places = list(word_spans(sentence.text))
        begin = 0
        for cut in (*_cuts(sentence.words), len(places)):
            start, end = places[begin].start, places[cut - 1].end
            span = Span(sentence.span.start + start, sentence.span.start + end)
            yield Sentence(span, sentence.text[start:end], sentence.words[begin:cut])
            begin = cut


def _cuts(words: tuple[str, ...]) -> Iterator[int]:
    """The places of the words that begin a clause, the first word's left out."""
    begin, before = 0, ""
    for place, word in enumerate(islice(words, len(words) - 1)):
        length = place - begin
        if (
            (length >= 4 and word in _AFTER_FOUR and before not in _JOINS_ON)
            or (length >= 5 and word in _AFTER_FIVE and before not in _JOINS_ON)
            or (length >= 7 and word in _AFTER_SEVEN and before not in _JOINS_ON)
            or length >= LONGEST_CLAUSE
        ):
            yield place
            begin = place
        before = word
