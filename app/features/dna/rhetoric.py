"""Figures of speech that can be counted: anaphora, analogies, lists. English.

Anaphora: two or more successive sentences or clauses that begin with the same one to three words (Lausberg 1960), where
those words are more than grammar. Analogies: a thing explained by another, by marker. Lists: counted-off items.
"""

import re
from collections.abc import Iterator, Sequence

from app.features.dna.clauses import units
from app.features.dna.corpus import Document, Sentence
from app.features.dna.rhythm import Measured
from app.features.dna.wordlists import word_set
from app.shared.evidence import Span

LONGEST_OPENING = 3
LEAST_ITEMS = 2
FILLER_LIKE = 0.004
"""Of all words; written texts have 0.001 to 0.003."""
LIST_WITHIN = 25
"""Sentences between two items of one list, at the most."""

_GRAMMAR = word_set(
    "i you he she it we they this that these those there here the a an and but or so then because if as in on at of to for "
    "with by from my your his her its our their i'm you're he's she's it's we're they're that's there's here's i've you've "
    "we've they've i'd you'd i'll you'll it'll we'll is are was were be been am have has had do does did can could will "
    "would should may might must not don't didn't isn't it'd what's let's let well okay ok yeah yes no now um uh oh just like "
    "some one which who when what where how why think mean know say says said feel guess want wanted go goes going get gets got "
    "thought really see need needs would've very also still even right more much lot kind sort all any every"
)  # fmt: skip
"""Openings made of these alone are grammar, however often they come."""
_STRONG = word_set("no not never every nobody nothing without maybe perhaps imagine same")
"""One of these is a figure by itself."""


def anaphora(document: Document) -> Measured | None:
    """Runs of successive sentences with the same opening, per 100 sentences."""
    sentences = document.sentences
    return (100.0 * len(show_anaphora(document)), len(sentences)) if sentences else None


def show_anaphora(document: Document) -> list[Span]:
    """Each run from its first sentence to its last."""
    return [*_runs(document.sentences), *_clause_runs(document)]


def analogies(document: Document) -> Measured | None:
    return (1000.0 * len(show_analogies(document)), len(document.words)) if document.words else None


def lists(document: Document) -> Measured | None:
    return (1000.0 * len(show_lists(document)), len(document.words)) if document.words else None


def _runs(sentences: Sequence[Sentence]) -> Iterator[Span]:
    begin = 0
    while begin < len(sentences) - 1:
        end = begin
        size = 0
        for length in range(LONGEST_OPENING, 0, -1):
            head = sentences[begin].words[:length]
            if not _is_figure(head, length):
                continue
            last = begin
            while (
                last + 1 < len(sentences)
                and _same(sentences[last + 1], head)
                and len(sentences[last + 1].words) > length
            ):
                last += 1
            if last > end:
                end, size = last, length
        if end > begin and _worth(sentences[begin : end + 1], size):
            yield Span(sentences[begin].span.start, sentences[end].span.end)
        begin = max(end, begin + 1) if end == begin else end + 1


def _worth(run: Sequence[Sentence], size: int) -> bool:
    """Not the same sentence twice, and for a run of only two more than one word in common."""
    long_enough = sum(len(sentence.words) > size + 1 for sentence in run)
    differ = len({sentence.words for sentence in run}) == len(run)
    return differ and long_enough >= 2 and (len(run) > 2 or size >= 2)


def _same(sentence: Sentence, head: tuple[str, ...]) -> bool:
    return sentence.words[: len(head)] == head


def _is_figure(head: tuple[str, ...], length: int) -> bool:
    """Whether the words are more than grammar: a content word, a strong one, or three pronouns-and-verbs with one."""
    if len(head) < length or head[0] in {"um", "uh", "yeah", "okay", "so", "and", "but", "well"}:
        return False
    return any(word not in _GRAMMAR or word in _STRONG for word in head)


_FILLER = word_set("like you know i mean think the a it's this that all of")
_CLAUSE = re.compile(r"[,;:]\s+(?:and |or |but )?")


def _clause_runs(document: Document) -> Iterator[Span]:
    """Three or more clauses of one sentence that begin with the same word: no gadgets, no angles, no fuss."""
    for sentence in document.sentences:
        if sentence.text.count(",") + sentence.text.count(";") < 2:
            continue
        heads = [part.split()[:2] for part in _CLAUSE.split(sentence.text.lower().replace("’", "'")) if " " in part]
        for a, b, c in zip(heads, heads[1:], heads[2:], strict=False):
            if min(len(a), len(b), len(c)) < 2 or not a[0] == b[0] == c[0]:
                continue
            if a[0] in _STRONG or (a[1] == b[1] == c[1] and not {*a} <= _FILLER):
                yield sentence.span
                break


