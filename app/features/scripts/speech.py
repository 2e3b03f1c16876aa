"""What of a narration is spoken, how many words that is, and how long it takes.

Where the creator must write, a narration holds a placeholder, which reserves its words and their time:
`[your words: how you came to this | 45 words]` or `[your story: the ferry | 60 words]`.
"""

import re
from typing import Literal

from msgspec import Struct

from app.shared.evidence import Span
from app.shared.text import words

USUAL_PACE = 150.0
"""Words per minute where the creator's own is not measured."""

PLACEHOLDER = re.compile(r"\[your (words|story):([^\[\]|]*)(?:\|\s{0,3}(\d{1,4}) words?\s?)?\]", re.IGNORECASE)
"""The text holds no bracket and no bar, so that nothing is searched twice."""
BLANKS_BEFORE = r"(?:(?<![^\S\n])[^\S\n]++)?"
"""For expressions that begin with a line's blanks: only a run's first may begin a match, or a hundred thousand blanks would
be gone through from each of them."""


class Placeholder(Struct, frozen=True):
    """A place that is the creator's to write. `words` is what it reserves; 0 where it doesn't say."""

    kind: Literal["words", "story"]
    text: str
    words: int
    span: Span


def placeholder(text: str, word_count: int, kind: Literal["words", "story"] = "words") -> str:
    """The placeholder as it stands in a narration; brackets, bars and line breaks of the text are taken out."""
    plain = " ".join(re.sub(r"[\[\]|]", " ", text).split())
    return f"[your {kind}: {plain} | {min(max(word_count, 1), 9999)} words]"


def placeholders(narration: str) -> list[Placeholder]:
    """In the order in which they stand."""
    return [
        Placeholder(
            "story" if found[1].lower() == "story" else "words",
            found[2].strip(),
            int(found[3] or 0),
            Span(*found.span()),
        )
        for found in PLACEHOLDER.finditer(narration)
    ]


def spoken(narration: str) -> str:
    """What the narration says aloud as it stands: without placeholders, and without the gaps that they leave."""
    if not PLACEHOLDER.search(narration):
        return narration.strip()
    bare = PLACEHOLDER.sub("\0", narration)
    bare = re.sub(rf"{BLANKS_BEFORE}\0[^\S\n]*+(?=[.!?,;:…])", "", bare)
    bare = re.sub(rf"{BLANKS_BEFORE}(?:\0[^\S\n]*+)++", " ", bare)
    return re.sub(r"\n{3,}", "\n\n", re.sub(rf"{BLANKS_BEFORE}\n[^\S\n]*+", "\n", bare)).strip()


def spoken_words(narration: str) -> int:
    """Words that stand there already."""
    return len(words(PLACEHOLDER.sub(" ", narration)))


def count_words(narration: str) -> int:
    """Spoken words, with those that placeholders reserve."""
    return spoken_words(narration) + sum(one.words for one in placeholders(narration))


def seconds_for(word_count: float, words_per_minute: float) -> float:
    return word_count * 60.0 / (words_per_minute if words_per_minute >= 1 else USUAL_PACE)


def seconds_of(narration: str, words_per_minute: float) -> float:
    """How long the narration takes, placeholders included."""
    return seconds_for(count_words(narration), words_per_minute)
