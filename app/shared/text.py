"""Text as we keep it: normalised once, then cut into words and sentences by their spans."""

import re
import unicodedata
from collections.abc import Iterator

from app.shared.evidence import UNSEEN, Span

LONGEST_WORD = 64
"""A longer run of letters is data, not a word."""

_UNSEEN = re.compile(f"[{''.join(UNSEEN)}]")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_END = re.compile(
    r"(?<![.!?…])(?P<marks>[.!?…]++)(?P<after>(?:[\"'”’“‘»«)\]]|\[(?:\d{1,3}|[a-z])\]|[¹²³⁰⁴-⁹])*+)(?=\s|$)"
    r"|\n[^\S\n]*+\n"
)
"""End marks with the closing quotes, brackets and note marks that stand by them; or an empty line."""
_TRAILING_OFF = frozenset({"..", "...", "…"})
_LAST_WORD = re.compile(r"(?<![\w'’])(?:[^\W\d_]\.)*[^\W\d_]+$")
_NEXT_WORD = re.compile(r"\s*+[\"'“‘«»„(\[]*+(?P<word>[^\W_]+(?:['’][^\W_]+)?)")
_LONGEST_ABBREVIATION = 8

GOING_ON = {
    "always": "mr mrs ms dr prof vs v cf ca approx e.g i.e",
    "before a number": "no nos est",
    "before lower case": "etc",
    "before a name": "st fig vol pp jr sr dept inc ltd co",
}
"""After which abbreviations a sentence goes on. Single letters and the likes of 'U.S.' are as those before a name."""
STARTERS = (
    "the a an it he she we they i you this that these those there here then but and so or when where what why how if "
    "after before because while although though however now not my our your his her their its some many most all both "
    "once since until perhaps maybe well as at by for from with is are was were did does nobody everybody "
    "it's that's he's she's we're they're you're there's here's i'm i've i'd i'll we've let's don't what's"
)
"""Words that are hardly ever a name: with a capital, after an abbreviation, they begin a sentence."""
_GOING_ON = {word: before for before, words in GOING_ON.items() for word in words.split()}
_STARTERS = frozenset(STARTERS.split())

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
        stop = match.end() if match["marks"] else match.start()
        if match["marks"] and _goes_on(text, match, begin, end):
            continue
        if span := trimmed(text, begin, stop):
            spans.append(span)
        begin = match.end()
    if span := trimmed(text, begin, end):
        spans.append(span)
    return spans


def _goes_on(text: str, match: re.Match[str], begin: int, end: int) -> bool:
    """Whether the sentence that begins at *begin* goes on after these marks: after an abbreviation, and in lower case
    after a quote, a bracket or three dots. After a plain stop lower case means nothing: some transcripts have no other.
    """
    following = _NEXT_WORD.match(text, match.end(), end)
    word = following["word"] if following else ""
    if match["after"] or match["marks"] in _TRAILING_OFF:
        return word[:1].islower()
    stop = match.start()
    last = _LAST_WORD.search(text, max(begin, stop - _LONGEST_ABBREVIATION), stop) if match["marks"] == "." else None
    if last is None:
        return False
    abbreviation = last.group().lower()
    initial = len(word) == 1 and text.startswith(".", following.end() if following else end)
    if abbreviation == "i" and not initial and text[max(begin, last.start() - 2) : last.start()].strip(" .\n"):
        return False
    before = _GOING_ON.get(abbreviation) or ("before a name" if re.search(r"^.$|\.", abbreviation) else "nothing")
    return {
        "always": True,
        "before a number": word[:1].isdigit(),
        "before lower case": not word[:1].isupper(),
        "before a name": initial or not word[:1].isupper() or word.lower().replace("’", "'") not in _STARTERS,
        "nothing": False,
    }[before]


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
