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
_OBJECT = re.compile(r"\b(?:him|them)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:its|his|her|their)\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:it|he|she|hers|they|theirs|there|then|such|the (?:same|other|others|latter|former|first one|"
    r"second one)|(?:this|that|these|those)(?=\s*(?:[?.!,]|$)|\s+(?:is|was|are|were|did|do|does|has|had|mean|means|happen|happened|"
    r"work|works|worked|cost|take|took|one|ones|time|year|voyage|book|man|woman|person|place|method|idea)\b))(?!\w)",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|be|did|does|would|will|has|had)\s+(?:it|there)\s+(?:been\s+)?(?:(?:so|too|very|really|not)\s+)*\w+(?:\s+\w+)?\s+"
    r"(?:to|that)\b|\b(?:is|are|was|were|be|been) there\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"^(?:please\s+)?(?:(?:can|could) you\s+)?(?:tell me more|say more|more(?: (?:please|details?|about (?:it|this|that)))?|go on|"
    r"continue|what else|anything else|what more|any more)\b[^?]{0,25}\??[.!]?$",
    re.IGNORECASE,
)
_PLEASANTRY = re.compile(
    r"^(?:(?:thanks?|thank you|thx|cheers|ok(?:ay)?|great|good|fine|nice|cool|perfect|wow|hi|hello|hey|bye|goodbye|good "
    r"(?:morning|evening|day)|so much|very much|a lot|there|again|that's all|done)\b[\s,.!]*)+$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|did|does|do|is|are|was|were|can|could|has|had)\b", re.IGNORECASE
)
_ASKS_FOR_MORE = frozenset(content_stems("tell say more else anything detail please continue go"))


def wants_more(message: str) -> bool:
    """Whether it asks for what wasn't said yet, and for nothing of its own."""
    return bool(_MORE.match(_GOES_ON.sub("", message).strip() or message))


def asks_something(message: str) -> bool:
    """Whether it is more than thanks or a greeting."""
    return not _PLEASANTRY.match(message)


def leans_back(message: str) -> bool:
    """Whether a message can't be understood alone: it begins by going on, points back before it names anything, or names
    nothing at all."""
    if _asks_about(message) or wants_more(message) or not _weighty(read_question(message)):
        return True
    if _OBJECT.search(message):
        return True
    pointer, owner = _POINTS.search(_EXPLETIVE.sub(" ", message)), _POSSESSIVE.search(message)
    if pointer and not names_in(message[: pointer.start()] + " x"):
        return True
    if owner and not content_stems(message[: owner.start()]):
        return True
    return bool(_GOES_ON.match(message)) and not names_in(message)


def _asks_about(message: str) -> bool:
    """Whether it asks of something else what was asked before: "what about X?", "and in X?"."""
    rest = _GOES_ON.sub("", message)
    short = rest != message and not _ASKS.search(rest) and len(_weighty(read_question(rest))) == 1
    return bool(_ABOUT.match(rest)) or short


def _weighty(asked: Asked) -> set[str]:
    return asked.terms.keys() - LIGHT


def readings(message: str, turns: Sequence[Turn]) -> list[list[Asked]]:
    """What the message may ask, the likelier readings first: with what it goes on from, which is the last question or what
    the last answer named; then alone. Without what was said before, or where it needs none of it, there is one."""
    before: list[list[Asked]] = []
    last: Turn | None = None
    for turn in (one for one in turns[-MOST_TURNS:] if asks_something(one.question)):
        before, last = _read(turn.question, before, last), turn
    return _read(message, before, last)


def _read(message: str, before: Sequence[Sequence[Asked]], last: Turn | None) -> list[list[Asked]]:
    alone = read_question(message)
    if not asks_something(message):
        return [[replace(alone, terms={})]]
    if not leans_back(message):
        return [[alone]]
    if not before or last is None:
        return [[alone if len(_weighty(alone)) > 1 else replace(alone, terms={})]]
    topic = before[0][0]
    if wants_more(message):
        return [[replace(topic, question=message)]]
    own = replace(alone, terms={stem: weight for stem, weight in alone.terms.items() if stem not in _ASKS_FOR_MORE})
    if about := _asks_about(message):
        own = replace(own, wanted="broad")
    likely = [_merged(own, topic, about=about)]
    named = _named(last)
    if named.terms and not about:
        likely.append(_merged(own, named, about=False))
    return [likely, [own]] if about or (own.names and _weighty(own) - own.names) else [likely]


def _merged(own: Asked, topic: Asked, *, about: bool) -> Asked:
    """Half of the weight is what is asked now, at most half what it is about: neither alone is an answer. "What about X?"
    asks what was asked before of something else."""
    carried = {
        stem: weight
        for stem, weight in topic.terms.items()
        if stem not in own.terms and not (about and stem in topic.names)
    }
    total = sum(carried.values())
    scale = min(1.0, own.weight / total) if total and _weighty(own) else 1.0
    carried = {stem: weight * scale for stem, weight in carried.items()}
    wanted = topic.wanted if about else own.wanted
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


def words_of(read: Sequence[Sequence[Asked]]) -> str:
    """What is searched for: the message, and what it goes on from."""
    said = list(dict.fromkeys(one.words[stem] for likely in read for one in likely for stem in one.terms))
    question = read[0][0].question
    known = {word.lower() for word in words(question)}
    return " ".join([question, *(word for word in said if word.lower() not in known)])
