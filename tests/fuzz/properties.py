"""What holds for any bytes: the promises of the readers, of the profiles that come in, and of what the web answers."""

import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import msgspec

from app.features.dna.exchange import MEASURED
from app.features.dna.foreign_prints import check_print
from app.features.dna.portable import PortableProfile, fingerprint_of
from app.features.dna.quotes import with_quotes
from app.features.sources import chunks
from app.features.sources.readers.__main__ import answer_for
from app.features.sources.readers.answers import Answer
from app.features.sources.readers.guard import _check, _look
from app.features.sources.readers.limits import Limits
from app.features.sources.readers.model import Reading
from app.shared.clients.robots import parse_rules
from app.shared.clients.urls import next_target, parse_target
from app.shared.exceptions import AppError, Malformed, Unprocessable
from app.shared.http import trimmed
from app.shared.text import normalise, word_spans

REFUSALS = frozenset(
    ("too_large_inside", "malformed_file", "unreadable_file", "encrypted_file", "no_text", "no_cue_times", "empty_file")
)
"""The codes that a reader may refuse a file with; the guard adds those of a process that was stopped."""
LIMITS = Limits()
HOME = parse_target("https://example.org/a/b?c=d")


class Broken(AssertionError):
    """A promise that this input breaks; its text names the promise, not the input, so that findings can be told apart."""


def check_file(folder: Path, name: str, data: bytes) -> None:
    """Read or refused, never anything else; and the same when it is read again."""
    path = folder / "given"
    path.write_bytes(data)
    try:
        source = _look(path, name, folder, LIMITS)
    except AppError as refused:
        check_refusal(refused.error_code, refused.message)
        return
    answer = answer_for(source)
    check_answer(answer, folder)
    if len(data) % 8 == 0:
        holds(_said(answer_for(source)) == _said(answer), "read twice, read differently")


def check_answer(answer: Answer, folder: Path) -> None:
    holds(not answer.detail, f"an undeclared error: {answer.detail}")
    if answer.reading is None:
        check_refusal(answer.code, answer.message)
        return
    check_reading(answer.reading)
    try:
        _check(answer.reading, folder, LIMITS)
        back = msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Answer)
    except (Unprocessable, UnicodeEncodeError, msgspec.MsgspecError) as error:
        raise Broken(f"an answer that the guard refuses: {type(error).__name__}") from None
    holds(_said(back) == _said(answer), "an answer that changes on its way")


def check_refusal(code: str, message: str) -> None:
    holds(code in REFUSALS, f"a refusal with the code {code!r}")
    holds(message.endswith((".", "?")) and is_storable(message) and len(message) < 500, f"a refusal that is no sentence: {code}")  # fmt: skip


def check_reading(reading: Reading) -> None:
    text = reading.text
    holds(all(map(is_storable, strings_of(reading))), "a string that PostgreSQL can't hold")
    holds(normalise(text) == text, "text that is not normalised")
    holds(len(text) <= LIMITS.text_characters, "text over the limit")
    holds(reading.needs_transcript or next(word_spans(text), None) is not None, "a reading without a word")
    holds(all(0 <= cue.start <= cue.end <= len(text) for cue in reading.cues), "a cue outside of the text")
    holds(all(a.end <= b.start for a, b in pairwise(reading.cues)), "cues over one another")
    times = [(cue.start_seconds, cue.end_seconds) for cue in reading.cues]
    holds(all(_is_time(one) for pair in times for one in pair), "a time that is none")
    holds(all(a is None or b is None or a <= b for a, b in times), "a cue that ends before it begins")
    holds(reading.duration_seconds is None or _is_time(reading.duration_seconds), "a duration that is none")
    starts = [heading.start for heading in reading.headings]
    holds(starts == sorted(starts) and all(0 <= one <= len(text) for one in starts), "headings out of order")
    holds(
        all(text.startswith(heading.title, heading.start) for heading in reading.headings),
        "a heading that doesn't stand",
    )
    holds(all(1 <= heading.level <= 9 for heading in reading.headings), "a heading's level")
    places = [page.start for page in reading.pages]
    holds(places == sorted(places) and all(0 <= one <= len(text) for one in places), "pages out of order")
    check_chunks(reading)


def check_chunks(reading: Reading) -> None:
    """Every word is in a chunk; chunks say what stands at their spans and go forward."""
    cut = chunks.cut(reading)
    holds(all(one.span.of(reading.text) == one.text and one.text for one in cut), "a chunk that doesn't stand")
    holds(all(a.span.start < b.span.start and a.span.end < b.span.end for a, b in pairwise(cut)), "chunks out of order")
    reached, index = 0, 0
    for word in word_spans(reading.text):
        while index < len(cut) and cut[index].span.end < word.end:
            index += 1
        reached += index < len(cut) and cut[index].span.start <= word.start
        holds(index < len(cut), "words behind the last chunk")


def check_profile(data: bytes) -> None:
    """As the import does it: what fits is checked for quotes, what doesn't is a 400 or a 422."""
    try:
        body = msgspec.json.decode(data)
        body = trimmed(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Malformed):
        return
    try:
        portable = msgspec.convert(body, PortableProfile, strict=False)
    except msgspec.ValidationError:
        return
    fields = msgspec.to_builtins(portable)
    with_quotes([fields[name] for name in (*MEASURED, "traits")], lambda quote: quote)
    holds(
        is_storable(msgspec.json.encode(fields).decode().replace("\\u0000", "\x00")), "JSON that PostgreSQL can't hold"
    )
    try:
        check_print(fingerprint_of(portable))
    except Unprocessable as refused:
        holds(refused.error_code == "damaged_profile" and refused.message.endswith("."), "a refusal of another kind")


def check_robots(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    rules = parse_rules(text, "StrandReader")
    for path in ("/", "/robots.txt", HOME.path, "/" + "a/" * 500, *text.split()[:20]):
        rules.allows(path)
    holds(rules.allows("/robots.txt"), "robots.txt that may not be read")


def check_url(data: bytes) -> None:
    """An address and where it leads on to: taken apart the same way when it is put together again."""
    given, _, leads_to = data.decode("utf-8", "surrogateescape").partition("\n")
    for parse in (lambda: parse_target(given), lambda: next_target(HOME, given), lambda: next_target(parse_target(given), leads_to)):  # fmt: skip
        try:
            target = parse()
        except Unprocessable as refused:
            holds(refused.error_code == "url_not_allowed", "an address refused with another code")
        else:
            holds(
                target.url.isascii() and not set(target.url) & set(" \t\r\n\\@#"[:5]), "an address with odd characters"
            )
            holds(parse_target(target.url) == target, "an address that is another one when it is read again")


def holds(true: bool, promise: str) -> None:
    if not true:
        raise Broken(promise)


def strings_of(reading: Reading) -> Iterable[str]:
    yield reading.text
    yield from (one for one in (reading.title, reading.author) if one is not None)
    yield from (cue.speaker for cue in reading.cues if cue.speaker is not None)
    yield from (heading.title for heading in reading.headings)
    for stream in reading.media.streams if reading.media else ():
        yield from (one for one in (stream.kind, stream.codec, stream.language) if one is not None)


def is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _is_time(seconds: float | None) -> bool:
    return seconds is None or (math.isfinite(seconds) and seconds >= 0)


def _said(answer: Answer) -> tuple[object, ...]:
    return answer.reading, answer.code, answer.message
