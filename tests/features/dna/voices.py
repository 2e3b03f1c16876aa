"""Synthetic speakers: each draws from the same words with likings of their own."""

from functools import cache

import numpy as np

from app.features.dna import fingerprint
from app.features.dna.fingerprint import VoicePrint
from app.features.dna.speakers import Background, packed, unpacked

WORDS = """
the and to of a that it is in you so we i this have be for like was what they on do with just are
not if but all one can there about or my know think really out up get them then when how because
some would going people now more make things kind lot right way want well time see actually very say
also something gonna yeah mean even into good where need other work use much maybe always never here
back every thing than only over still little
""".split()  # noqa: SIM905 -- a list of a hundred quoted words reads worse


def speech(speaker: int, words: int, source: int = 0) -> str:
    likings = np.random.default_rng(speaker).gamma(0.7, size=len(WORDS))
    chosen = np.random.default_rng([speaker, source]).choice(WORDS, words, p=likings / likings.sum())
    return ". ".join(" ".join(sentence) for sentence in np.array_split(chosen, max(1, words // 12)))


@cache
def background() -> Background:
    return unpacked(packed([speech(speaker, 2000) for speaker in range(100, 130)], fingerprint.words_of))


@cache
def voice() -> VoicePrint:
    return fingerprint.train([speech(1, 3000, source) for source in range(6)], background())
