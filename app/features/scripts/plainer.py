"""Plainer English by rule: short words for long ones, and long sentences cut where they join.

The list is of the kind that plain-language guides agree on; only words whose plain form fits in the same place stand in it.
"""

import re

from msgspec.structs import replace

from app.features.scripts.budget import Narration
from app.features.scripts.speech import PLACEHOLDER, count_words
from app.shared.evidence import Span
from app.shared.text import sentence_spans

LONG_SENTENCE = 18
"""Words from which a sentence is cut, if it can be."""
SHORTEST_PART = 5
PLAIN = {
    "additional": "more", "additionally": "also", "approximately": "about", "ascertain": "find out", "assist": "help",
    "assistance": "help", "attempt": "try", "attempted": "tried", "attempting": "trying", "commence": "start", "commenced": "started",
    "commencing": "starting", "component": "part", "components": "parts", "consequently": "so", "construct": "build",
    "constructed": "built", "constructing": "building", "currently": "now", "demonstrate": "show", "demonstrated": "showed",
    "demonstrates": "shows", "determine": "work out", "determined": "worked out", "difficulties": "troubles", "discontinue": "stop",
    "endeavour": "try", "enormous": "huge", "establish": "set up", "established": "set up", "facilitate": "help", "frequently": "often",
    "fundamental": "basic", "furthermore": "also", "however": "but", "illustrate": "show", "illustrated": "showed",
    "illustrates": "shows", "immediately": "at once", "implement": "carry out", "implemented": "carried out", "inaccurate": "wrong",
    "individuals": "people", "initially": "at first", "initiate": "start", "initiated": "started", "instrument": "tool",
    "investigate": "look into", "magnitude": "size", "maintain": "keep", "maintained": "kept", "manufacture": "make",
    "manufactured": "made", "methodology": "method", "modification": "change", "modifications": "changes", "modified": "changed",
    "moreover": "also", "necessitate": "need", "nevertheless": "still", "notwithstanding": "despite", "numerous": "many",
    "objective": "aim", "obtain": "get", "obtained": "got", "obtaining": "getting", "occasionally": "now and then",
    "occurred": "happened", "participate": "take part", "permit": "let", "permitted": "let", "possess": "have", "possessed": "had",
    "previously": "before", "principal": "main", "prior to": "before", "proceed": "go on", "proceeded": "went on", "purchase": "buy",
    "purchased": "bought", "regarding": "about", "remainder": "rest", "require": "need", "required": "needed", "requires": "needs",
    "residence": "home", "subsequent": "later", "subsequently": "later", "sufficient": "enough", "sufficiently": "well enough",
    "terminate": "end", "terminated": "ended", "therefore": "so", "transmit": "send", "transmitted": "sent", "transport": "carry",
    "transported": "carried", "utilise": "use", "utilised": "used", "utilize": "use", "utilized": "used", "utilizing": "using",
    "in order to": "to", "due to the fact that": "because", "in the event that": "if", "at this point in time": "now",
    "with regard to": "about", "a large number of": "many", "the majority of": "most", "in spite of": "despite",
    "is able to": "can", "are able to": "can", "was able to": "could", "were able to": "could",
}  # fmt: skip
_WORDS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, PLAIN), key=len, reverse=True)) + r")\b", re.IGNORECASE)
_JOINTS = re.compile(
    r"(?P<semicolon>;\s+)|(?P<joint>,\s+(?P<word>and|but|so)\s+)(?=(?:i|you|he|she|it|we|they|this|that|these|those|there|the|a|an|his|her|its|their|my|our|your)\b)",
    re.IGNORECASE,
)
_HAS_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|may|might|must|should|\w+(?:ed|es|s|t))\b", re.IGNORECASE)  # fmt: skip


def plainer(text: Narration) -> Narration:
    """The same with its long words and sentences made plain; quotation marks and placeholders are left alone. Citations go
    with their sentences: where one is cut in two, both parts are cited."""
    for start, end, said in sorted(_edits(text.text), reverse=True):
        text = _edited(text, start, end, said)
    return text


def _edits(text: str) -> list[tuple[int, int, str]]:
    """What is replaced by what, places not touching."""
    kept = [
        Span(*match.span()) for match in (*PLACEHOLDER.finditer(text), *re.finditer(r"[\"“][^\"”]{0,300}[\"”]", text))
    ]
    edits = []
    for match in _WORDS.finditer(text):
        span = Span(*match.span())
        if not any(_touch(span, one) for one in kept):
            word = PLAIN[match.group().lower()]
            edits.append((span.start, span.end, word[0].upper() + word[1:] if match.group()[0].isupper() else word))
    for sentence in sentence_spans(text):
        if count_words(sentence.of(text)) < LONG_SENTENCE or any(_touch(sentence, one) for one in kept):
            continue
        for joint in _JOINTS.finditer(text, sentence.start, sentence.end):
            before, after = text[sentence.start : joint.start()], text[joint.end() : sentence.end]
            if (
                min(count_words(before), count_words(after)) >= SHORTEST_PART
                and _HAS_VERB.search(before)
                and _HAS_VERB.search(after)
            ):
                edits.append(_cut(text, joint))
                break
    return edits


def _cut(text: str, joint: re.Match[str]) -> tuple[int, int, str]:
    word = (joint["word"] or "").lower()
    if word in {"but", "so"}:
        return joint.start(), joint.end(), f". {word.capitalize()} "
    return joint.start(), joint.end() + 1, f". {text[joint.end()].upper()}"


def _edited(text: Narration, start: int, end: int, said: str) -> Narration:
    by = len(said) - (end - start)
    moved = []
    for one in text.citations:
        place = one.narration_span
        first = place.start if place.start <= start else place.start + by if place.start >= end else start
        last = place.end if place.end <= start else place.end + by
        moved.append(
            replace(
                one, narration_span=Span(first, last), edited=one.edited or (place.start < end and start < place.end)
            )
        )
    return Narration(text.text[:start] + said + text.text[end:], moved)


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
