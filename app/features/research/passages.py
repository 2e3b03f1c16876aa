"""What was retrieved, cut into sentences that know where they stand and what they say."""

import re
from collections.abc import Container, Sequence
from functools import cached_property
from uuid import UUID

from msgspec import Struct

from app.features.research.factual import is_statement, names_in, states_a_fact
from app.features.research.quantities import content_stem, quantities
from app.shared.evidence import Span
from app.shared.text import sentence_spans, words

FEWEST_WORDS, MOST_WORDS = 5, 60
"""Of a sentence that can be a claim; a longer one is a list, a table or speech without full stops."""
MOST_WITH_THE_ONE_BEFORE = 48
"""Words of a sentence with the one that it leans on."""

_LEANS = re.compile(
    r"^(?:it|its|he|his|she|her|they|their|them|this|that|these|those|such|both|one|another|others|two of|the (?:former|latter|"
    r"remainder|rest|other|result|method|latter's|disaster|idea|same|two)|here|there|then|so|nor|but|and|or|yet|thus|hence|"
    r"however|therefore|instead|also|still|in that|for this|at that|after that|as a result|in this|by then|of these|"
    r"for example|moreover|meanwhile|neither|either|some of|each|none of|in turn|again)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:he|him|his|she|her|hers)\b|^(?:\W*+\w++\W++(?:\w++\W++){0,5})?(?:this|these|those|such)\s", re.IGNORECASE
)
_NAMED = re.compile(
    r"(?:^|\s)(?!(?:The|A|An|In|At|On|After|Before|When|While|For|By|From|With|As|If|But|And|To|Of)\b)[A-Z][\w’'\-]+|\b[A-Z]\d"
)
_MARKS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`|^\s*(?:[-*•>]|\d{1,2}[.)])\s+|^#+\s*")


class Passage(Struct, frozen=True):
    """A chunk of a source at the version that the work began with."""

    chunk_id: UUID
    source_id: UUID
    version: int
    text: str
    span: Span
    heading: str = ""
    asked: list[int] = []
    """The sub-questions that found it."""


class Sentence(Struct, frozen=True, dict=True):
    """A sentence of a source; `span` points into the source's text. `before` is the one that it leans on, such as the one
    that says who "he" is; its text goes with it into a quote."""

    passage: int
    source_id: UUID
    version: int
    chunk_id: UUID
    span: Span
    text: str
    core: str
    """The sentence alone, which is what is compared with others."""
    claimable: bool

    @cached_property
    def stems(self) -> frozenset[str]:
        found = (content_stem(word.lower().replace("’", "'")) for word in words(self.text))
        return frozenset(stem for stem in found if stem)

    @cached_property
    def names(self) -> frozenset[str]:
        found = (content_stem(word.lower()) for name in names_in(self.text) for word in words(name))
        return frozenset(stem for stem in found if stem)

    @cached_property
    def factual(self) -> bool:
        return states_a_fact(self.text)

    @cached_property
    def has_date(self) -> bool:
        return any(one.dimension == "date" for one in quantities(self.text))

    @cached_property
    def has_number(self) -> bool:
        return any(one.dimension not in {"date", "ordinal"} for one in quantities(self.text))

    @property
    def plain(self) -> str:
        return plain(self.text)


def plain(quote: str) -> str:
    """A quote as a sentence to read: on one line, without Markdown's marks."""
    return " ".join(_MARKS.sub("", " ".join(quote.split())).split())


def leans_on_another(said: str) -> bool:
    """Whether a sentence can't be understood alone: it begins by pointing back, or speaks of somebody that it hasn't named."""
    if _LEANS.match(said):
        return True
    pronoun = _PRONOUN.search(said)
    return pronoun is not None and not _NAMED.search(said[: pronoun.start()])


def sentences_of(passages: Sequence[Passage], personal: Container[UUID] = ()) -> list[Sentence]:
    """Each sentence once, though chunks overlap, in the order of the passages. One that leans on the sentence before is
    given with it where both are short and stand in one paragraph; else it can't be a claim. In *personal* sources the
    first person states something too."""
    found: list[Sentence] = []
    seen: set[tuple[UUID, int]] = set()
    for number, passage in enumerate(passages):
        before: Span | None = None
        for span in sentence_spans(passage.text):
            here = before
            before = span
            place = passage.span.start + span.start
            if (passage.source_id, place) in seen:
                continue
            seen.add((passage.source_id, place))
            found.append(_sentence(number, passage, span, here, personal=passage.source_id in personal))
    return found


def _sentence(number: int, passage: Passage, span: Span, before: Span | None, *, personal: bool) -> Sentence:
    said = span.of(passage.text)
    read = plain(said)
    count = len(words(read))
    leans = leans_on_another(read)
    fits = FEWEST_WORDS <= count <= MOST_WORDS and is_statement(said, personal=personal) and "\n\n" not in said
    if leans and fits and before is not None:
        both = Span(before.start, span.end)
        joined = both.of(passage.text)
        earlier = before.of(passage.text)
        if (
            "\n\n" not in joined
            and is_statement(earlier, personal=personal)
            and not leans_on_another(plain(earlier))
            and len(words(joined)) <= MOST_WITH_THE_ONE_BEFORE
        ):
            return _made(number, passage, both, said, claimable=True)
    return _made(number, passage, span, said, claimable=fits and not leans)


def _made(number: int, passage: Passage, span: Span, core: str, *, claimable: bool) -> Sentence:
    whole = Span(passage.span.start + span.start, passage.span.start + span.end)
    return Sentence(
        number,
        passage.source_id,
        passage.version,
        passage.chunk_id,
        whole,
        span.of(passage.text),
        core,
        claimable,
    )
