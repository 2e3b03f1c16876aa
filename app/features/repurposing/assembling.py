"""A script in another form without a model: its own sentences, chosen and put in the form's order."""

import re
from collections.abc import Sequence

from app.db.models import RepurposingFormat
from app.features.repurposing.choosing import Group, best_of_each, in_order, opening_of, points_of, question_of
from app.features.repurposing.pieces import part_of
from app.features.repurposing.posts import posts_of
from app.features.repurposing.schemas import LeftOut, Part, Written
from app.features.scripts.exports.chapters import short
from app.features.scripts.exports.document import title_of
from app.features.scripts.exports.sentences import ScriptSentence, sentences_of
from app.features.scripts.schemas import Section
from app.features.scripts.speech import placeholders
from app.shared.exceptions import Unprocessable

SHORT_WORDS = 150
OPENING_WORDS = 40
LETTER_OPENING_WORDS = 60
LETTER_POINTS = 3
THREAD_IDEAS = 10
LONGEST_SUBJECT = 70
LONGEST_CUE = 40
_FIGURE = re.compile(
    r"(?:[£$€]\s?)?\d[\d,.]*\d|\d", re.ASCII
)  # fmt: skip


def assemble(form: RepurposingFormat, title: str, sections: Sequence[Section]) -> Written:
    """Raises `Unprocessable` where the script has no whole sentence yet."""
    sentences = sentences_of(sections)
    if not sentences:
        raise Unprocessable(
            "The script says nothing yet that could be used: all of it is still yours to write.",
            code="nothing_to_repurpose",
        )
    make = {
        RepurposingFormat.SHORTS: _short,
        RepurposingFormat.BLOG: _blog,
        RepurposingFormat.NEWSLETTER: _newsletter,
        RepurposingFormat.THREAD: _thread,
    }[form]
    headline = title
    if form is RepurposingFormat.NEWSLETTER:
        headline = subject_of(title, sentences)
    return Written(headline, make(headline, sections, sentences), left_out(sections), "offline", None)


def left_out(sections: Sequence[Section]) -> list[LeftOut]:
    """What is still the creator's to write is in none of the forms."""
    return [
        LeftOut(slot.text or title_of(section), f"It is still yours to write, in “{title_of(section)}”.")
        for section in sections
        for slot in placeholders(section.narration)
    ]


def subject_of(title: str, sentences: Sequence[ScriptSentence]) -> str:
    """The script's first question where it is short enough for a subject line, else its title."""
    opening = [one for one in sentences if one.section == sentences[0].section and one.asks]
    fitting = [one.text for one in opening if len(one.text) <= LONGEST_SUBJECT]
    return fitting[0] if fitting else short(title, LONGEST_SUBJECT)


def _short(title: str, sections: Sequence[Section], sentences: list[ScriptSentence]) -> list[Part]:
    """Hook, the best points in the script's order, and its question, in 150 words."""
    opening = opening_of(sentences, OPENING_WORDS)
    used = set(map(id, opening))
    ending = question_of([one for one in sentences if id(one) not in used])
    room = SHORT_WORDS - sum(one.words for one in opening) - (ending.words if ending else 0)
    chosen: list[Group] = []
    points = [group for group in points_of(sections, sentences) if not used & set(map(id, group.sentences))]
    for group in sorted(points, key=lambda group: -group.score):
        if group.words <= room and (ending is None or ending not in group.sentences):
            chosen.append(group)
            room -= group.words
    parts = [part_of("hook", "Hook", fitting(opening, SHORT_WORDS), on_screen_text=cue(sections, opening, title))]
    parts += [
        part_of("point", title_of(sections[group.section]), group.sentences, on_screen_text=cue(sections, group.sentences))
        for group in in_order(chosen)
    ]
    if ending and room >= 0:
        parts.append(part_of("ending", "Question", [ending], on_screen_text=short(ending.text, LONGEST_CUE)))
    return parts


def _blog(title: str, sections: Sequence[Section], sentences: list[ScriptSentence]) -> list[Part]:  # noqa: ARG001
    """A chapter a section, with its paragraphs. The sources are listed when it is read."""
    parts = []
    for at, section in enumerate(sections):
        said = [one for one in sentences if one.section == at]
        breaks = [
            place
            for place in range(1, len(said))
            if "\n" in section.narration[said[place - 1].span.end : said[place].span.start]
        ]
        if said:
            parts.append(part_of("introduction" if not parts else "section", title_of(section), said, breaks=breaks))
    return parts


def _newsletter(title: str, sections: Sequence[Section], sentences: list[ScriptSentence]) -> list[Part]:
    """Subject, a short opening, three points, a question."""
    opening = [one for one in opening_of(sentences, LETTER_OPENING_WORDS) if one.text != title] or sentences[:1]
    used = set(map(id, opening))
    points = [group for group in points_of(sections, sentences) if not used & set(map(id, group.sentences))]
    ending = question_of([one for one in sentences if id(one) not in used and one.text != title])
    parts = [part_of("subject", "Subject", [one for one in sentences if one.text == title][:1])]
    if not parts[0].text:
        parts[0].text = title
    parts.append(part_of("opening", "Opening", opening))
    parts += [
        part_of("point", title_of(sections[group.section]), group.sentences)
        for group in best_of_each(points, LETTER_POINTS)
    ]
    if ending:
        parts.append(part_of("question", "Question", [ending]))
    return parts


def _thread(title: str, sections: Sequence[Section], sentences: list[ScriptSentence]) -> list[Part]:  # noqa: ARG001
    """The hook, one idea a post in the script's order, and the question."""
    opening = opening_of(sentences, OPENING_WORDS)
    used = set(map(id, opening))
    points = [group for group in points_of(sections, sentences) if not used & set(map(id, group.sentences))]
    ending = question_of([one for one in sentences if id(one) not in used])
    ideas = [opening, *(group.sentences for group in best_of_each(points, THREAD_IDEAS))]
    return posts_of([*ideas, [ending]] if ending else ideas)


def fitting(sentences: Sequence[ScriptSentence], most_words: int) -> list[ScriptSentence]:
    """Whole sentences from the start within so many words; a first that is longer is cut after its last word in."""
    kept: list[ScriptSentence] = []
    for sentence in sentences:
        if sum(one.words for one in kept) + sentence.words <= most_words:
            kept.append(sentence)
    return kept


def cue(sections: Sequence[Section], sentences: Sequence[ScriptSentence], otherwise: str = "") -> str:
    """What stands on the screen meanwhile: the section's own text, else the figure with the words around it."""
    section = sections[sentences[0].section]
    own = [line.strip() for line in section.on_screen_text.split("\n") if line.strip()]
    if own:
        return short(own[0], LONGEST_CUE)
    for sentence in sentences:
        if found := _FIGURE.search(sentence.text):
            before = sentence.text[: found.start()].split()[-1:]
            after = sentence.text[found.end() :].split()[:2]
            return short(" ".join([*before, found.group() + "", *after]).strip(" ,.;:"), LONGEST_CUE)
    return short(otherwise or title_of(section), LONGEST_CUE)
