"""Calls to action: where a creator asks for something, and for what. English.

A sentence is read only if it has one of the few words that calls are made of; then patterns decide, so that 'people like
this', 'join the two boards' and 'leave a gap' are no calls.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.features.dna.clauses import units
from app.features.dna.corpus import Document, Sentence, evidence
from app.features.dna.rhythm import Measured
from app.features.dna.wordlists import word_set
from app.shared.evidence import Evidence, Span

BINS = 10
SPONSOR_GOES_ON = 3
"""Sentences after a sponsor's name that still speak for it, at the most."""


class Call(Struct, frozen=True):
    """One sentence that asks; `position` is the share of the words before it."""

    kinds: list[str]
    span: Span
    position: float


class CallSummary(Struct):
    """Calls over a corpus: how many sources make any, where (tenths of the length), and of which kinds."""

    status: str
    n_sources: int
    sources_with: int
    histogram: list[int]
    kinds: dict[str, int]
    examples: list[Evidence]


_TRIGGERS = word_set(
    "subscribe subscribed subscribing subscription bell notifications like thumbs thumb comment comments below "
    "description link linked links code sponsor sponsored sponsors sponsoring brought supported supporting patreon member "
    "members membership join sign newsletter store shop merch book order preorder course buy share send tell show friend "
    "watch watching playlist video next rate review follow support donate discord checkout notes channel buymeacoffee "
    "kickstarter download tickets list check free copies video's post part discount off here"
)  # fmt: skip
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("subscribe", r"\b(?:(?:please|and|to|do|can|should|could|consider|then|just|button|hit|smash|press|click|or|like|so|if you|forget to|ahead and|you can|free to|free,?) (?:please |also |go |do )?subscrib(?:e|ing)\b(?! to (?:the (?:idea|view|theory|notion)|that|this (?:idea|view|theory)|any|all))|^subscribe\b(?! to (?:the (?:idea|view|theory)))|, subscribe[,.!]|(?:hit|ring|click|press|tap|smash) (?:on )?(?:the |that |that little )?(?:bell|subscribe|notification)|turn on (?:the |your )?notifications|subscribe (?:if|for|so|to (?:my|our|the|this) (?:channel|newsletter|show|podcast)|down|below|button|now|and (?:hit|ring|you))|(?:sign up|subscribe) (?:at the foot|for (?:the|my|our) (?:newsletter|letter|mailing)|to (?:get|the|my|our) (?:them|newsletter|letter|mailing))|(?<!not )sign up (?:at|on|below|here)|follow (?:me|us|along) (?:on|for|here|so)|follow (?:the|this|my|our) (?:channel|show|podcast|page)|follow for more)"),
    ("like", r"\b(?:(?:hit|smash|press|click|tap|punch|leave|drop|give|gives|throw|costs?|squash) (?:(?:this|it|us|me|that|the|a|video|big|quick|one|ol|old|on) ){0,4}(?:like\b(?! (?:that|this|to|it(?!'s| helps))\b)|thumbs[ -]up\b)|hit (?:the |that )?like|(?:^|please |and )like (?:this|the) video\b|(?:please|to|and|do|don't forget to|remember to) like (?:and subscribe|this (?:video|one|episode)|the video|it if)|like and subscribe|^like (?:and subscribe|this video|if you)|thumbs[ -]up (?:if|would|really|helps|button)|a like (?:costs|would|helps|really|is|goes))"),
    ("comment", r"\b(?:(?<!usually )(?:in|down in|to) (?:the )?comments?(?: section| below| box)?(?=[ ,.!?;]|$)|comments? (?:down )?below|leave (?:me |us )?(?:a |your )?(?:comments?|thoughts?|questions?|reviews?|ratings?)(?! (?:in|on) the (?:code|file|calendar|margin))|let me know (?:what you|how (?:you|your|it)|if you|which|below|down|in the|your)|tell me (?:in the comments|down|below)|(?:^|and |so |, )tell me (?:what's the|which|how (?:you|yours)|what you (?:got|think|found|would|made|want|chose))|(?:drop|post|put|write|pop|stick) (?:\w+ ){0,4}(?:down )?(?:below|in the comments)|write (?:it|yours) down there|(?:i'd love|i want) to hear (?:from you|about|what|your)|answers? (?:down )?below)"),
    ("link", r"\b(?:link(?:s|ed)? (?:is |are |it |them |will be |to \w+ )?(?:\w+ )?(?:in (?:the|my|our)|down (?:below|there|in)|below|under (?:the|this)|on screen|up here|right here)|(?:the |first |a )links? (?:in|down|below)|links?(?:'s| are| is|'ll be| will be) (?:in the|below|down|under|on)|(?:in|from|down in) (?:the )?(?:description|show notes)|(?:go|head) (?:over )?to \S+ ?\.? ?(?:com|org|example|net|slash|dot)|(?:at|to|visit|check out|over on) \S+(?: dot |\.)(?:com|org|net|io|example)\b|address on (?:the |your )?screen|link in (?:my|the) bio|download (?:it|the \w+|them|my \w+) (?:from|at|below|for free|here))"),
    ("sponsor", r"\b(?:(?:today's|this \w+'s|our|video's|episode's) (?:video |show |episode )?sponsors?\b|sponsors? of (?:this|today's)|sponsored by|sponsoring (?:this|today)|brought to you by|this \b.{3,40}\b(?:supported|made possible|paid for) by|word from (?:our|today|the sponsor|\w+, )|(?:use (?:my|the|our|promo|offer|discount)|with (?:my|our|offer|promo)) (?:promo |discount |offer )?code\b|code \w+ at|at checkout|thanks to [\w ]{2,25} for (?:supporting|sponsoring|making)|affiliate links?)"),
    ("join", r"\b(?:(?:my|our) patreon|(?:up|support\w*|join|help|us|me)\b.{0,40}\bpatreon|patreon (?:members|page|link)|become a (?:member|patron|supporter)|join (?:the |my |our |us (?:on|in|at|over)|me (?:on|in|at|over))(?:channel|discord|club|community|membership|server|patreon|group|list|newsletter|mailing|facebook|on|in|at|over)?(?=[ ,.!?;]|$)(?! (?:two|pieces|ends|boards|seam|edges|halves|army|navy|dots|others|rest|party|queue|line|eu|union))|(?:channel|patreon) members(?:hip)?|support (?:the|this|my|our|us|me) (?:channel|show|work|podcast|on|by)|buy me a coffee|(?:please|consider|you can|if you'd like to) donat(?:e|ing)|(?:my|our|the) (?:discord|kickstarter)\b.{0,30}\b(?:link|join|below|open|live|is)|help us (?:make|keep) )"),
    ("buy", r"\b(?:my (?:\w+ )?(?:book|course|merch|shop|store|album|print|workbook|guide|ebook|app|template|preset|patterns?)\b.{0,40}\b(?:out|available|order|buy|get|shop|store|below|now|off|linked)|(?:available|order|pre-?order|buy|grab|get|pick up) (?:it |them |yours |one |a copy |your copy |copies |tickets )?(?:from|at|in|on) (?:my|our|the|any|all|every) (?:\w+ )?(?:shop|store|website|site|bookshop|bookshops)|(?:is|are|out|available|up|one|copies) in (?:the|my|our) (?:shop|store)\b|(?:merch|t-shirts?|hoodies?|prints|tickets) (?:is|are) (?:on sale|available|out|in (?:my|our|the)|now|back|up)|signed cop(?:y|ies)|(?:percent|%) off|pre-?order|which you can order|(?:full|complete) course (?:is|on)|new \w+ in the (?:store|shop))"),
    ("share", r"(?:^|\bplease |\band |\bdo |\bfavou?r and |\bthen |, )(?:share (?:this|the video|it with (?:a|your|someone|somebody|them|one)|with (?:a|your|someone|somebody|friends))|(?:send|forward|pass|show) (?:this|it|them this|him this|her this|them the|this video)(?: video| episode| on)? (?:on )?to (?:a|your|the|one|someone|somebody|anyone|every|them|that)|send (?:them|him|her|someone|somebody) (?:this|the link|a link)|tell (?:a|your) friends?|share this)"),
    ("watch", r"\b(?:(?:watch|check out|see|click|try) (?:this|that|the|my|part|these|next|one of these|it) (?:one|video|next|\w+ (?:next|here|video)|two|playlist|episode)|(?:check|watch) (?:that|this|it|these|those|them)(?: one| video)?(?: out)? (?:next|right here|over here|here|now)|(?:right |up |over )?(?:here|there) on (?:the|your) screen|(?:is|it's|'s|are) (?:up |right |over |just )?(?:up|right|over) (?:here|there)[.!]?$|check out (?:my|our|the|this|that) (?:other |last |latest |full |new )?(?:video|videos|channel|playlist|series|episode)|watch (?:this|that) (?:one )?next|you'll (?:love|like) this (?:one|video)|full (?:video|playlist) (?:is )?(?:here|up))"),
)  # fmt: skip
_KINDS = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)
_PITCH = re.compile(r"^(?:they|it|you can|you'll|you get|their|that's|go to|use|with|so|plus|right now|and they|visit|head|if you (?:use|sign|go))\b")  # fmt: skip


