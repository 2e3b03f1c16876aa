"""A script in another form without a model: its own sentences, chosen and put in the form's order."""

import re
from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import RepurposingFormat
from app.features.memory.preferences import Rule, obeyed
from app.features.repurposing.choosing import (
    FEWEST_WORDS,
    Group,
    best_of_each,
    is_disputed,
    opening_of,
    points_of,
    question_of,
)
from app.features.repurposing.limits import LONGEST_SUBJECT, LONGEST_TITLE, MOST_POSTS, short_words
from app.features.repurposing.pieces import part_of
from app.features.repurposing.posts import posts_of
from app.features.repurposing.schemas import LeftOut, Part, Written
from app.features.scripts.exports.chapters import short
from app.features.scripts.exports.document import title_of
from app.features.scripts.exports.sentences import ScriptSentence, sentences_of
from app.features.scripts.schemas import Note, Section
from app.features.scripts.speech import USUAL_PACE, placeholders
from app.shared.evidence import Span
from app.shared.exceptions import Unprocessable
from app.shared.text import words

OFFLINE = "offline"
OPENING_WORDS = 40
LETTER_OPENING_WORDS = 60
SHORT_POINTS = 5
LETTER_POINTS = 3
THREAD_IDEAS = 10
LONGEST_CUE = 40
DISPUTED = "Your sources differ here: say which you trust, or say both."
OPEN_DISPUTE = "[your words: your sources differ here"
"""How the script's placeholder begins after a sentence that the creator is still to settle."""
_FIGURE = re.compile(r"(?<![\w.,])(?:[£$€]\s?)?(\d[\d,.]*\d|\d)(?:s\b|\s?%|\s(?!(?:in|on|at|to|and|or|of|the|a|an|by|for|as|is|was|were|with|that)\b)[a-z]+)?")  # fmt: skip
_YEAR = re.compile(r"^(?:1\d|20)\d\d(?=\s|$)")


class Material(Struct, frozen=True):
    """A script's whole sentences, and what is known of them. `disputed`: the claims that sources contradict."""

    title: str
    sections: Sequence[Section]
    sentences: list[ScriptSentence]
    disputed: Collection[UUID]
    short_words: int


def assemble(
    form: RepurposingFormat,
    title: str,
    sections: Sequence[Section],
    words_per_minute: float = USUAL_PACE,
    disputed: Collection[UUID] = (),
    rules: Sequence[Rule] = (),
) -> Written:
    """Raises `Unprocessable` where the script has no whole sentence yet."""
    sentences = [replace(one, text=obeyed(one.text, rules)) for one in sentences_of(sections)]
    usable = [one for one in sentences if not _still_open(one, sections)]
    if not usable:
        raise Unprocessable(
            "The script says nothing yet that could be used: all of it is still yours to write.",
            code="nothing_to_repurpose",
        )
    material = Material(title, sections, usable, disputed, short_words(words_per_minute))
    make: Callable[[Material], list[Part]] = {
        RepurposingFormat.SHORTS: _short,
        RepurposingFormat.BLOG: _blog,
        RepurposingFormat.NEWSLETTER: _newsletter,
        RepurposingFormat.THREAD: _thread,
    }[form]
    headline = subject_of(material) if form is RepurposingFormat.NEWSLETTER else short(title, LONGEST_TITLE)
    left = left_out(sections)
    condensed = form is not RepurposingFormat.BLOG
    left += [
        LeftOut(one.text, DISPUTED)
        for one in sentences
        if (condensed and is_disputed(one, disputed)) or _still_open(one, sections)
    ]
    return Written(headline, make(material), left, OFFLINE)


def left_out(sections: Sequence[Section]) -> list[LeftOut]:
    """What is still the creator's to write is in none of the forms."""
    return [
        LeftOut(slot.text or title_of(section), f"It is still yours to write, in “{title_of(section)}”.")
        for section in sections
        for slot in placeholders(section.narration)
    ]


def _still_open(sentence: ScriptSentence, sections: Sequence[Section]) -> bool:
    after = sections[sentence.section].narration[sentence.span.end :]
    return after.lstrip()[: len(OPEN_DISPUTE)].lower() == OPEN_DISPUTE


def subject_of(material: Material) -> str:
    """The script's first question where it is short enough for a subject line, else its title."""
    opening = [one for one in material.sentences if one.section == material.sentences[0].section and one.asks]
    fitting = [one.text for one in opening if len(one.text) <= LONGEST_SUBJECT]
    return fitting[0] if fitting else short(material.title, LONGEST_SUBJECT)


