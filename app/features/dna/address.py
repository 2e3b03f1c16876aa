"""How a creator addresses people: person, questions, commands, contractions. English."""

import re
from itertools import islice

from app.features.dna.corpus import Document, Sentence
from app.features.dna.rhythm import Measured
from app.shared.evidence import Span

FIRST = frozenset(["i", "me", "my", "mine", "myself", "i'm", "i've", "i'd", "i'll"])
SECOND = frozenset(["you", "your", "yours", "yourself", "yourselves", "you're", "you've", "you'd", "you'll"])
TOGETHER = frozenset(["we", "us", "our", "ours", "ourselves", "we're", "we've", "we'd", "we'll", "let's"])
COMMANDS = frozenset(
    [
        "add",
        "allow",
        "ask",
        "avoid",
        "be",
        "begin",
        "bring",
        "build",
        "check",
        "choose",
        "click",
        "close",
        "come",
        "compare",
        "consider",
        "count",
        "cut",
        "do",
        "don't",
        "draw",
        "drop",
        "fill",
        "find",
        "follow",
        "forget",
        "get",
        "give",
        "go",
        "grab",
        "guess",
        "hang",
        "have",
        "hold",
        "imagine",
        "keep",
        "leave",
        "let",
        "let's",
        "lift",
        "listen",
        "look",
        "make",
        "mark",
        "measure",
        "meet",
        "move",
        "never",
        "notice",
        "open",
        "pay",
        "pick",
        "picture",
        "play",
        "point",
        "press",
        "pull",
        "push",
        "put",
        "read",
        "remember",
        "repeat",
        "say",
        "see",
        "send",
        "set",
        "show",
        "sit",
        "slide",
        "spin",
        "stand",
        "start",
        "stay",
        "stick",
        "stop",
        "subscribe",
        "suppose",
        "take",
        "tap",
        "tell",
        "test",
        "think",
        "throw",
        "touch",
        "trust",
        "try",
        "turn",
        "twist",
        "use",
        "wait",
        "walk",
        "watch",
        "work",
        "write",
    ]
)
ANSWERED_WITHIN = 2

_CONTRACTED = re.compile(r"\b\w+(?:n't|'re|'ve|'ll|'d|'m)\b|\b(?:it|that|there|here|what|who|he|she|how|where|let)'s\b")
_CONTRACTABLE = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|had|can|could|would|should|will) ?not\b|\bi (?:am|have|will|would)\b"
    r"|\b(?:you|we|they) (?:are|have|will|would)\b|\b(?:it|that|there|here|what|who|he|she) (?:is|has|will)\b|\blet us\b"
)


def first_person(document: Document) -> Measured | None:
    return _rate(document, FIRST)


def second_person(document: Document) -> Measured | None:
    return _rate(document, SECOND)


def together(document: Document) -> Measured | None:
    return _rate(document, TOGETHER)


def you_ratio(document: Document) -> Measured | None:
    """'You' among all of 'I', 'you' and 'we'."""
    you = _count(document, SECOND)
    everyone = you + _count(document, FIRST) + _count(document, TOGETHER)
    return (you, everyone) if everyone else None


def questions(document: Document) -> Measured | None:
    sentences = document.sentences
    return (sum(map(is_question, sentences)), len(sentences)) if sentences else None


def answered_questions(document: Document) -> Measured | None:
    """Questions whose next two sentences are statements that take up a word of the question, or answer shortly."""
    asked = answered = 0
    for index, sentence in enumerate(document.sentences):
        if is_question(sentence):
            asked += 1
            topic = {word for word in sentence.words if len(word) > 3}
            following = islice(document.sentences, index + 1, index + 1 + ANSWERED_WITHIN)
            answered += any(
                not is_question(answer) and (len(answer.words) <= 8 or topic & set(answer.words))
                for answer in following
            )
    return (answered, asked) if asked else None


def commands(document: Document) -> Measured | None:
    """Share of sentences that begin with a verb in the imperative."""
    sentences = document.sentences
    return (sum(map(is_command, sentences)), len(sentences)) if sentences else None


def contractions(document: Document) -> Measured | None:
    """Contracted forms among all that could be contracted."""
    text = document.own_text.lower().replace("’", "'")
    contracted = len(_CONTRACTED.findall(text))
    possible = contracted + len(_CONTRACTABLE.findall(text))
    return (contracted, possible) if possible else None


def is_question(sentence: Sentence) -> bool:
    return sentence.text.rstrip("\"'”’)]").endswith("?")


def is_command(sentence: Sentence) -> bool:
    return len(sentence.words) > 1 and sentence.words[0] in COMMANDS and not is_question(sentence)


def show_questions(document: Document) -> list[Span]:
    return [sentence.span for sentence in document.sentences if is_question(sentence) and len(sentence.words) >= 4]


def show_commands(document: Document) -> list[Span]:
    return [sentence.span for sentence in document.sentences if is_command(sentence) and len(sentence.words) >= 3]


def show_you(document: Document) -> list[Span]:
    return _with(document, SECOND)


def show_first(document: Document) -> list[Span]:
    return _with(document, FIRST)


def show_together(document: Document) -> list[Span]:
    return _with(document, TOGETHER)


def _with(document: Document, known: frozenset[str]) -> list[Span]:
    ranked = [
        (sum(word in known for word in sentence.words) / len(sentence.words), sentence.span)
        for sentence in document.sentences
        if 6 <= len(sentence.words) <= 25
    ]
    return [span for share, span in sorted(ranked, key=lambda item: -item[0]) if share > 0][:5]


def _count(document: Document, known: frozenset[str]) -> int:
    return sum(document.counts[word] for word in known)


def _rate(document: Document, known: frozenset[str]) -> Measured | None:
    return (1000.0 * _count(document, known), len(document.words)) if document.words else None
