"""Text as we keep it: normalised once, then cut into words and sentences by their spans."""

import re
import unicodedata
from collections.abc import Iterator

from app.shared.evidence import UNSEEN, Span

LONGEST_WORD = 64
"""A longer run of letters is data, not a word."""

_UNSEEN = re.compile(f"[{''.join(UNSEEN)}]")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s|$)|\n[^\S\n]*+\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|fig|no|vol|jr|sr|approx|ca|cf|dept|est|inc|ltd|co)|\b[a-z])\.$",
    re.IGNORECASE,
)

FUNCTION_WORDS = {
    "en": "the and of to in that is was for it with as on you this but are have not be at they we what from",
    "de": "der die und das ist nicht ein eine zu den mit sich auf für von dem es auch wir aber als wie ich",
    "fr": "le la les et des est que une dans pour pas qui sur avec plus nous vous mais ce cette sont être du",
    "es": "el la los las que y en un una por con para es no se del lo como más pero su son este esta muy",
    "pt": "o os as que e em um uma por com para não se do da como mais mas são isso você muito na no foi",
    "it": "il lo gli che e di un una per con non è sono si del della come più ma questo nel anche alla le",
    "nl": "de het een en van is dat niet op te zijn met voor die er maar ook aan wij als bij naar dan wat",
    "sv": "och att det som en på är av för med den inte till har de jag vi om ett men var kan så från",
    "da": "og at det som en på er af for med den ikke til har de jeg vi om et men var kan så fra",
    "pl": "i w nie na się z że to do jest jak ale po co tak za od są przez był dla tylko może już",
}
_FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in FUNCTION_WORDS.items()}

SEARCH_CONFIGS = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian",
    "nl": "dutch", "pt": "portuguese", "sv": "swedish",
}  # fmt: skip


def normalise(text: str) -> str:
    """NFC, LF line ends, no control characters but tab and newline, no byte order mark."""
    text = unicodedata.normalize("NFC", re.sub(r"\r\n|[\r\f\v]", "\n", text))
    return "".join(c for c in text if c in "\n\t" or (c >= " " and c != "\ufeff" and not "\x7f" <= c <= "\x9f"))


def visible(text: str) -> str:
    """The text without what nobody sees but a machine reads: Unicode tags, bidirectional controls, zero-width spaces."""
    return _UNSEEN.sub("", text)


def word_spans(text: str) -> Iterator[Span]:
    """Where the words stand: letters and digits, with apostrophes and hyphens inside."""
    for match in _WORD.finditer(text):
        if match.end() - match.start() <= LONGEST_WORD:
            yield Span(match.start(), match.end())


def words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if len(word) <= LONGEST_WORD]


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Where the sentences between *start* and *end* stand, white space around them left out."""
    end = len(text) if end is None else end
    spans: list[Span] = []
    begin = start
    for match in _END.finditer(text, start, end):
        stop = match.end() if match.group().strip() else match.start()
        if match.group() == "." and _ABBREVIATION.search(text, max(begin, match.end() - 8), match.end()):
            continue
        if span := trimmed(text, begin, stop):
            spans.append(span)
        begin = match.end()
    if span := trimmed(text, begin, end):
        spans.append(span)
    return spans


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without the white space at its ends; None where nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None


def detect_language(text: str) -> str | None:
    """BCP 47 tag by the share of function words among the first 2,000 words; None when nothing fits."""
    sample = [word.lower() for word in words(text[:20000])[:2000]]
    if len(sample) < 10:
        return None
    shares = {
        language: sum(word in known for word in sample) / len(sample) for language, known in _FUNCTION_WORDS.items()
    }
    best = max(shares, key=lambda language: shares[language])
    return best if shares[best] >= 0.1 else None