def _short(material: Material) -> list[Part]:
    """Hook, the best points in the script's order, and its question, in a minute."""
    opening = opening_of(material.sentences, OPENING_WORDS)
    ending = _ending(material, opening)
    hook = _within(opening, material.short_words)
    room = material.short_words - sum(one.words for one in (*hook, *([ending] if ending else [])))
    points = _points(material, [*opening, *([ending] if ending else [])])
    chosen = best_of_each(points, SHORT_POINTS, room)
    parts = [part_of("hook", "Hook", hook, on_screen_text=cue(hook, material.title))]
    for at, groups in groupby(chosen, key=lambda group: group.section):
        said = [one for group in groups for one in group.sentences]
        title = title_of(material.sections[at])
        parts.append(part_of("point", title, said, on_screen_text=cue(said, title)))
    if ending and room >= 0:
        parts.append(part_of("ending", "Question", [ending], on_screen_text=short(ending.text, LONGEST_CUE)))
    return [part for part in parts if part.text]


def _blog(material: Material) -> list[Part]:
    """A chapter a section, with its paragraphs. The sources are listed when it is read."""
    parts: list[Part] = []
    for at, section in enumerate(material.sections):
        said = [one for one in material.sentences if one.section == at]
        if not said:
            continue
        breaks = [
            place
            for place in range(1, len(said))
            if "\n" in section.narration[said[place - 1].span.end : said[place].span.start]
        ]
        part = part_of("introduction" if not parts else "section", title_of(section), said, breaks=breaks)
        part.notes += [
            Note("disputed", DISPUTED, section.id, span)
            for span in dict.fromkeys(one.span for one in part.citations if one.claim_id in material.disputed)
        ]
        parts.append(part)
    return parts


def _newsletter(material: Material) -> list[Part]:
    """Subject, a short opening, three points, a question."""
    subject = subject_of(material)
    opening = [one for one in opening_of(material.sentences, LETTER_OPENING_WORDS) if one.text != subject]
    if sum(one.words for one in opening) < FEWEST_WORDS:
        opening = []
    ending = _ending(material, opening)
    used = [*opening, *([ending] if ending else [])]
    points = best_of_each(_points(material, used), LETTER_POINTS)
    if ending and ending.text == subject:
        ending = None
    parts = [part_of("subject", "Subject", [one for one in material.sentences if one.text == subject][:1])]
    parts[0].text = subject
    if opening:
        parts.append(part_of("opening", "Opening", _within(opening, LETTER_OPENING_WORDS)))
    parts += [part_of("point", title_of(material.sections[one.section]), one.sentences) for one in points]
    if ending:
        parts.append(part_of("question", "Question", [ending]))
    if len(parts) == 1:
        parts.append(part_of("opening", "Opening", _within(material.sentences, LETTER_OPENING_WORDS)))
    return parts


def _thread(material: Material) -> list[Part]:
    """The hook, one idea a post in the script's order, and the question."""
    opening = opening_of(material.sentences, OPENING_WORDS)
    ending = _ending(material, opening)
    used = [*opening, *([ending] if ending else [])]
    ideas: list[Sequence[ScriptSentence]] = [
        opening,
        *(group.sentences for group in best_of_each(_points(material, used), THREAD_IDEAS)),
    ]
    last = [[ending]] if ending else []
    while len(ideas) > 1 and len(posts_of([*ideas, *last])) > MOST_POSTS:
        ideas.pop()
    posts = posts_of([*ideas, *last])
    return posts if len(posts) <= MOST_POSTS else posts_of([_within(opening, OPENING_WORDS)])


def _points(material: Material, used: Sequence[ScriptSentence]) -> list[Group]:
    gone = set(map(id, used))
    groups = points_of(material.sections, material.sentences, material.disputed)
    return [group for group in groups if not gone & set(map(id, group.sentences))]


def _ending(material: Material, opening: Sequence[ScriptSentence]) -> ScriptSentence | None:
    gone = set(map(id, opening))
    return question_of([one for one in material.sentences if id(one) not in gone])


def _within(sentences: Sequence[ScriptSentence], most_words: int) -> list[ScriptSentence]:
    """Whole sentences within so many words; where the first alone is longer, as much of it as fits."""
    kept: list[ScriptSentence] = []
    for sentence in sentences:
        if sum(one.words for one in kept) + sentence.words <= most_words:
            kept.append(sentence)
    if kept or not sentences:
        return kept
    head = " ".join(sentences[0].text.split()[: max(1, most_words - 1)])
    text = f"{head} …"
    return [replace(sentences[0], text=text, span=Span(sentences[0].span.start, sentences[0].span.end))]


def cue(sentences: Sequence[ScriptSentence], otherwise: str) -> str:
    """What stands on the screen meanwhile: the first figure that is said, with what it counts; else the part's title."""
    for sentence in sentences:
        if found := _FIGURE.search(sentence.text):
            said = found.group()
            year = _YEAR.match(said)
            return short(year.group() if year else said, LONGEST_CUE)
    return short(otherwise, LONGEST_CUE) if words(otherwise) else ""
