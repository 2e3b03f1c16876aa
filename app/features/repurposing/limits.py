"""What each platform takes, and whether a piece keeps to it."""

from collections.abc import Sequence

from app.db.models import RepurposingFormat
from app.features.repurposing.posts import LONGEST_POST, weight
from app.features.repurposing.schemas import Part
from app.features.scripts.speech import seconds_for
from app.shared.text import words

SHORT_SECONDS = 60
LONGEST_TITLE = 100
"""Characters, as YouTube takes them."""
LONGEST_SUBJECT = 70
"""Characters that a mail program shows of a subject."""
MOST_POSTS = 25
LONGEST_LETTER = 500
"""Words that are read in two minutes."""


def short_words(words_per_minute: float) -> int:
    """Words that the creator says in a minute, with a little room."""
    return int(words_per_minute * SHORT_SECONDS / 60 * 0.97)


def word_count(parts: Sequence[Part]) -> int:
    return sum(len(words(part.text)) for part in parts)


def seconds_of(form: RepurposingFormat, parts: Sequence[Part], words_per_minute: float) -> float | None:
    """How long it takes to say, for what is said."""
    if form is not RepurposingFormat.SHORTS:
        return None
    return round(seconds_for(word_count(parts), words_per_minute), 1)


def broken(form: RepurposingFormat, title: str, parts: Sequence[Part], words_per_minute: float) -> list[str]:
    """Which limits a piece breaks, in words; none: it can be published as it is."""
    said = word_count(parts)
    faults = []
    if len(title) > (LONGEST_SUBJECT if form is RepurposingFormat.NEWSLETTER else LONGEST_TITLE):
        faults.append(f"the title has {len(title)} characters.")
    if form is RepurposingFormat.SHORTS and said > words_per_minute * SHORT_SECONDS / 60:
        faults.append(f"it has {said} words; {short_words(words_per_minute)} can be said in {SHORT_SECONDS} seconds.")
    if form is RepurposingFormat.NEWSLETTER and said > LONGEST_LETTER:
        faults.append(f"it has {said} words; {LONGEST_LETTER} are enough.")
    if form is RepurposingFormat.THREAD:
        faults += [
            f"post {part.title} has {weight(part.text)} characters; {LONGEST_POST} are allowed."
            for part in parts
            if weight(part.text) > LONGEST_POST
        ]
        if len(parts) > MOST_POSTS:
            faults.append(f"it has {len(parts)} posts; {MOST_POSTS} are allowed.")
    return faults