_ANALOGY_WORDS = word_set(
    "like imagine picture suppose think as is are was called works acts metaphor analogy equivalent basically way"
)
_NOUN_PHRASE = r"(?:an?|the|your|somebody|someone|something|trying|having|being|going|learning|reading|driving|building|tucking|hiring|knocking|drawing|putting|asking|walking|playing|water|a bunch of|two|three|when you|how)"
_VEHICLES = (
    "heart|backbone|engine|brain|brains|mother|father|grandfather|godfather|king|queen|glue|skeleton|cousin|swiss army knife|"
    "soul|spine|nervous system|gatekeeper|lungs|kitchen|front door|back door|holy grail|duct tape|lifeblood|cradle|face|shadow|"
    "cathedral|soundtrack|bread and butter|mozart|einstein|picasso|ferrari|rolls-royce|plumbing|wallpaper|oxygen|currency|"
    "fingerprint|signature|crystal ball|canary|tip|iceberg|lego|alphabet|battery|shop|push-up|recipe|phone book|bonfire"
)
"""Things that are used as pictures of other things."""
_IS_LIKE = re.compile(
    r"\b(?:is|are|was|were|it's|that's|they're|he's|she's) (?:a (?:bit|little|lot) |kind of |sort of |almost |just |exactly |basically |more |rather |very much |less )*like "
    + _NOUN_PHRASE
    + r"\b(?! (?:lot|few|couple|bit|minute|week|day|month|year|thing|things|way|that))"
    r"|just like (?:an?|the|when|how)\b|, like an? \w+(?! of (?:things|people))|\blike an? (?:\w+ )?\w+ (?:that|who|with|in|on|of|from|made|under|behind|at)\b"
)
"""Not where 'like' is a filler."""
_ANALOGY = re.compile(
    r"\b(?:works?|acts?|behaves?|feels?|looks?|tastes?|moves?|treats? \w+|carries|spreads?|runs?|piles? up \w+ \w+ \w+) (?:a (?:bit|little|lot) |kind of |sort of |almost |just |exactly )*like "
    + _NOUN_PHRASE
    + r"\b(?! (?:lot|few|couple|bit|minute|week|day|month|year|thing|things|way|that))"
    r"|(?:is|are|they're|it's|he's|she's|you're) (?:basically|essentially) (?:an? |the )?\w+$|(?:is|it's) basically an? \w+(?: \w+)?(?=[.,;]|$)|shaped like an?\b|like \w+ (?:behind|under|through|inside) (?:an?|the)\b"
    r"|think of (?:it|this|that|them|him|her|your|the|an?|each|every)\b[^.?!]{0,60}\b(?:as|like)\b|think of (?:it|this|that) (?:this|that) way"
    r"|(?<!i )(?<!would )(?<!could )(?<!can )(?<!i'd )imagine (?:that )?(?:you're|you are|you have|you've|your|an?|two|three|someone|somebody|the|every|walking|standing|trying|having|it's)\b|picture (?:an?|the|this|your)\b|suppose (?:you're|you are|that there|there)\b"
    r"|(?:the same way|in the same way|much as|just as) (?:that )?(?:an?|the|you|we)\b|(?<!in )the way (?:an? (?!bit|lot|little)|water )\w+|the way we (?:watch|treat|use|talk)|as if (?:you|it|they|he|she|somebody|someone) (?:were|was|had|could)\b"
    r"|(?:is|are|was|were|it's|they're) (?:basically |really |just |sort of |kind of |essentially |like )?(?:the|an?) (?:"
    + _VEHICLES
    + r") (?:of|for|that)\b|\b(?:is|are|was|it's) an? \w+ (?:made of|in slow motion|with a \w+ for an?)\b"
    r"|the \w+ equivalent of|(?:a|by) analogy|as a metaphor|is to \w+ what\b"
)
_NOT_LIKE = re.compile(
    r"\b(?:would|i'd|you'd|we'd|they'd|don't|do|didn't|really|people|i|you|we|they|who|not) (?:really )?like (?:an?|the)|(?:feel|feels|felt|sounds?|looks?|seems?|something|anything|things|stuff|nothing|thing) like (?:that|this|it)\b|(?:sounds?|looks?|seems?|feels?|is|it's|was|be) (?:just )?like (?:an?|the) (?:\w+ly )?(?:really|very|good|great|big|bad|nice|interesting|huge|consistent|pretty|perfect|fun|cool|common|simple|hard|easy|lot|right|wrong|best|worst|most|whole|new|different|reasonable|way|only|first|main|next|real|fair|solid|decent|weird|strange|long|short)\b|like the way (?:it|you|they|that)|(?:or|and|this is|there's|there was|have|has|had|with|get|got) (?:something |just )*like (?:an?|the)|like a (?:lot|few|couple|bit|ton|bunch|thousand|hundred|million|week|year|month|day|minute|second)|(?:was|were|be|i'm|am|he's|she's|they're|and i'm|just) like[, ](?:\"|“|i|oh|okay|hey|no|what|wow|yeah|well)"
)  # fmt: skip


