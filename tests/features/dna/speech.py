"""Small texts to measure, and documents made of them."""

from pathlib import Path

from app.features.dna.corpus import Document, Timing, plain_document
from app.shared.evidence import Span

DATA = Path(__file__).parents[2] / "data"


def _text(language: str) -> str:
    """The same story as below, in another language."""
    lines = (DATA / f"kettle.{language}.txt").read_text(encoding="utf-8").splitlines()
    return ("" if language == "ja" else " ").join(lines)


ENGLISH = """
Today we look at a kettle, and I promise you that it's stranger than it looks. Have you ever asked why it sings before it
boils? It sings because small bubbles collapse near the bottom. I tried this with a glass pot last winter, and I could see
them. So let's put a number on it. My kettle needs about 120 seconds for half a litre. That is roughly 2 kilowatts. Really?
Yes, really. You can check it at home. Take a watch, fill the kettle, and write down the time. If you don't own a watch,
use your phone. Maybe yours is slower. We do not know yet why the old one in Anna Berg's kitchen was so quick, but I think
it was the lid. However, that is a story for another day.
""".replace("\n", " ").strip()

GERMAN = _text("de")

SPANISH = _text("es")

JAPANESE = _text("ja")


def said(text, source_id="one"):
    return plain_document(text, source_id)


def bare(text):
    """As bare speech recognition writes it: lower case, no punctuation but apostrophes."""
    return " ".join("".join(c if c.isalnum() or c in "' " else " " for c in text.lower()).split())


def sentences(*lengths):
    """A text whose sentences have these lengths in words."""
    return " ".join(" ".join(["word"] * length) + "." for length in lengths)


def timed(cues, source_id="one", others=()):
    """A document of cues (start, end, words); *others*: the numbers of cues that somebody else speaks."""
    text, turns, timings = "", [], []
    for number, (start, end, words) in enumerate(cues):
        span = Span(len(text), len(text) + len(words))
        text += words + "\n"
        if number in others:
            continue
        turns.append(span)
        timings.append(Timing(span, start, end))
    return Document(source_id, text, turns, timings)


def ratio(pair):
    return pair[0] / pair[1]
