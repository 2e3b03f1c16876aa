"""JSON transcripts: Whisper's, and the common forms of speech services and of YouTube."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from app.features.sources.readers import plain, speakers
from app.features.sources.readers.composing import one_line, whole
from app.features.sources.readers.limits import malformed, unreadable
from app.features.sources.readers.model import Reading
from app.features.sources.readers.source import SourceFile
from app.features.sources.readers.subtitles import name_speakers, spoken
from app.features.sources.readers.timed import Block, last_second, timed_text

VERSION = "transcript-1"

LISTS = ("segments", "utterances", "monologues", "phrases", "captions", "cues", "subtitles", "chunks", "transcript", "transcription", "paragraphs", "sentences", "results", "body", "items", "words")  # fmt: skip
"""Where the pieces lie, the most telling first."""
WRAPPERS = ("results", "result", "channels", "alternatives", "transcript", "transcription", "data", "response", "output", "nlp", "paragraphs")  # fmt: skip
TEXTS = ("text", "transcript", "punctuated_word", "word", "content", "value", "line", "sentence", "display", "body")
STARTS = ("start", "start_time", "startTime", "from", "begin", "start_seconds", "begin_time", "offset", "ts", "tStartMs", "start_ms", "startMs", "offsetInTicks", "timestamp", "t")  # fmt: skip
ENDS = ("end", "end_time", "endTime", "to", "end_seconds", "end_ts", "end_ms", "endMs")
LENGTHS = ("duration", "dur", "dDurationMs", "duration_ms", "durationInTicks")
SPEAKERS = ("speaker", "speaker_label", "speakerLabel", "speaker_name", "speakerName", "speaker_id", "speakerId", "name")  # fmt: skip
SLOWEST_WORD_SECONDS = 40
LONGEST_GAP_SECONDS, LONGEST_BLOCK_SECONDS = 1.5, 12.0
_CLOCK = re.compile(r"^(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,6}))?$")
_ISO = re.compile(r"^PT(?:(\d{1,6})H)?(?:(\d{1,9})M)?(?:([\d.]{1,30})S)?$")
_PUNCTUATION = re.compile(r"[.,!?;:…]+")
_NUMBER = re.compile(r"^-?\d{1,12}(?:\.\d{1,20})?s?$")


def read(source: SourceFile) -> Reading:
    text = source.text()
    try:
        said = _parse(text)
    except (ValueError, RecursionError):
        if source.extension == ".json":
            raise malformed("The file is named as JSON but is none.") from None
        return plain.reading_of(text, source)
    blocks = _blocks(said, 0)
    name_speakers(blocks)
    if not blocks:
        loose = _loose_text(said, 0)
        if loose is None:
            raise unreadable("This is JSON, but no transcript that is known here.", "Send it as .srt, .vtt or .txt.")
        return Reading(whole(loose).strip(), source.media_type, VERSION)
    if all(block.begins < 0 for block in blocks):
        turns = [speakers.Turn(block.speaker, None, block.lines) for block in blocks]
        composer = speakers.compose(turns, source.limits)
        return Reading(composer.text, source.media_type, VERSION, cues=composer.cues)
    cues, words = timed_text(blocks, source.limits)
    title = said.get("title") if isinstance(said, dict) else None
    return Reading(
        words, source.media_type, VERSION, cues=cues, duration_seconds=last_second(cues),
        title=one_line(title) if isinstance(title, str) else None,
    )  # fmt: skip


def _parse(text: str) -> Any:
    """One value, or one a line."""
    try:
        return json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [json.loads(line) for line in lines]


def _blocks(said: Any, depth: int) -> list[Block]:
    """The pieces of the most telling list in it."""
    if depth > 6:
        return []
    if isinstance(said, list):
        inner = next((found for one in said[:3] if (found := _blocks(one, depth + 1))), [])
        outer = _pieces(said)
        return inner if len(said) <= 3 and len(inner) > len(outer) else outer or inner
    if not isinstance(said, dict):
        return []
    if isinstance(said.get("events"), list) and (found := _events(said["events"])):
        return found
    for key in LISTS:
        if isinstance(said.get(key), list) and (found := _pieces(said[key])):
            return found
    deeper = [said[key] for key in WRAPPERS if isinstance(said.get(key), (dict, list))]
    return next((found for one in deeper if (found := _blocks(one, depth + 1))), [])


def _pieces(items: list[Any]) -> list[Block]:
    """Times are compared with one another to tell seconds from milliseconds."""
    given = [one for one in items if isinstance(one, dict)]
    blocks = [block for one in given if (block := _piece(one))]
    for before, block in itertools.pairwise(blocks):
        if block.begins < 0 and _PUNCTUATION.fullmatch(block.lines[0]):
            block.begins, block.ends, block.speaker = before.ends, before.ends, before.speaker
    timed = sum(block.begins >= 0 for block in blocks)
    if timed == 0 and len(blocks) > 1 and all(block.speaker for block in blocks):
        return blocks  # turns without times
    if len(blocks) < max(1, 0.5 * len(given)) or timed * 2 < len(blocks):
        return []
    if all(block.lines and " " not in block.lines[0] for block in blocks) and len(blocks) > 3:
        blocks = list(_sentences([block for block in blocks if block.begins >= 0]))
    scale = _scale(given, blocks)
    for block in blocks:
        block.begins, block.ends = max(0.0, block.begins * scale), max(0.0, block.ends * scale)
    return blocks


def _scale(given: list[dict[str, Any]], blocks: list[Block]) -> float:
    """Milliseconds give themselves away by their keys, or by how long a word would take in seconds."""
    keys = {key for one in given[:50] for key in one}
    if keys & {"offsetInTicks", "durationInTicks"}:
        return 1e-7
    if keys & {"tStartMs", "start_ms", "startMs"}:
        return 0.001
    words = sum(len(line.split()) for block in blocks for line in block.lines)
    spoken_for = sum(max(0.0, block.ends - block.begins) for block in blocks)
    return 0.001 if words and spoken_for / words > SLOWEST_WORD_SECONDS else 1.0


def _piece(one: dict[str, Any]) -> Block | None:
    if isinstance(one.get("alternatives"), list) and one["alternatives"] and isinstance(one["alternatives"][0], dict):
        one = {**one["alternatives"][0], **one}
    said = next((one[key] for key in TEXTS if isinstance(one.get(key), str)), None)
    if said is None and isinstance(one.get("elements"), list):  # pieces of a monologue
        said = "".join(str(part.get("value", "")) for part in one["elements"] if isinstance(part, dict))
    if said is None and isinstance(one.get("sentences"), list):
        said = " ".join(str(part.get("text", "")) for part in one["sentences"] if isinstance(part, dict))
    if not isinstance(said, str) or not (clean := spoken(said.replace("\n", " "))):
        return None
    begins, ends = _times(one)
    name = next((one[key] for key in SPEAKERS if isinstance(one.get(key), (str, int, dict)) and one[key] != ""), None)
    if isinstance(name, dict):
        name = name.get("name", name.get("id"))
    return Block(begins, ends, [clean], _speaker(name))


def _speaker(name: Any) -> str | None:
    if isinstance(name, bool) or not isinstance(name, (str, int)):
        return None
    return f"Speaker {name}" if isinstance(name, int) or name.isdigit() else one_line(name)


def _times(one: dict[str, Any]) -> tuple[float, float]:
    """-1 where there is no time."""
    pair = one.get("timestamp")
    if isinstance(pair, list) and len(pair) == 2:
        begins, ends = _number(pair[0]), _number(pair[1])
    else:
        inner = one.get("timestamps") or one.get("offsets")
        where = inner if isinstance(inner, dict) else one
        begins = next((found for key in STARTS if (found := _number(where.get(key))) is not None), None)
        ends = next((found for key in ENDS if (found := _number(where.get(key))) is not None), None)
        if begins is None and isinstance(one.get("elements"), list):
            return _span_of(one["elements"])
    if begins is None and isinstance(one.get("words"), list):
        return _span_of(one["words"])
    if begins is not None and ends is None:
        length = next((found for key in LENGTHS if (found := _number(one.get(key))) is not None), None)
        ends = begins + length if length is not None else begins
    return (-1, -1) if begins is None else (begins, ends if ends is not None else begins)


def _span_of(parts: list[Any]) -> tuple[float, float]:
    times = [_times({**part, "elements": None, "words": None}) for part in parts if isinstance(part, dict)]
    known = [pair for pair in times if pair[0] >= 0]
    return (known[0][0], known[-1][1]) if known else (-1, -1)


def _number(value: Any) -> float | None:
    """Seconds, or whatever unit it is, from a number, `1.5s`, a clock or an ISO duration."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if -1e15 < value < 1e15 else None
    if not isinstance(value, str):
        return None
    if _NUMBER.match(value):
        return float(value.rstrip("s"))
    if clock := _CLOCK.match(value.strip()):
        hours, minutes, seconds, fraction = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")
    if (iso := _ISO.match(value)) and value != "PT":
        hours, minutes, seconds = iso.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + (_number(seconds or "0") or 0)
    return None