def find_calls(document: Document) -> list[Call]:
    """Every sentence that asks the audience for something, in order."""
    found: list[Call] = []
    before, total = 0, max(1, len(document.words))
    sponsor, since = frozenset[str](), SPONSOR_GOES_ON + 1
    for unit in units(document):
        kinds = _kinds(unit) if not _TRIGGERS.isdisjoint(unit.words) else []
        if "sponsor" in kinds:
            sponsor, since = _names(unit) or sponsor, 0
        elif since < SPONSOR_GOES_ON:
            since += 1
            goes_on = not sponsor.isdisjoint(unit.words) or _PITCH.match(" ".join(unit.words[:3]))
            if goes_on:
                kinds = [*kinds, "sponsor"]
            else:
                since = SPONSOR_GOES_ON
        if kinds:
            found.append(Call(kinds, unit.span, round(before / total, 4)))
        before += len(unit.words)
    return found


def calls_per_1000(document: Document) -> Measured | None:
    return (1000.0 * len(find_calls(document)), len(document.words)) if document.words else None


def first_call_position(document: Document) -> Measured | None:
    """The share of the words before the first call; nothing where there is no call."""
    found = find_calls(document)
    return (found[0].position, 1) if found else None


def show_calls(document: Document) -> list[Span]:
    return [call.span for call in find_calls(document)]


