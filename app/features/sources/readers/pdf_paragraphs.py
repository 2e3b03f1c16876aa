"""Lines of pages to paragraphs: running headers dropped, hyphens at line ends joined, headings by their size."""

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from app.features.sources.readers.pdf_lines import BREAK_HYPHENS, Line

EDGE_LINES = 3
"""Lines at a page's top and bottom that may be running ones."""
LONGEST_RUNNING = 90
HEADING_SIZE = 1.15
LONGEST_HEADING = 160
_DIGITS = re.compile(r"\d+|\b[ivxlc]{1,7}\b", re.IGNORECASE)
_NUMBER_AT_END = re.compile(r"(?:^\W*(?=\d)|(?<=\s))(\d{1,4})(?=\W*$|\s+\W*\D{1,70}$)")
_ENDS = re.compile(r"[.!?:;…][\"'”’)\]]*(?:\[?\d{0,3}\]?)?$")
_LIST_MARK = re.compile(r"^(?:[•●▪■◦‣·*–—-]\s|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s)", re.IGNORECASE)
_WORD_END, _WORD_START = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*$"), re.compile(r"^[^\W\d_]+")


class Paragraph(Struct):
    """Text with the page that each of its parts begins on; *breaks* are places in the text."""

    text: str
    page: int
    level: int = 0
    breaks: list[tuple[int, int]] = []
    """(page, place) of every further page that begins inside it."""


def without_running(pages: list[list[Line]]) -> list[list[Line]]:
    """Without what stands at the same height of the top or bottom of most pages, numbers aside."""
    if len(pages) < 3:
        return pages
    seen: Counter[tuple[str, int]] = Counter()
    for lines in pages:
        seen.update({key for line in _edges(lines) for key in _keys(line)})
    filled = sum(bool(lines) for lines in pages)
    least = max(3, 0.4 * filled)  # left and right pages often have each their own
    running = {key for key, count in seen.items() if count >= least}
    printed = _printed_numbers(pages)
    return [_inner(lines, running, printed.get(index)) for index, lines in enumerate(pages)]


def _printed_numbers(pages: list[list[Line]]) -> dict[int, str]:
    """The number printed on each page, by its index: what stands at the edges and rises with the pages."""
    offsets: Counter[int] = Counter()
    for index, lines in enumerate(pages):
        offsets.update({int(number) - index for line in _edges(lines) for number in _NUMBER_AT_END.findall(line.text)})
    offset, count = offsets.most_common(1)[0] if offsets else (0, 0)
    return {index: str(index + offset) for index in range(len(pages))} if count >= max(3, 0.3 * len(pages)) else {}


def _inner(lines: list[Line], running: set[tuple[str, int]], printed: str | None) -> list[Line]:
    """Without the running lines at either edge, as far as they stand apart from the text."""
    high = sorted(lines, key=lambda line: -line.top)
    gaps = [a.bottom - b.bottom for a, b in itertools.pairwise(high)]
    pitch = statistics.median_low([gap for gap in gaps if gap > 1] or [0.0])
    known = {
        id(line)
        for line in _edges(lines)
        if any(key in running for key in _keys(line))
        or (printed in _NUMBER_AT_END.findall(line.text) and len(line.text) <= LONGEST_RUNNING)
    }
    dropped = [*_running_edge(high, known, pitch), *_running_edge(high[::-1], known, pitch)]
    return [line for line in lines if not any(line is one for one in dropped)]


def _running_edge(lines: list[Line], known: set[int], pitch: float) -> list[Line]:
    """From the edge inwards; what stands as near to the next line as text does is text."""
    edge = list(itertools.takewhile(lambda line: id(line) in known, lines[:EDGE_LINES]))
    if not edge or len(edge) == len(lines):
        return edge
    inner = lines[len(edge)]
    apart = abs(edge[-1].bottom - inner.bottom) > 1.3 * pitch or abs(edge[-1].size - inner.size) > 0.08 * inner.size
    return edge if apart else []


def _edges(lines: list[Line]) -> list[Line]:
    high = sorted(lines, key=lambda line: -line.top)
    return [*high[:EDGE_LINES], *high[EDGE_LINES:][-EDGE_LINES:]]


def _keys(line: Line) -> list[tuple[str, int]]:
    """The text without numbers, and its height in steps of 6 points, with the step beside it."""
    words = _DIGITS.sub("#", " ".join(line.text.lower().split()))
    return [(words, round(line.bottom / 6)), (words, round((line.bottom + 3) / 6) + 100_000)]


