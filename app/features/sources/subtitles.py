"""SubRip and WebVTT to text with timed cues. Overlapping, unordered and rolling cues are survived."""

import html
import itertools
import re
from collections import Counter

from msgspec import Struct

PARAGRAPH_PAUSE_SECONDS = 2.0
ROLLING_SHARE = 0.3

_TIMES = re.compile(
    r"^[ \t]*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})[ \t]*-->[ \t]*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})[^\n]*$",
    re.MULTILINE,
)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]{1,100})>", re.IGNORECASE)
_TAG = re.compile(r"</?[^<>\n]{0,100}>|\{\\[^{}\n]{0,100}\}")
_NAMED = re.compile(r"^(?:>>\s*)?([A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,2}):\s+(?=\S)")
_NOT_SPOKEN = re.compile(r"^(?:WEBVTT|NOTE|STYLE|REGION)\b", re.MULTILINE)


class Cue(Struct, frozen=True):
    """A span of the text, with its seconds where the source is timed and its speaker where one is named."""

    start: int
    end: int
    start_seconds: float | None
    end_seconds: float | None
    speaker: str | None


class _Block(Struct):
    begins: float
    ends: float
    lines: list[str]
    speaker: str | None


def has_cue_times(text: str) -> bool:
    return _TIMES.search(text) is not None


def read(text: str) -> tuple[list[Cue], str]:
    """The cues in order of time, and the running text that their spans point into."""
    blocks = sorted(_blocks(text), key=lambda block: block.begins)
    if _rolls(blocks):
        _unroll(blocks)
    body, cues, length = [], [], 0
    before: _Block | None = None
    for block in blocks:
        words = " ".join(block.lines).strip()
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
        if words:
            before = block
    return cues, "".join(body)


def _blocks(text: str) -> list[_Block]:
    """What stands between one line of times and the next, without the next cue's number, notes and markup."""
    found, web = list(_TIMES.finditer(text)), text.lstrip("\ufeff \n").startswith("WEBVTT")
    blocks: list[_Block] = []
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        raw = text[match.end() : end].strip("\n")
        if web and not _wraps(raw):  # behind a blank line stand notes, styles and the next cue's name
            raw = re.split(r"\n[ \t]*\n", raw, maxsplit=1)[0]
        lines = raw.split("\n")
        if index + 1 < len(found) and len(lines) > 1 and lines[-1].strip().isdigit():
            lines.pop()
        lines = [line for line in lines if not _NOT_SPOKEN.match(line)]
        voice = _VOICE.search(raw)
        clean = [re.sub(r"\s+", " ", html.unescape(_TAG.sub("", line))).strip() for line in lines]
        clean = [line for line in clean if line]
        speaker = html.unescape(voice.group(1)).strip() if voice else None
        blocks.append(_Block(_seconds(match, 1), _seconds(match, 5), clean, speaker))
    _name_speakers(blocks)
    return blocks


def _name_speakers(blocks: list[_Block]) -> None:
    """`Name: ...` at a cue's start is a speaker where the name comes back; once, it is part of the sentence."""
    named = {i: match for i, block in enumerate(blocks) if block.lines and (match := _NAMED.match(block.lines[0]))}
    often = Counter(match.group(1) for match in named.values())
    for index, match in named.items():
        block = blocks[index]
        if block.speaker is None and often[match.group(1)] > 1:
            block.speaker, block.lines[0] = match.group(1), block.lines[0][match.end() :]


def _wraps(raw: str) -> bool:
    """A cue whose markup closes only after a blank line goes on behind it, as in YouTube's files."""
    return raw.count("<c") > raw.split("\n\n", 1)[0].count("</c") and "\n\n" in raw and raw.rstrip().endswith(">")


def _seconds(match: re.Match[str], first: int) -> float:
    hours, minutes, seconds, fraction = match.group(first, first + 1, first + 2, first + 3)
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def _rolls(blocks: list[_Block]) -> bool:
    """Rolling captions show the last line again on top of the new one."""
    repeats = sum(
        bool(a.lines and b.lines) and b.lines[0] == a.lines[-1] and b.begins - a.ends < 0.1
        for a, b in itertools.pairwise(blocks)
    )
    return repeats >= 2 and repeats >= ROLLING_SHARE * (len(blocks) - 1)


def _unroll(blocks: list[_Block]) -> None:
    shown: list[str] = []
    for block in blocks:
        lines = block.lines
        overlap = next((n for n in range(min(len(shown), len(lines)), 0, -1) if shown[-n:] == lines[:n]), 0)
        shown, block.lines = lines or shown, lines[overlap:]
