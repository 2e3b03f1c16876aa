"""Which of a script's sentences carry it: what is cited, concrete, and understood without what stood around it.

A sentence that leans on the one before it ("It lost five seconds.") goes with that one or not at all, so sentences are
chosen in groups. The weights are plain: a citation is worth most, then a number, then a name; very short and very long
groups are worth less. English cues; in other languages every sentence stands alone.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.features.scripts.exports.sentences import ScriptSentence
from app.features.scripts.exports.titles import ASIDE, LEANING
from app.features.scripts.schemas import Section

MOST_WORDS_OF_A_GROUP = 60
_NUMBER = re.compile(r"\d")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+")
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
    """In the script's order. What leans on nothing that is there is left out."""
    runs: list[list[ScriptSentence]] = []
    for before, sentence in zip([None, *sentences], sentences, strict=False):
        follows = before is not None and before.section == sentence.section and bool(runs) and runs[-1][-1] is before
        leans = bool(LEANING.match(sentence.text))
        if leans and follows:
            runs[-1].append(sentence)
        elif not leans:
            runs.append([sentence])
    return [Group(run, _score(run)) for run in map(_within, runs) if run]


def points_of(sections: Sequence[Section], sentences: Sequence[ScriptSentence]) -> list[Group]:
    """The groups that could stand as a point of their own: they state something, and not about the video itself. Those
    that no source carries come only where nothing else is there."""
    usable = [
        group
        for group in groups_of(sentences)
        if sections[group.section].type not in ASIDE
        and not any(_TALKING_OF_THE_VIDEO.search(one.text) for one in group.sentences)
        and not all(one.asks for one in group.sentences)
        and group.words >= 5
    ]
    cited = [group for group in usable if group.cited and not any(one.unsupported for one in group.sentences)]
    return cited or [group for group in usable if group.cited] or usable


def best_of_each(points: Sequence[Group], most: int) -> list[Group]:
    """The best of each section first, then the second best; in the script's order."""
    ranked = sorted(points, key=lambda group: -group.score)
    rank: dict[int, int] = {}
    turns: list[tuple[int, float, Group]] = []
    for group in ranked:
        turn = rank.get(group.section, 0)
        rank[group.section] = turn + 1
        turns.append((turn, -group.score, group))
    chosen = [group for *_, group in sorted(turns, key=lambda one: one[:2])][:most]
    return in_order(chosen)


def in_order(groups: Sequence[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (group.section, group.sentences[0].span.start))


def opening_of(sentences: Sequence[ScriptSentence], most_words: int) -> list[ScriptSentence]:
    """The script's first sentences, as many as there is room for; one at least."""
    chosen: list[ScriptSentence] = []
    for sentence in sentences:
        if sentence.section != sentences[0].section:
            break
        if chosen and sum(one.words for one in chosen) + sentence.words > most_words:
            break
        chosen.append(sentence)
    return chosen


def question_of(sentences: Sequence[ScriptSentence]) -> ScriptSentence | None:
    """The last question to the viewer, else the last one."""
    asked = [one for one in sentences if one.asks]
    to_you = [one for one in asked if re.search(r"\byou(?:r|rs|'d|’d)?\b", one.text, re.IGNORECASE)]
    return (to_you or asked or [None])[-1]


def _within(run: list[ScriptSentence]) -> list[ScriptSentence]:
    """Whole sentences from the start, as many as a group may have words."""
    kept: list[ScriptSentence] = []
    for sentence in run:
        if kept and sum(one.words for one in kept) + sentence.words > MOST_WORDS_OF_A_GROUP:
            break
        kept.append(sentence)
    return kept


def _score(run: Sequence[ScriptSentence]) -> float:
    text = " ".join(one.text for one in run)
    size = sum(one.words for one in run)
    score = 3.0 * sum(one.cited for one in run) / len(run)
    score += 1.0 * bool(_NUMBER.search(text)) + 0.7 * bool(_NAME.search(text))
    score -= 2.0 * any(one.unsupported for one in run)
    return score - abs(size - 22) / 20
