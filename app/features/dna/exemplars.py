"""The passages that are worth showing to a writer: hooks, explanations, transitions, endings."""

from collections.abc import Sequence

from msgspec import Struct

from app.features.dna import lexicon
from app.features.dna.corpus import Document, Sentence, evidence
from app.features.dna.hooks import hook, hook_type
from app.features.dna.rhetoric import show_analogies
from app.shared.evidence import Evidence, Span

ENDING_WORDS = 60
MOST_OF_A_KIND = 4
SHORTEST_EXPLANATION = 60
"""Characters."""


class Exemplar(Struct):
    """A passage of the creator's own: `kind` is hook, explanation, transition or ending; `type` tells hooks apart."""

    kind: str
    type: str | None
    evidence: Evidence


def exemplars(documents: Sequence[Document]) -> list[Exemplar]:
    """Up to four each of hooks, explanations, transitions and endings, from different sources."""
    found: list[Exemplar] = []
    for kind, pick in (
        ("hook", _hook),
        ("explanation", _explanation),
        ("transition", _transition),
        ("ending", _ending),
    ):
        taken = 0
        for document in documents:
            span = pick(document)
            quote = evidence(document, span) if span else None
            if quote and taken < MOST_OF_A_KIND:
                found.append(Exemplar(kind, hook_type(document) if kind == "hook" else None, quote))
                taken += 1
    return found


def _last(sentences: Sequence[Sentence], most_words: int) -> list[Sentence]:
    """As many whole sentences from the end as fit, in their order."""
    taken: list[Sentence] = []
    count = 0
    for sentence in reversed(sentences):
        if taken and count + len(sentence.words) > most_words:
            break
        taken.append(sentence)
        count += len(sentence.words)
    return taken[::-1]


def _hook(document: Document) -> Span | None:
    """The opening without its greeting, as far as it stands in one turn."""
    found = hook(document)
    return _within_turn(document, found.span) if found else None


def _ending(document: Document) -> Span | None:
    closing = _last(document.sentences, ENDING_WORDS)
    return _within_turn(document, Span(closing[0].span.start, closing[-1].span.end)) if closing else None


def _within_turn(document: Document, span: Span) -> Span | None:
    turn = next((turn for turn in document.turns if turn.start <= span.start < turn.end), None)
    return Span(span.start, min(span.end, turn.end)) if turn else None


def _explanation(document: Document) -> Span | None:
    """The first analogy that has room to explain something, else the first comparison."""
    spans = (*show_analogies(document), *lexicon.show_comparisons(document))
    return next((span for span in spans if span.end - span.start > SHORTEST_EXPLANATION), None)


def _transition(document: Document) -> Span | None:
    spans = lexicon.show_transitions(document)
    return spans[len(spans) // 2] if spans else None
