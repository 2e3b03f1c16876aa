"""SubRip and WebVTT, also where they keep to no standard."""

import html
import re
from collections import Counter

from app.features.sources.readers.model import Reading
from app.features.sources.readers.source import SourceFile
from app.features.sources.readers.timed import Block, last_second, timed_text
from app.features.sources.readers.timing import CUE_TIMES, cue_times

VERSION = "subtitles-2"

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]{1,100})>", re.IGNORECASE)
_TAG = re.compile(r"</?[^<>\n]{0,100}>|\{\\[^{}\n]{0,100}\}")
_NAMED = re.compile(r"^(?:>>\s*|-\s+)?([A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,2}):\s+(?=\S)")
_NOT_SPOKEN = re.compile(r"^(?:WEBVTT|NOTE|STYLE|REGION)\b")


def read(source: SourceFile) -> Reading:
    cues, text = timed_text(blocks_of(source.text()), source.limits)
    return Reading(text, source.media_type, VERSION, cues=cues, duration_seconds=last_second(cues))


def blocks_of(text: str) -> list[Block]:
    """What stands between one line of times and the next, without the next cue's number, notes and markup."""
    found, web = list(CUE_TIMES.finditer(text)), text.lstrip("\ufeff \n").startswith("WEBVTT")
    blocks: list[Block] = []
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        raw = text[match.end() : end].strip("\n")
        if web and _wraps(raw):
            raw = "\n".join(line for line in raw.split("\n") if not _NOT_SPOKEN.match(line))
        elif web:  # behind a blank line stand notes, styles and the next cue's name
            raw = re.split(r"\n[ \t]*\n", raw, maxsplit=1)[0]
        lines = raw.split("\n")
        if index + 1 < len(found) and len(lines) > 1 and _numbers_the_next(lines, index):
            lines.pop()
        begins, ends = cue_times(match)
        blocks += voices(Block(begins, ends, lines))
    name_speakers(blocks)
    return blocks


def _numbers_the_next(lines: list[str], index: int) -> bool:
    last = lines[-1].strip()
    return last.isdigit() and (not lines[-2].strip() or last == str(index + 2))


def voices(block: Block) -> list[Block]:
    """A block without markup; one in which several speak becomes one for each."""
    parts: list[Block] = []
    for line in block.lines:
        pieces = _VOICE.split(line)
        if clean := spoken(pieces[0]):
            if not parts:
                parts.append(Block(block.begins, block.ends, [], block.speaker))
            parts[-1].lines.append(clean)
        for name, said in zip(pieces[1::2], pieces[2::2], strict=True):
            speaker = html.unescape(name).strip() or None
            if not parts or parts[-1].speaker != speaker:
                parts.append(Block(block.begins, block.ends, [], speaker))
            if clean := spoken(said):
                parts[-1].lines.append(clean)
    return parts or [Block(block.begins, block.ends, [], block.speaker)]


def spoken(line: str) -> str:
    """The words without tags, style codes and entities."""
    return re.sub(r"\s+", " ", html.unescape(_TAG.sub("", line))).strip()


def name_speakers(blocks: list[Block]) -> None:
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
