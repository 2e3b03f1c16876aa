"""How often a creator swears, by level.

The levels are our own judgement after YouTube's guidance for advertisers, which tells words that are fit for ads
anywhere from those that are not in a title or the first seconds, and from those that cost the ads. Slurs are no
question of style and are not counted here. `profanity.json` holds the words in ROT13, so that nobody has to read them.
"""

import codecs
import json
import re
from functools import cache
from pathlib import Path

from app.features.dna.corpus import Document
from app.features.dna.markers import Hit, Markers, quotes
from app.features.dna.rhythm import Measured
from app.shared.evidence import Span

_MASKED = re.compile(r"\[\s?_+\s?\]|\[(?:bleep|bleeped|expletive)\]|\b[fsc][*]{2,}\w*|\b[fsc]\w?[*]+\w+", re.IGNORECASE)
"""'[ __ ]' in YouTube's captions, or asterisks. Such a word counts as strong: it is those that are masked."""


@cache
def load_levels() -> dict[str, Markers]:
    coded = json.loads((Path(__file__).parent / "profanity.json").read_text(encoding="utf-8"))
    return {level: Markers(tuple(codecs.decode(word, "rot13") for word in words)) for level, words in coded.items()}


def mild(document: Document) -> Measured | None:
    return _rate(document, "mild")


def moderate(document: Document) -> Measured | None:
    return _rate(document, "moderate")


def strong(document: Document) -> Measured | None:
    return _rate(document, "strong", masked=len(_MASKED.findall(document.own_text)))


def show_mild(document: Document) -> list[Span]:
    return quotes(_hits(document, "mild"), document)


def show_moderate(document: Document) -> list[Span]:
    return quotes(_hits(document, "moderate"), document)


def show_strong(document: Document) -> list[Span]:
    return quotes(_hits(document, "strong"), document)


def _hits(document: Document, level: str) -> list[Hit]:
    return load_levels()[level].hits(document)


def _rate(document: Document, level: str, masked: int = 0) -> Measured | None:
    count = len(_hits(document, level)) + masked
    return (1000.0 * count, len(document.words)) if document.words else None
