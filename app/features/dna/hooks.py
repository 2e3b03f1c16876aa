"""How a creator's videos begin and end, and the passages that are worth showing to a writer."""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.features.dna import lexicon
from app.features.dna.corpus import Document, Sentence
from app.features.dna.signals import evidence
from app.shared.evidence import Evidence, Span

HOOK_WORDS, ENDING_WORDS = 75, 60
MOST_OF_A_KIND = 4

_YEAR = re.compile(r"\b1[0-9]{3}\b|\b20[0-9]{2}\b")
_STORY = re.compile(r"^(?:in|on|one|it was|there was|last|when i|back in|years ago|picture this|imagine)\b")
_PROMISE = re.compile(r"\b(?:by the end|you'll (?:know|learn|see|understand|be able)|i'll (?:show|teach|tell)|i'm going to (?:show|teach)|give me)\b")  # fmt: skip
_PROBLEM = re.compile(
    r"\b(?:problem|broken|lost|stuck|wrong way|can't|cannot|fails?|failed|trouble|danger|impossible)\b"
)
_CONTRARY = re.compile(r"\b(?:everybody|everyone|people|they) (?:says?|thinks?|believes?|knows?|tells?)\b|\byou've been (?:told|lied)\b|\bthey're wrong\b|\bmyth\b|\bisn't (?:true|wrong)\b|\bnot what you think\b")  # fmt: skip


class Exemplar(Struct):
    """A passage of the creator's own: `kind` is hook, explanation, transition or ending; `type` tells hooks apart."""

    kind: str
    type: str | None
    evidence: Evidence


def hook_type(document: Document) -> str | None:
    """What the first 75 words do: the first rule that fits, from the most to the least particular."""
    opening = _opening(document.sentences, HOOK_WORDS)
    if not opening:
        return None
    first = " ".join(opening[0].words)
    text = " ".join(word for sentence in opening for word in sentence.words)
    head = " ".join(text.split()[:35])
    if opening[0].text.rstrip("\"'”’)]").endswith("?"):
        return "question"
    if _CONTRARY.search(head):
        return "contrarian"
    if _PROMISE.search(head):
        return "promise"
    if _STORY.match(first) or (_YEAR.search(first) and any(word in text.split() for word in ("was", "were", "had"))):
        return "story"
    if any(word[0].isdigit() for word in opening[0].words) or lexicon.NUMBERS & {"million", "billion"} & set(
        opening[0].words
    ):
        return "statistic"
    if _PROBLEM.search(head):
        return "problem"
    if opening[0].words[0] in {"look", "listen", "stop", "take", "try", "hold", "close", "picture", "go", "put"}:
        return "command"
    return "bold_claim"


def hook_distribution(documents: Sequence[Document]) -> dict[str, int]:
    """How many sources begin with each type of hook."""
    types = [kind for document in documents if (kind := hook_type(document))]
    return {kind: types.count(kind) for kind in sorted(set(types), key=lambda kind: (-types.count(kind), kind))}


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


def _opening(sentences: Sequence[Sentence], most_words: int) -> list[Sentence]:
    taken: list[Sentence] = []
    count = 0
    for sentence in sentences:
        if taken and count + len(sentence.words) > most_words:
            break
        taken.append(sentence)
        count += len(sentence.words)
    return taken


def _hook(document: Document) -> Span | None:
    opening = _opening(document.sentences, HOOK_WORDS)
    return _joined(document, opening)


def _ending(document: Document) -> Span | None:
    closing = _opening(document.sentences[::-1], ENDING_WORDS)[::-1]
    return _joined(document, closing)


def _joined(document: Document, sentences: Sequence[Sentence]) -> Span | None:
    """From the first sentence to the last, if they stand in one turn."""
    if not sentences:
        return None
    start, end = sentences[0].span.start, sentences[-1].span.end
    turn = next((turn for turn in document.turns if turn.start <= start < turn.end), None)
    return Span(start, min(end, turn.end)) if turn else None


def _explanation(document: Document) -> Span | None:
    return next((span for span in lexicon.show_comparisons(document) if span.end - span.start > 60), None)


def _transition(document: Document) -> Span | None:
    spans = lexicon.show_transitions(document)
    return spans[len(spans) // 2] if spans else None
