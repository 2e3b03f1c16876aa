"""What a message asks when it goes on from what was said before: "and how much did it cost?". English."""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from app.features.chat.material import Turn
from app.features.research.factual import names_in
from app.features.research.quantities import content_stems
from app.features.research.relevance import Asked, read_question
from app.features.research.wordlists import LIGHT
from app.shared.text import sentence_spans, words

MOST_TURNS = 6
"""That are looked back on."""
MOST_ANSWER_SENTENCES = 2
"""Of the last answer that a pronoun may point to."""

_GOES_ON = re.compile(r"^(?:(?:ok(?:ay)?|and|but|so|also|then|or|well|right|thanks|yes|no)\b[\s,.!]*)+", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:what|how) about\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:it|its|he|him|his|she|her|hers|they|them|their|theirs|there|then|such|the (?:same|other|others|latter|former|first one|"
    r"second one)|(?:this|that|these|those)(?=\s*(?:[?.!,]|$)|\s+(?:is|was|are|were|did|do|does|has|had|mean|means|happen|happened|"
    r"work|works|worked|cost|take|took|one|ones|time|year|voyage|book|man|woman|person|place|method|idea)\b))(?!\w)",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"^(?:please\s+)?(?:(?:can|could) you\s+)?(?:tell me more|say more|more(?: (?:please|details?|about (?:it|this|that)))?|go on|"
    r"continue|what else|anything else|what more|any more)\b[^?]{0,25}\??[.!]?$",
    re.IGNORECASE,
)
_ASKS_FOR_MORE = frozenset(content_stems("tell say more else anything detail please continue go"))


def wants_more(message: str) -> bool:
    """Whether it asks for what wasn't said yet, and for nothing of its own."""
    return bool(_MORE.match(_GOES_ON.sub("", message).strip() or message))


def leans_back(message: str) -> bool:
    """Whether a message can't be understood alone: it begins by going on, points back before it names anything, or names
    nothing at all."""
    if _ABOUT.match(_GOES_ON.sub("", message)) or wants_more(message) or not read_question(message).terms:
        return True
    pointer = _POINTS.search(message)
    if pointer and not names_in(message[: pointer.start()] + " x"):
        return True
    return bool(_GOES_ON.match(message)) and not names_in(message)


def readings(message: str, turns: Sequence[Turn]) -> list[Asked]:
    """What the message may ask, read alone or with what it goes on from: the last question, or what the last answer named.
    Without what was said before, or where it needs none of it, there is one reading."""
    before: list[Asked] = []
    for number, turn in enumerate(turns[-MOST_TURNS:]):
        before = _read(turn.question, before, turns[-MOST_TURNS:][number - 1] if number else None)
    return _read(message, before, turns[-1] if turns else None)


def _read(message: str, before: Sequence[Asked], last: Turn | None) -> list[Asked]:
    alone = read_question(message)
    if not before or last is None or not leans_back(message):
        return [alone]
    if wants_more(message):
        return [replace(before[0], question=message)]
    own = replace(alone, terms={stem: weight for stem, weight in alone.terms.items() if stem not in _ASKS_FOR_MORE})
    about = bool(_ABOUT.match(_GOES_ON.sub("", message)))
    merged = [_merged(own, before[0], about=about)]
    named = _named(last)
    if named.terms and not about:
        merged.append(_merged(own, named, about=False))
    return [*merged, alone] if own.names and not about else merged


def _merged(own: Asked, topic: Asked, *, about: bool) -> Asked:
    """Half of the weight is what is asked now, at most half what it is about: neither alone is an answer. "What about X?"
    asks what was asked before of something else."""
    carried = {
        stem: weight
        for stem, weight in topic.terms.items()
        if stem not in own.terms and not (about and stem in topic.names)
    }
    weighty = sum(weight for stem, weight in own.terms.items() if stem not in LIGHT)
    total = sum(carried.values())
    scale = min(1.0, own.weight / total) if total and weighty else 1.0
    carried = {stem: weight * scale for stem, weight in carried.items()}
    wanted = topic.wanted if about or (own.wanted == "narrow" and not own.terms) else own.wanted
    return Asked(
        own.question,
        {**own.terms, **carried},
        own.names | (topic.names & carried.keys()),
        wanted,
        {**topic.words, **own.words},
    )


def _named(last: Turn) -> Asked:
    """What the last answer named, as a topic."""
    spans = sentence_spans(last.answer)[:MOST_ANSWER_SENTENCES]
    said = last.answer[: spans[-1].end] if spans else ""
    found = read_question(said)
    opening = {stem for span in spans for stem in content_stems(" ".join(words(span.of(said))[:2]))}
    kept = {
        stem: weight for stem, weight in found.terms.items() if stem in found.names or _capital(found, stem, opening)
    }
    return replace(found, terms=kept, names=frozenset(kept))


def _capital(found: Asked, stem: str, opening: set[str]) -> bool:
    return stem in opening and found.words[stem][:1].isupper()


def words_of(read: Sequence[Asked]) -> str:
    """What is searched for: the message, and what it goes on from."""
    said = list(dict.fromkeys(one.words[stem] for one in read for stem in one.terms))
    known = {word.lower() for word in words(read[0].question)}
    return " ".join([read[0].question, *(word for word in said if word.lower() not in known)])
