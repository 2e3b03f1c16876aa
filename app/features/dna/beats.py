"""The parts of a video in their order: hook, promise, context, segments, recap, call to action, outro. English.

Each sentence gets a score for each beat from what it says and where it stands; the best path through the sentences is
found by dynamic programming (Viterbi 1967), where staying in a beat costs nothing, going on costs little and going back
costs much. A call may interrupt everything and is decided by `calls.py`.
"""

import re
from collections.abc import Sequence
from statistics import median

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.features.dna.address import is_question
from app.features.dna.calls import find_calls
from app.features.dna.clauses import units
from app.features.dna.corpus import Document, Sentence
from app.shared.evidence import Span

BEATS = ("hook", "promise", "context", "segment", "recap", "call", "outro")
HOOK, PROMISE, CONTEXT, SEGMENT, RECAP, CALL, OUTRO = range(7)
FEWEST_SENTENCES = 6
"""A shorter text has no parts to be told apart."""


class Beat(Struct, frozen=True):
    """One part; percents are of the words; `confidence` is how far its sentences prefer it, 0 to 1."""

    beat: str
    span: Span
    start_percent: float
    length_percent: float
    confidence: float


class BeatOutline(Struct):
    """One beat over a corpus: the share of sources that have it, and medians over those that do, in percent."""

    beat: str
    share: float
    start_percent: float
    length_percent: float
    per_source: float


class Outline(Struct):
    """`status` is `not_available` for other languages than English and where no source is long enough."""

    status: str
    n_sources: int
    beats: list[BeatOutline]


# rows: from; columns: to. hook, promise, context, segment, recap, call, outro
MOVES: NDArray[np.float64] = np.array(
    [
        [0.0, -0.8, -1.2, -3.5, -7.0, -0.5, -8.0],
        [-4.0, 0.0, -0.6, -2.0, -7.0, -0.5, -8.0],
        [-5.0, -0.8, 0.0, -2.6, -7.0, -0.5, -8.0],
        [-9.0, -5.0, -6.0, 0.0, -2.0, -0.5, -2.5],
        [-9.0, -7.0, -7.0, -5.0, 0.0, -0.3, -0.7],
        [-6.0, -1.2, -0.7, -0.5, -1.2, 0.0, -0.5],
        [-9.0, -9.0, -9.0, -6.0, -5.0, -0.3, 0.0],
    ]
)
BEGIN = np.array([0.0, -1.5, -1.8, -4.0, -9.0, -3.0, -9.0])
WITHIN = ((0.0, 1.0), (0.0, 0.5), (0.0, 0.5), (0.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.7, 1.0))
"""The shares of the length between which a beat's cues are looked for."""
CALL_FOUND, CALL_ABSENT = 6.0, -6.0