def _events(events: list[Any]) -> list[Block]:
    """YouTube's json3: milliseconds, and the words in `segs`; events that only break the line have no words."""
    blocks = []
    for one in events:
        if isinstance(one, dict) and isinstance(one.get("segs"), list) and (begins := _number(one.get("tStartMs"))) is not None:  # fmt: skip
            said = "".join(str(part.get("utf8", "")) for part in one["segs"] if isinstance(part, dict))
            if clean := spoken(said.replace("\n", " ")):
                ends = begins + (_number(one.get("dDurationMs")) or 0)
                blocks.append(Block(begins / 1000, ends / 1000, [clean]))
    return blocks


def _sentences(words: list[Block]) -> Iterator[Block]:
    """Single words joined until a sentence ends, somebody else speaks or nobody does."""
    current: Block | None = None
    unit = 1000.0 if words and words[-1].ends - words[0].begins > 20 * len(words) else 1.0
    for word in words:
        said = word.lines[0]
        if current and (
            word.speaker != current.speaker
            or word.begins - current.ends > LONGEST_GAP_SECONDS * unit
            or current.ends - current.begins > LONGEST_BLOCK_SECONDS * unit
            or current.lines[0].endswith((".", "!", "?", "…"))
        ):
            yield current
            current = None
        if current is None:
            current = Block(word.begins, word.ends, [said], word.speaker)
        else:
            current.lines[0] += said if _PUNCTUATION.fullmatch(said) else f" {said}"
            current.ends = max(current.ends, word.ends)
    if current:
        yield current


def _loose_text(said: Any, depth: int) -> str | None:
    """A transcript without any times: one long string under a usual name."""
    if depth > 6:
        return None
    if isinstance(said, list):
        return next((found for one in said[:50] if (found := _loose_text(one, depth + 1))), None)
    if not isinstance(said, dict):
        return None
    for key in ("transcript", "text", "transcription"):
        if isinstance(said.get(key), str) and said[key].strip():
            return str(said[key])
    inner = [said[key] for key in (*WRAPPERS, "transcripts", "results") if isinstance(said.get(key), (dict, list))]
    return next((found for one in inner if (found := _loose_text(one, depth + 1))), None)
