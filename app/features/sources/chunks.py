"""Text to retrievable chunks of 120 to 220 words that follow sentences, cues, headings and speakers."""

import hashlib
import itertools
from bisect import bisect_right

from msgspec import Struct

from app.features.sources.readers.model import Cue, Page, Reading
from app.shared.evidence import Span
from app.shared.text import sentence_spans, word_spans

FEWEST_WORDS, MOST_WORDS, OVERLAP_WORDS = 120, 220, 30
LEAST_SECTION_WORDS = 40
"""A shorter section, such as a title alone, goes with the next."""
CHARACTERS_A_WORD = 12
"""Text without words, such as a run of letters, is measured by its length."""
LONGEST_UNIT = 1600
"""Characters; what goes on without a sentence's end is cut there."""


class Chunk(Struct, frozen=True):
    ordinal: int
    text: str
    span: Span
    page: int | None
    start_seconds: float | None
    end_seconds: float | None
    speaker: str | None
    heading_path: list[str]
    content_hash: str


class _Unit(Struct, frozen=True):
    span: Span
    words: int
    section: int
    speaker: str | None


def cut(reading: Reading) -> list[Chunk]:
    """Whole sentences up to 220 words; a new speaker begins a new chunk once there are 120, a new
    section once there are 40; neighbours within a section share up to 30 words of whole sentences."""
    groups: list[list[_Unit]] = []
    current: list[_Unit] = []
    size = 0
    for unit in _units(reading):
        if current and _full(size, current[-1], unit):
            groups.append(current)
            goes_on = current[-1].section == unit.section and current[-1].speaker == unit.speaker
            current = _overlap(current) if goes_on else []
            size = sum(one.words for one in current)
        current.append(unit)
        size += unit.words
    if current:
        groups.append(current)
    cue_starts, paths = [cue.start for cue in reading.cues], _paths(reading)
    return [_chunk(reading, ordinal, group, cue_starts, paths) for ordinal, group in enumerate(groups)]


def _full(size: int, last: _Unit, unit: _Unit) -> bool:
    if size + unit.words > MOST_WORDS or (unit.section != last.section and size >= LEAST_SECTION_WORDS):
        return True
    return unit.speaker != last.speaker and size >= FEWEST_WORDS


def _overlap(group: list[_Unit]) -> list[_Unit]:
    kept: list[_Unit] = []
    size = 0
    for unit in reversed(group[1:]):
        size += unit.words
        if size > OVERLAP_WORDS:
            break
        kept.insert(0, unit)
    return kept


def _units(reading: Reading) -> list[_Unit]:
    text = reading.text
    section_starts = [heading.start for heading in reading.headings]
    cue_starts = [cue.start for cue in reading.cues]
    borders = sorted({0, len(text), *section_starts, *_turn_starts(reading.cues)})
    units = []
    for start, end in itertools.pairwise(borders):
        for sentence in sentence_spans(text, start, end):
            for span in _split(text, sentence):
                section = bisect_right(section_starts, span.start)
                speaker = _cue_at(reading.cues, cue_starts, span.start)
                size = max(1, sum(1 for _ in word_spans(span.of(text))), (span.end - span.start) // CHARACTERS_A_WORD)
                units.append(_Unit(span, size, section, speaker.speaker if speaker else None))
    return units


def _turn_starts(cues: list[Cue]) -> list[int]:
    starts, before = [], None
    for cue in cues:
        if cue.end > cue.start and cue.speaker != before:
            starts.append(cue.start)
            before = cue.speaker
    return starts


def _split(text: str, sentence: Span) -> list[Span]:
    """A sentence without end is cut between words, or through a run of letters that has none."""
    if sentence.end - sentence.start <= LONGEST_UNIT:
        spans = [sentence]
    else:
        spans, start = [], sentence.start
        while start < sentence.end:
            end = min(start + LONGEST_UNIT, sentence.end)
            space = text.rfind(" ", start + LONGEST_UNIT // 2, end) if end < sentence.end else -1
            end = space if space > 0 else end
            spans.append(Span(start, end))
            start = end + 1 if text[end : end + 1] == " " else end
    return spans


def _cue_at(cues: list[Cue], starts: list[int], place: int) -> Cue | None:
    index = bisect_right(starts, place) - 1
    return cues[index] if index >= 0 else None


def page_at(pages: list[Page], place: int) -> int | None:
    """The number of the page that a place of the text stands on; None in what has no pages."""
    index = bisect_right(pages, place, key=lambda page: page.start) - 1
    return pages[index].number if index >= 0 else None


def _chunk(reading: Reading, ordinal: int, group: list[_Unit], cue_starts: list[int], paths: list[list[str]]) -> Chunk:
    span = Span(group[0].span.start, group[-1].span.end)
    first, last = _cue_at(reading.cues, cue_starts, span.start), _cue_at(reading.cues, cue_starts, span.end - 1)
    speakers = {unit.speaker for unit in group}
    body = span.of(reading.text)
    return Chunk(
        ordinal=ordinal,
        text=body,
        span=span,
        page=page_at(reading.pages, span.start),
        start_seconds=first.start_seconds if first else None,
        end_seconds=last.end_seconds if last else None,
        speaker=speakers.pop() if len(speakers) == 1 else None,
        heading_path=paths[group[0].section],
        content_hash=hashlib.sha256(body.encode()).hexdigest(),
    )


def _paths(reading: Reading) -> list[list[str]]:
    """The headings above each section, outermost first; section 0 stands before all of them."""
    paths: list[list[str]] = [[]]
    above: list[tuple[int, str]] = []
    for heading in reading.headings:
        above = [*(one for one in above if one[0] < heading.level), (heading.level, heading.title)]
        paths.append([title for _, title in above])
    return paths