_CUES: tuple[tuple[int, float, re.Pattern[str]], ...] = tuple(
    (beat, weight, re.compile(pattern))
    for beat, weight, pattern in (
        (
            PROMISE,
            4.2,
            r"\b(?:by the end|by the time we|in this (?:video|lesson|episode|one|guide|essay|talk)|in today's (?:video|lesson|episode)|(?:today|this week|tonight|in what follows|so) (?:we're|we'll|i'm|i'll|i will|we|i want|it's|i'd|we are)\b|i'm (?:going to|gonna) (?:show|give|teach|tell you (?:what|how)|walk|explain|try)|(?:i'll|i'd like (?:you )?to|i want to|i will) (?:show|teach|explain|give you|be able|find out|take)|you're (?:going to|gonna) (?:learn|know|see)|you'll (?:be able|know|learn|leave)|what i'd like to do|what follows is|this is the story of|we (?:take|follow|look at|work out|walk)|stay (?:till|until|to) the end|we'll (?:talk|work|look|go|cover|start|find|take) (?:\w+ )?(?:about|out|at|through|apart|with)?|i'll try to show)",
        ),
        (
            CONTEXT,
            2.2,
            r"(?:^(?:hi|hey|hello|welcome|good (?:morning|evening)|morning|g'day)\b|\b(?:welcome (?:back )?to|my name is|my name's|(?:a bit of|a little|first, a little|some|quick bit of) (?:background|history|anatomy|context)|what (?:is|are) an? \w+\?|to (?:see|understand) why|before (?:it|we|that)|quick disclaimer|a word on|let's (?:get|call) (?:it|the odd)|last (?:week|time) we|you need to know|i've been an?|for (?:\w+ )?years|worked it out|was invented by|in the nineteen|would work|lies in|existed|it's called|is basically|think of (?:the|a|your))\b)",
        ),
        (
            CONTEXT,
            1.2,
            r"(?:^(?:i'm|it's|this is|hey|hi) [\w ]{2,30}$|\b(?:i'm \w+,|and this is|this is \w+ \w+$|got a nobel|people (?:think|forget)|used to)\b)",
        ),
        (
            SEGMENT,
            3.0,
            r"^(?:(?:so|okay|ok|right|alright|now|and) )?(?:let's (?:start|look|begin|try|do|put|take|make|find|let's)|first(?:ly)?\b|the first|first up|second(?:ly)?\b|the second|third\b|third(?:ly)?|the (?:third|fourth|fifth|next|last|final) (?:thing|one|part|step|test|question|reason)|next\b|next (?:up|comes|thing)|step (?:one|two|three|four|five|number)|number (?:one|two|three|four|five|six)|(?:question|test|tip|rule|reason|mistake|move|week|part) (?:number )?(?:one|two|three|four|five|\d)|to begin with|then there's|finally|start with|we begin|at the (?:top|bottom)|above the|from week|in week|here's where|here's test|what (?:did|do|about|happens)|so what's|so why|but why|there's a snag|your turn|and now|add one|about that|what if)\b",
        ),
        (
            SEGMENT,
            0.5,
            r"\b(?:for example|for instance|because|you'll feel|you (?:can|want|get|put|take)|it (?:takes|took|works)|then (?:you|he|she|they|it)|in (?:the|a) (?:morning|study)|percent|grams|minutes)\b",
        ),
        (
            RECAP,
            4.5,
            r"\b(?:to recap|let's recap|recap\b|to sum up|sum (?:it|this|that|me|us)?\s?up|let me sum|in short|to wrap (?:this )?up|in summary|quick summary|summary\b|so what have we learned|what (?:did|have) we (?:learn|learned|seen)|(?:just to|to) go over|go over (?:it|that|this) (?:again|one)|let's go over|run through them|one more time|the short version|so that's (?:the plan|our|how|it:|all)|so remember|so we've seen|there you are then|to put it together|all in all|in the end,|in conclusion|so,? then|that's the (?:whole )?(?:plan|recipe|method))\b",
        ),
        (RECAP, 0.6, r"(?:^so: |: \w+, \w+, |\bdid three things\b|\bthen, did\b|^it (?:made|turned|remains)\b)"),
        (
            OUTRO,
            3.2,
            r"\b(?:thanks (?:so much |a lot )?for (?:watching|listening|being|reading|joining)|see you (?:next|at|on|in|there|up|soon)|i'll see you|until next time|till next time|next time we|that's it (?:from me|for today|for this)|that's all (?:i've got|from me|for)|bye\b|goodbye|take care|have a (?:good|great|nice) one|talk soon|catch you|peace\b|happy coding|good luck out|stay (?:safe|curious|hungry|strong)|be (?:kind|patient|good|well)|mind the|off you go|that was \w+ \w+|hooroo|cheers|until then|keep your|wrap up warm|run easy|good games|signing off|drink something|alright that's me|you've got this|and i'm out)\b",
        ),
    )
)
_LIST = re.compile(
    r"^(?:(?:so|okay|ok|right|alright|now|and|then) )*(?:let's (?:start|begin|look|do|put|take|find|try)|first(?:ly)?\b|second(?:ly)?\b|third(?:ly)?\b|the (?:first|second|third|fourth|fifth|next|last|final) |next\b|step (?:one|two|three|four|five|\d)|number (?:one|two|three|four|five|\d)|(?:question|test|tip|rule|reason|mistake|move|week|part) (?:number )?(?:one|two|three|four|five|\d)|to begin with|finally\b|last (?:up|one|test|step)|then there's|what (?:about|did|do|happens|if)\b|here's (?:where|the trick|test)|your turn\b|and now\b|but why\b|so why\b|so what's\b|we begin\b|about (?:that|the)\b|then came\b|after that\b|from week\b|in week\b)"
)


def beats(document: Document) -> list[Beat]:
    """The parts in their order; none for a text of fewer than six sentences."""
    said = units(document)
    if len(said) < FEWEST_SENTENCES:
        return []
    labels, margins = labelled(document, said)
    return _joined(said, labels, margins)


