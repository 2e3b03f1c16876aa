"""Sentences to an answer's text with its citations, back again, and what is said where the sources don't say."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from msgspec.structs import asdict

from app.db.models import Stance
from app.features.chat.material import Said
from app.features.chat.schemas import ChatCitation
from app.features.research.composing import lacking
from app.features.research.facets import advice_for
from app.features.research.judging import stands_still
from app.features.research.passages import Passage
from app.features.research.relevance import Asked, missing
from app.features.research.schemas import CitationRead, Gap, RejectedStatement
from app.features.research.settling import made_of
from app.shared.evidence import Span

ERASED = "[This sentence went with its source, which was deleted.]"
NOTHING_ASKED = "It isn't clear what to look for in your sources. Name what you ask about."
NONE_LEFT = "The sources that this was looked for in were deleted meanwhile. Ask again."
NOTHING_STANDS = "What the model said is not carried by words of your sources, so it is not shown."
MOST_LACKING = 4


def compose(sentences: Sequence[Said]) -> tuple[str, list[ChatCitation]]:
    """One text of the sentences, and their citations with the place of each sentence in it."""
    text, citations = "", list[ChatCitation]()
    for one in sentences:
        start = len(text) + bool(text)
        text = f"{text} {one.text}" if text else one.text
        span = Span(start, start + len(one.text))
        citations += [ChatCitation(**asdict(cited), text_span=span) for cited in one.citations]
    return text, citations


def take_apart(text: str, citations: Sequence[ChatCitation]) -> list[Said]:
    """The sentences of a stored answer; each has a citation."""
    ordered = sorted(citations, key=lambda one: one.text_span.start)
    return [
        Said(span.of(text), [CitationRead(**_without_place(one)) for one in cited])
        for span, cited in groupby(ordered, key=lambda one: one.text_span)
    ]


def _without_place(citation: ChatCitation) -> dict[str, Any]:
    return {name: value for name, value in asdict(citation).items() if name != "text_span"}


def forget(sentences: Sequence[Said], source_id: UUID) -> list[Said]:
    """The sentences without a source's words. One that another quote carries, but is made of the lost one's words, takes
    that quote's; one that nothing carries any more is erased."""
    kept = []
    for one in sentences:
        lost = [cited.quote for cited in one.citations if cited.source_id == source_id and cited.quote]
        for cited in one.citations:
            if cited.source_id == source_id:
                cited.quote, cited.source_deleted = None, True
        left = [cited.quote or "" for cited in one.citations if cited.stance is Stance.SUPPORTS and stands_still(cited)]
        text = one.text
        if lost and not left:
            text = ERASED
        elif any(made_of(text, quote) for quote in lost):
            text = " ".join(left[0].split())
        kept.append(Said(text, one.citations))
    return kept


def gap_of(question: str, asked: Asked, passages: Sequence[Passage], sources: int) -> Gap:
    """What was looked for, what of it none of the passages says, and what to bring."""
    looked_for = [asked.words[stem] for stem in sorted(asked.terms, key=lambda stem: -asked.terms[stem])]
    where = "Your source doesn't say." if sources == 1 else f"Your {sources} sources don't say."
    none_of_it = lacking(missing(asked, passages)[:MOST_LACKING])
    advice = f"{where}{none_of_it} Look for {advice_for(asked)}." if looked_for else NOTHING_ASKED
    return Gap(question, list(dict.fromkeys(looked_for)), advice)


def spoken(gap: Gap | None, rejected: Sequence[RejectedStatement]) -> str:
    """An abstention in words."""
    advice = gap.advice if gap else NONE_LEFT
    return f"{NOTHING_STANDS} {advice}" if rejected else advice
