"""Words that carry grammar and hardly any topic: how much of a text they are, and which ones a creator favours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.features.dna.corpus import Document
from app.features.dna.listing import listed
from app.features.dna.rhythm import Measured

_KNOWN = listed(
    """
    a about above across after again against all almost along already also although always am among an and another
    any anyone anything are aren't around as at away back be because been before behind being below between both but
    by can can't cannot could couldn't did didn't do does doesn't doing don't done down during each either else
    enough even ever every everyone everything few for from get gets getting go goes going gonna got gotta had
    hadn't has hasn't have haven't having he he's her here here's hers herself him himself his how however i i'd
    i'll i'm i've if in instead into is isn't it it'll it's its itself just least less let let's like lot many may
    maybe me might mine more most much must my myself near neither never no nobody none nor not nothing now of off
    often on once one only onto or other others ought our ours ourselves out over own per perhaps quite rather
    really same several shall she she's should shouldn't since so some someone something sometimes somewhere still
    such than that that'll that's the their theirs them themselves then there there's therefore these they they'd
    they'll they're they've this those though through throughout thus till to together too toward towards under
    unless until up upon us very wanna was wasn't we we'd we'll we're we've well were weren't what what's whatever
    when where whether which while who who's whoever whole whom whose why will with within without won't would
    wouldn't yet you you'd you'll you're you've your yours yourself yourselves
    """
)
"""Pronouns, articles, prepositions, conjunctions, auxiliaries, particles, and their contracted forms."""
FUNCTION_WORDS = tuple(sorted(_KNOWN))

Reals = NDArray[np.float64]


def function_words(document: Document) -> Measured | None:
    """Their share of all words."""
    count = sum(times for word, times in document.counts.items() if word in _KNOWN)
    return (count, len(document.words)) if document.words else None


def counts_of(documents: Sequence[Document]) -> tuple[Reals, Reals]:
    """How often each source says each function word, shape (sources, words), and each source's words."""
    counts = np.array([[document.counts[word] for word in FUNCTION_WORDS] for document in documents], dtype=float)
    return counts, np.array([len(document.words) for document in documents], dtype=float)
