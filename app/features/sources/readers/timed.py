"""Timed blocks of words to running text with cues. Overlapping, unordered and rolling blocks are survived."""

import itertools

from msgspec import Struct

from app.features.sources.readers.composing import squeezed, too_long
from app.features.sources.readers.limits import Limits
from app.features.sources.readers.model import Cue

PARAGRAPH_PAUSE_SECONDS = 2.0
ROLLING_SHARE = 0.3


class Block(Struct):
    """What is shown or said between two times, in seconds."""

    begins: float
    ends: float
    lines: list[str]
    speaker: str | None = None


def timed_text(blocks: list[Block], limits: Limits) -> tuple[list[Cue], str]:
    """The cues in order of time, and the running text that their spans point into."""
    blocks = sorted(blocks, key=lambda block: block.begins)
    if _rolls(blocks):
        _unroll(blocks)
    body, cues, length = [], [], 0
    before: Block | None = None
    for block in blocks:
        words = squeezed(" ".join(block.lines)).replace("\n", " ")
        if words and length:
            turn = before is not None and (
                block.speaker != before.speaker or block.begins - before.ends >= PARAGRAPH_PAUSE_SECONDS
            )
            gap = "\n\n" if turn else " "
            body.append(gap)
            length += len(gap)
        cues.append(Cue(length, length + len(words), block.begins, max(block.ends, block.begins), block.speaker))
        body.append(words)
        length += len(words)
        if length > limits.text_characters:
            raise too_long(limits)
        if words:
            before = block
    return cues, "".join(body)


def last_second(cues: list[Cue]) -> float | None:
    return max((cue.end_seconds or cue.start_seconds or 0 for cue in cues), default=None)


def _rolls(blocks: list[Block]) -> bool:
    """Rolling captions show the last line again on top of the new one."""
    repeats = sum(
        bool(a.lines and b.lines) and b.lines[0] == a.lines[-1] and b.begins - a.ends < 0.1
        for a, b in itertools.pairwise(blocks)
    )
    return repeats >= 2 and repeats >= ROLLING_SHARE * (len(blocks) - 1)


def _unroll(blocks: list[Block]) -> None:
    shown: list[str] = []
    for block in blocks:
        lines = block.lines
        overlap = next((n for n in range(min(len(shown), len(lines)), 0, -1) if shown[-n:] == lines[:n]), 0)
        shown, block.lines = lines or shown, lines[overlap:]