def labelled(document: Document, said: Sequence[Sentence]) -> tuple[list[int], list[float]]:
    """The beat of each sentence, and by how much its own score prefers it to the next best."""
    scores = _scores(document, said)
    best = BEGIN + scores[0]
    back = np.zeros((len(said), len(BEATS)), dtype=np.int64)
    for index in range(1, len(said)):
        paths = best[:, None] + MOVES
        back[index] = paths.argmax(axis=0)
        best = paths.max(axis=0) + scores[index]
    labels = [int(best.argmax())]
    for index in range(len(said) - 1, 0, -1):
        labels.append(int(back[index, labels[-1]]))
    labels.reverse()
    margins = [float(row[label] - np.delete(row, label).max()) for row, label in zip(scores, labels, strict=True)]
    return labels, margins


def beat_outline(documents: Sequence[Document], language: str = "en") -> Outline:
    """For each beat the share of sources that have it, where it begins and how long it is there."""
    found = [parts for document in documents if (parts := beats(document))] if language == "en" else []
    if not found:
        return Outline("not_available", 0, [])
    rows = []
    for name in BEATS:
        having = [own for parts in found if (own := [part for part in parts if part.beat == name])]
        if having:
            rows.append(
                BeatOutline(
                    name,
                    round(len(having) / len(found), 4),
                    round(median(own[0].start_percent for own in having), 1),
                    round(median(sum(part.length_percent for part in own) for own in having), 1),
                    round(median(len(own) for own in having), 1),
                )
            )
    return Outline("measured", len(found), rows)


def _scores(document: Document, said: Sequence[Sentence]) -> NDArray[np.float64]:
    """Shape (sentences, beats): where a sentence stands, and what it says."""
    lengths = np.array([len(unit.words) for unit in said], dtype=float)
    place = (lengths.cumsum() - lengths / 2) / lengths.sum()
    scores = np.zeros((len(said), len(BEATS)))
    scores[:, HOOK] = np.where(place < 0.16, 1.2 - 8 * place, -8 * place)
    scores[:, PROMISE] = -0.8 - np.clip(place - 0.2, 0, 1) * 15
    scores[:, CONTEXT] = 0.5 - np.clip(place - 0.24, 0, 1) * 12
    scores[:, SEGMENT] = 0.3 - np.clip(0.16 - place, 0, 1) * 6 - np.clip(place - 0.9, 0, 1) * 14
    scores[:, RECAP] = -0.2 - np.clip(0.7 - place, 0, 1) * 8
    scores[:, OUTRO] = -0.6 - np.clip(0.93 - place, 0, 1) * 14 + np.clip(place - 0.95, 0, 1) * 20
    called = {call.span.start for call in find_calls(document)}
    for index, unit in enumerate(said):
        scores[index, CALL] = CALL_FOUND if unit.span.start in called else CALL_ABSENT
        low = unit.text.lower().replace("’", "'").replace(",", "") if index < 2 else " ".join(unit.words)
        for beat, weight, pattern in _CUES:
            first, last = WITHIN[beat]
            if first <= place[index] <= last and pattern.search(low):
                scores[index, beat] += weight
        if is_question(unit) and index < 3:
            scores[index, HOOK] += 1.0
    return scores


def _joined(said: Sequence[Sentence], labels: Sequence[int], margins: Sequence[float]) -> list[Beat]:
    """Runs of one beat; a run of segments is cut where a list goes on or a new question opens."""
    total = sum(len(unit.words) for unit in said)
    found: list[Beat] = []
    begin, before = 0, 0
    for index in range(1, len(said) + 1):
        ends = index == len(said) or labels[index] != labels[begin]
        if not ends and not (labels[begin] == SEGMENT and opens_segment(said[index])):
            continue
        count = sum(len(unit.words) for unit in said[begin:index])
        sure = sum(1 / (1 + np.exp(-margin)) for margin in margins[begin:index]) / (index - begin)
        found.append(
            Beat(
                BEATS[labels[begin]],
                Span(said[begin].span.start, said[index - 1].span.end),
                round(100 * before / total, 1),
                round(100 * count / total, 1),
                round(float(sure), 3),
            )
        )
        begin, before = index, before + count
    return found


def opens_segment(unit: Sentence) -> bool:
    return bool(_LIST.search(" ".join(unit.words[:8])))