def show_analogies(document: Document) -> list[Span]:
    """Sentences that explain one thing by another: like a, think of it as, imagine, is the X of Y."""
    found = []
    patterns = (_ANALOGY,) if _likes(document) else (_ANALOGY, _IS_LIKE)
    for unit in units(document):
        if _ANALOGY_WORDS.isdisjoint(unit.words):
            continue
        low = unit.text.lower().replace("’", "'")
        if any(_explains(pattern, low) for pattern in patterns):
            found.append(unit.span)
    return found


def _explains(pattern: re.Pattern[str], low: str) -> bool:
    """Whether the pattern stands there and is not taste, report or hesitation: would like a, was like, like a lot."""
    return any(
        "like" not in match.group() or not _NOT_LIKE.search(low[max(0, match.start() - 12) : match.end() + 16])
        for match in pattern.finditer(low)
    )


def _likes(document: Document) -> bool:
    """Whether 'like' is so frequent that it must be a filler."""
    return document.counts["like"] > FILLER_LIKE * len(document.words) + 3


_ORDINALS = (
    re.compile(r"^(?:(?:so|okay|ok|right|and|now|the|well|then|my|your) )*(?:first(?:ly)?|number one|step one|one)\b(?! of (?:the|my|these|them|those)| time| thing i did)"),
    re.compile(r"^(?:(?:so|okay|ok|right|and|now|the|well|then|my|your) )*(?:second(?:ly)?|number two|step two|two)\b(?! of)"),
    re.compile(r"^(?:(?:so|okay|ok|right|and|now|the|well|then|my|your) )*(?:third(?:ly)?|number three|step three|three)\b(?! of)"),
    re.compile(r"^(?:(?:so|okay|ok|right|and|now|the|well|then|my|your) )*(?:fourth(?:ly)?|number four|step four|four)\b(?! of)"),
    re.compile(r"^(?:(?:so|okay|ok|right|and|now|the|well|then|my|your) )*(?:fifth(?:ly)?|number five|step five|five)\b(?! of)"),
)  # fmt: skip
_ITEM_WORDS = word_set("first firstly second secondly third thirdly fourth fifth number step one two three four five")
_ANNOUNCES = re.compile(
    r"(?:^(?:so |okay |now |well |the |these |just |only )*|\b(?:here are|there are|there's|these are|i have|i've got|i'll give you|give you|show you|you need|you've got|we have|we've got|has|have|did|does|do|learn|know|following|of|in|for|and|are) (?:the |my |these |those |only |just |about )*)"
    r"(?:two|three|four|five|six|seven|eight|nine|ten) (?:\w+ )?(?:reasons|things|ways|steps|rules|tips|mistakes|questions|parts|kinds|types|sorts|points|tricks|ideas|lessons|problems|options|signs|stages|ingredients|settings)\b"
)
_COUNTS = word_set("reasons things ways steps rules tips mistakes questions parts kinds types sorts points tricks ideas lessons problems options signs stages ingredients settings")  # fmt: skip


def show_lists(document: Document) -> list[Span]:
    """Lists that are counted off (first, second, ...) or announced (three reasons), each where it begins."""
    found: list[Span] = []
    expected, since, start = 0, 0, None
    for unit in units(document):
        since += 1
        if not _COUNTS.isdisjoint(unit.words) and _ANNOUNCES.search(" ".join(unit.words)):
            found.append(unit.span)
            expected, start, since = 0, unit.span, 0
        if _ITEM_WORDS.isdisjoint(unit.words[:4]):
            continue
        opening = " ".join(unit.words[:5])
        if _ORDINALS[0].match(opening):
            expected, since = 1, 0
            start = start if start in found[-1:] and start is not None else unit.span
        elif expected and expected < len(_ORDINALS) and since <= LIST_WITHIN and _ORDINALS[expected].match(opening):
            expected, since = expected + 1, 0
            if expected == LEAST_ITEMS and start is not None and start not in found[-1:]:
                found.append(start)
    return found
