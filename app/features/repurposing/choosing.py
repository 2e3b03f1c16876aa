"""Which of a script's sentences carry it: what is cited, concrete, and understood without what stood around it.

A sentence that leans on the one before it ("It lost five seconds.") goes with that one or not at all, so sentences are
chosen in groups; a story, which one passage of a source carries over several sentences, is told whole or not at all. The
weights are plain: a citation is worth most, then a number, then a name; very short and very long groups are worth less.
English cues; in other languages every sentence stands alone.
"""

import math
import re
from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct

from app.features.scripts.exports.sentences import ScriptSentence
from app.features.scripts.exports.titles import ASIDE, LEANING
from app.features.scripts.schemas import Section

MOST_WORDS_OF_A_GROUP = 60
FEWEST_WORDS = 5
"""Of what could stand as a point of its own, and of an opening."""
_NUMBER = re.compile(r"\d")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+")
_SOMEBODY = re.compile(r"\b(?:he|him|his|himself|she|her|hers|herself|they|them|their|theirs)\b", re.IGNORECASE)
_NAMED = re.compile(
    r"(?<!\b[Tt]he )(?<!\bof )\b(?!(?:The|In|At|On|After|Before|When|By|For|A|An|I)\b)[A-Z][a-z]+(?:’s|'s)?\b"
)
_SOME_THING = re.compile(r"^The [a-z]+\b(?! (?:of|in|that|who|which)\b)")
"""A thing that is spoken of as if it were known: 'The watch was checked.'"""
_ENDED = re.compile(r"[.!?…][\"'”’)\]»]*$")
_TALKING_OF_THE_VIDEO = re.compile(
    r"\b(?:this|the|last|next|previous|another) video|\bsubscribe\b|\bsponsor|\blike button\b|\bin the description\b|"
    r"\bwelcome (?:back|to)\b|\blink below\b",
    re.IGNORECASE,
)


class Group(Struct, frozen=True):
    """Sentences of one section that belong together, in order."""

    sentences: list[ScriptSentence]
    score: float

    @property
    def section(self) -> int:
        return self.sentences[0].section

    @property
    def words(self) -> int:
        return sum(one.words for one in self.sentences)

    @property
    def cited(self) -> bool:
        return any(one.cited for one in self.sentences)


def groups_of(sentences: Sequence[ScriptSentence]) -> list[Group]:
    """In the script's order. What leans on nothing that is there is left out, and so is what has no full stop: a heading."""
    runs: list[list[ScriptSentence]] = []
    before: ScriptSentence | None = None
    for sentence in sentences:
        follows = before is not None and before.section == sentence.section and bool(runs) and runs[-1][-1] is before
        told_on = follows and before is not None and _same_story(before, sentence)
        leans = leaning(sentence.text)
        if follows and (told_on or leans):
            runs[-1].append(sentence)
        elif not leans and _ENDED.search(sentence.text):
            runs.append([sentence])
        before = sentence
    whole = [run if _story(run) else _within(_carried(run)) for run in runs]
    return [Group(run, _score(run)) for run in whole if run]


def leaning(text: str) -> bool:
    """Whether a sentence can't be understood without the one before it: it begins so, or speaks of somebody whom it
    doesn't name first."""
    if LEANING.match(text):
        return True
    somebody = _SOMEBODY.search(text)
    return somebody is not None and not _NAMED.search(text, 0, somebody.start())


def points_of(
    sections: Sequence[Section], sentences: Sequence[ScriptSentence], disputed: Collection[UUID] = ()
) -> list[Group]:
    """The groups that could stand as a point of their own: they state something, not about the video itself, and nothing
    that sources dispute. Those that no source carries come only where nothing else is there."""
    usable = [
        group
        for group in groups_of(sentences)
        if sections[group.section].type not in ASIDE
        and not any(_TALKING_OF_THE_VIDEO.search(one.text) for one in group.sentences)
        and not any(is_disputed(one, disputed) for one in group.sentences)
        and not all(one.asks for one in group.sentences)
        and FEWEST_WORDS <= group.words <= MOST_WORDS_OF_A_GROUP
    ]
    cited = [group for group in usable if group.cited and not any(one.unsupported for one in group.sentences)]
    return cited or [group for group in usable if group.cited] or usable


def is_disputed(sentence: ScriptSentence, disputed: Collection[UUID]) -> bool:
    return any(one.claim_id in disputed for one in sentence.citations)


def best_of_each(points: Sequence[Group], most: int, room: float = math.inf) -> list[Group]:
    """The best of each section first, then the second best, within so many words; in the script's order."""
    ranked = sorted(points, key=lambda group: -group.score)
    rank: dict[int, int] = {}
    turns: list[tuple[int, float, Group]] = []
    for group in ranked:
        turn = rank.get(group.section, 0)
        rank[group.section] = turn + 1
        turns.append((turn, -group.score, group))
    chosen: list[Group] = []
    for *_, group in sorted(turns, key=lambda one: one[:2]):
        if len(chosen) < most and group.words <= room:
            chosen.append(group)
            room -= group.words
    return in_order(chosen)


def in_order(groups: Sequence[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (group.section, group.sentences[0].span.start))


def opening_of(sentences: Sequence[ScriptSentence], most_words: int) -> list[ScriptSentence]:
    """The script's first sentences, as many as there is room for; one at least. What has no full stop is a heading."""
    chosen: list[ScriptSentence] = []
    first = sentences[0].section
    for sentence in [one for one in sentences if one.section == first and _ENDED.search(one.text)] or sentences[:1]:
        if chosen and sum(one.words for one in chosen) + sentence.words > most_words:
            break
        chosen.append(sentence)
    return chosen


def question_of(sentences: Sequence[ScriptSentence]) -> ScriptSentence | None:
    """The last question to the viewer, else the last one."""
    asked = [one for one in sentences if one.asks]
    to_you = [one for one in asked if re.search(r"\byou(?:r|rs|'d|’d)?\b", one.text, re.IGNORECASE)]
    wanted = to_you or asked
    return wanted[-1] if wanted else None


def _carried(run: list[ScriptSentence]) -> list[ScriptSentence]:
    """Without what follows from the first sentence on that nothing carries, where something before it is cited."""
    first = next((at for at, one in enumerate(run) if one.unsupported), len(run))
    return run[:first] if any(one.cited for one in run[:first]) else run


def _within(run: list[ScriptSentence]) -> list[ScriptSentence]:
    """Whole sentences from the start, as many as a group may have words."""
    kept: list[ScriptSentence] = []
    for sentence in run:
        if kept and sum(one.words for one in kept) + sentence.words > MOST_WORDS_OF_A_GROUP:
            break
        kept.append(sentence)
    return kept


def _same_story(one: ScriptSentence, other: ScriptSentence) -> bool:
    """Whether one passage of the creator's own carries both."""
    return any(
        mine.claim_id is None and mine.narration_span == theirs.narration_span
        for mine in one.citations
        for theirs in other.citations
    )


def _story(run: Sequence[ScriptSentence]) -> bool:
    return len(run) > 1 and _same_story(run[0], run[1])


def _score(run: Sequence[ScriptSentence]) -> float:
    text = " ".join(one.text for one in run)
    size = sum(one.words for one in run)
    score = 3.0 * sum(one.cited for one in run) / len(run)
    score += 1.0 * bool(_NUMBER.search(text)) + 0.7 * bool(_NAME.search(text))
    score -= 2.0 * any(one.unsupported for one in run) + 1.2 * bool(_SOME_THING.match(text))
    return score - abs(size - 22) / 20