def calls_to_action(documents: Sequence[Document], language: str = "en") -> CallSummary:
    """Where calls come, in tenths of the length, and what they ask for."""
    if language != "en":
        return CallSummary("not_available", 0, 0, [], {}, [])
    made = [(document, find_calls(document)) for document in documents if document.words]
    histogram = [0] * BINS
    kinds: dict[str, int] = {}
    examples: list[Evidence] = []
    for document, calls in made:
        for call in calls:
            histogram[min(BINS - 1, int(call.position * BINS))] += 1
            new = [kind for kind in call.kinds if kind not in kinds]
            for kind in call.kinds:
                kinds[kind] = kinds.get(kind, 0) + 1
            if new and (quote := evidence(document, call.span)):
                examples.append(quote)
    ranked = dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
    return CallSummary("measured", len(made), sum(bool(calls) for _, calls in made), histogram, ranked, examples)


def _kinds(unit: Sentence) -> list[str]:
    low = unit.text.lower().replace("’", "'").replace("\n", " ")
    return [kind for kind, pattern in _KINDS if pattern.search(low)]


def _names(unit: Sentence) -> frozenset[str]:
    """Capitalised words inside the sentence, lower-cased: the sponsor's name."""
    inside = re.findall(r"(?<=[a-z,] )[A-Z]\w+", unit.text)
    return frozenset(word.lower() for word in inside)