def paragraphs(pages: list[list[Line]]) -> Iterator[Paragraph]:
    everything = [line for lines in pages for line in lines]
    if not everything:
        return
    body = _body_size(everything)
    sizes = sorted({line.size for line in everything if _is_large(line, body)}, reverse=True)
    vocabulary = Counter(
        word.lower() for line in everything for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text)
    )
    current: Paragraph | None = None
    before: Line | None = None
    for number, lines in enumerate(pages, 1):
        measure = _Measure(lines, body)
        for line in lines:
            level = min(sizes.index(line.size) + 1, 6) if line.size in sizes and _is_large(line, body) else 0
            new_page = current is not None and number != _last_page(current)
            if current is None or before is None or current.level != level or measure.begins(line, before, new_page):
                if current:
                    yield current
                current = Paragraph(line.text, number, level, [])
            else:
                joined, place = _join(current.text, line.text, vocabulary)
                if new_page:
                    current.breaks.append((number, place))
                current.text = joined
            before = line
    if current:
        yield current


def _last_page(paragraph: Paragraph) -> int:
    return paragraph.breaks[-1][0] if paragraph.breaks else paragraph.page


def _body_size(lines: Iterable[Line]) -> float:
    """The size of most letters."""
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += len(line.text)
    return weights.most_common(1)[0][0]


def _is_large(line: Line, body: float) -> bool:
    return (
        line.size >= body * HEADING_SIZE and len(line.text) <= LONGEST_HEADING and any(c.isalpha() for c in line.text)
    )


class _Measure:
    """A page's usual distance between lines, and its margins."""

    def __init__(self, lines: list[Line], body: float) -> None:
        gaps = [a.bottom - b.bottom for a, b in itertools.pairwise(lines)]
        falling = [gap for gap in gaps if 0 < gap < 4 * body]
        self.pitch = statistics.median_low(falling) if falling else 1.2 * body
        self.left = min((line.left for line in lines), default=0.0)
        self.body = body
        self.lines = lines
        self.rights: dict[int, float] = {}

    def right_of(self, line: Line) -> float:
        """The right margin of the column that the line begins in."""
        place = round(line.left / self.body)
        if place not in self.rights:
            beside = (one.right for one in self.lines if abs(one.left - line.left) < 3 * self.body)
            self.rights[place] = max(beside, default=line.right)
        return self.rights[place]

    def begins(self, line: Line, before: Line, new_page: bool) -> bool:
        """Whether a new paragraph begins: by the gap, the mark of a list, an indent, or a short last line."""
        ended = bool(_ENDS.search(before.text))
        if _LIST_MARK.match(line.text) and (
            ended or line.text[0] in "•●▪■◦‣" or line.left > self.left + 0.5 * self.body
        ):
            return True
        gap = before.bottom - line.bottom
        if new_page or gap < -0.5 * self.pitch:  # the next page or column goes on in the middle of a sentence
            return ended or not (line.text[:1].islower() or before.text.endswith(("-", ",", *BREAK_HYPHENS)))
        if abs(line.size - before.size) > 0.12 * before.size or gap > 1.45 * self.pitch:
            return True
        if gap < 0.3 * self.pitch:  # beside it, as in a table's row
            return False
        right = self.right_of(before)
        short = right - before.right > max(0.25 * (right - before.left), 4 * self.body)
        indented = line.left > before.left + 0.8 * self.body and line.left < before.left + 6 * self.body
        return (ended and (short or indented)) or (short and line.text[:1].isupper() and len(before.text) < 60)


def _join(text: str, line: str, vocabulary: Counter[str]) -> tuple[str, int]:
    """The two with a space between, or without the hyphen that broke a word; also where the second begins."""
    if text[-1:] in BREAK_HYPHENS:
        return _mend(text[:-1], line, vocabulary)
    if text.endswith("-") and len(text) > 2 and text[-2].isalpha() and line[:1].islower():
        return _mend(text[:-1], line, vocabulary)
    return f"{text} {line}", len(text) + 1


def _mend(text: str, line: str, vocabulary: Counter[str]) -> tuple[str, int]:
    """The document itself knows whether the word has a hyphen of its own."""
    begun, ended = _WORD_END.search(text), _WORD_START.search(line)
    if begun and ended:
        halves = begun.group().lower(), ended.group().lower()
        if vocabulary["-".join(halves)] > vocabulary["".join(halves)] or not line[:1].islower():
            return f"{text}-{line}", len(text) + 1
    return f"{text}{line}", len(text)
