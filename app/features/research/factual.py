"""Which sentences state something about the world that could be checked. English; figures and years in any language."""

import re

from app.features.research.quantities import quantities
from app.features.research.wordlists import COMMANDS
from app.shared.evidence import Span
from app.shared.text import sentence_spans, words

FEWEST_WORDS = 4
"""Of a statement with a number; without one it takes one more."""
FROM = 1.0
"""What the signs of a statement must add up to."""

_BRACKETED = re.compile(r"\[[^\]]{0,500}\]")
_QUESTION = re.compile(r"\?[\"'”’)\]]*$")
_LETTER_START = re.compile(r"^[\s\"'“‘(*_\-–—•>#\d.)]*")

_PLEASANTRIES = re.compile(
    r"^(?:hi|hello|hey|welcome|thanks|thank you|good (?:morning|evening|afternoon)|bye|goodbye|cheers|see you|so long|"
    r"ok(?:ay)?|all right|right|well|now|oh|wow|yes|no|sure|please)\b[\s,!.]*(?:everyone|everybody|folks|there|again|then|"
    r"for watching|back|friends|guys)?[^.]{0,25}$",
    re.IGNORECASE,
)
_TRANSITION = re.compile(
    r"^(?:(?:and|but|so|now|well|okay|ok|first|next|then|finally|anyway|here|right)[,\s]+)*"
    r"(?:let's|let us|let me|here's (?:the|what|why|how|where|a)|here is (?:the|what|why|how)|here are|that brings us|"
    r"this brings us|we'll|we will|we're going to|we are going to|i'll|i will|i'm going to|in this (?:video|episode|"
    r"lecture|section|chapter|lesson)|in (?:today's|the next) |today,? (?:we|i)|by the end|more (?:on|about) (?:that|this)|"
    r"but first|before we|coming up|up next|stay tuned|as (?:we|i) (?:saw|said|mentioned)|to (?:sum up|recap|summari[sz]e)|"
    r"the (?:next|following) (?:section|part|chapter|question)|what (?:follows|comes next)|last week we|which brings us)\b",
    re.IGNORECASE,
)  # fmt: skip
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|my|me|mine|myself|we|we're|we've|we'd|ours)\b", re.IGNORECASE)
_SECOND_PERSON = re.compile(r"\b(?:you|you're|you've|you'll|you'd|your|yours)\b", re.IGNORECASE)
_OPINION = re.compile(
    r"\b(?:i (?:think|believe|feel|guess|suspect|love|like|hate|prefer|doubt|hope|wish|should|would|do not accept|don't accept)|"
    r"in my (?:opinion|view|experience)|to me|personally|for my (?:taste|money)|"
    r"(?:is|are|was|were|'s|looks?|feels?|sounds?|seems?|find it|be) (?:\w+ly |so |such |a |an |too |very |quite |the most )*"
    r"(?:beautiful|amazing|awesome|wonderful|terrible|awful|boring|fascinating|exciting|gorgeous|ugly|stunning|lovely|"
    r"brilliant|incredible|unfair|disgrace|fun|cool|great|nice|pretty|delightful|stupid|ridiculous|overrated|"
    r"underrated|elegant|charming|sad|shame|miracle|pity|best part|interesting|remarkable|pleasant|absurd|silly|"
    r"worse|better than nothing|good news|bad news|masterpiece|too good)|"
    r"\b(?:deserves?|ought to|should(?: have)?|must be admitted|hopefully|frankly|honestly|arguably|sadly|happily|"
    r"unfortunately|the beauty of|there are worse))\b",
    re.IGNORECASE,
)  # fmt: skip
_VAGUE_START = re.compile(r"^(?:that|this|it|these|those|which)(?:'s| is| was| are| were)\b", re.IGNORECASE)
_HYPOTHETICAL = re.compile(
    r"^(?:if|suppose|imagine|say|perhaps|maybe|would|could)\b|\bwould(?:n't)? have\b|\bmight\b", re.IGNORECASE
)

_ENDED = re.compile(r"[.!…][\"'”’)\]*_]*$")
_HEADING = re.compile(r"^\s*#|^(?:by|date|source|author)\b[^.!?]*$", re.IGNORECASE)
_OPENING_SUBJECT = re.compile(
    r"^(?!(?:The|A|An|It|He|She|They|There|This|That|These|Those|What|Who|Which|One|Some|Nobody|Nothing|Everybody|"
    r"Everything|Here|Both|Each|Such)\b)[A-Z][a-z]+ (?:is|was|were|are|had|has|did|became|began|proved|found|made|\w+ed)\b"
)
_NAME = re.compile(
    r"(?<![.!?:\"“(*\n])(?<!^)\s(?!(?:I|I'm|I've|I'd|I'll|OK|TV|AI)\b)[*_\"“']*([A-Z][\w’'\-]+|[A-Z]{2,}\d*|[A-Z]\d+)\b"
)
_OPENING_NAME = re.compile(
    r"^[\"“'*_]*(?:(?:The|In|At|On|When|After|Before|By)\s)?((?:[A-Z][\w’'\-]*\s)*[A-Z][\w’'\-]*|[A-Z]+\d+)(?=\s|,)"
)
_VERBS = re.compile(
    r"\b(?:[a-z]{3,}ed|does|did|is|are|was|were|has|had|have|became|becomes?|remains?|remained|contain\w*|consist\w*|weigh\w*|measur\w*|cost\w*|"
    r"cause[sd]?|led|leads?|result\w*|produc\w*|invent\w*|discover\w*|found|founded|built|made|makes?|wrote|written|publish\w*|"
    r"developed|died|dies|born|won|lost|loses?|gave|gives?|took|takes?|began|begins?|ended|ends?|reached|sailed|showed|"
    r"shows?|proved|proves?|carried|carries|killed|grew|grows?|rose|rises?|fell|falls?|increase\w*|increasing|decrease\w*|decreasing|"
    r"turns?|turned|moves?|moved|orbits?|covers?|covered|lives?|lived|eats?|kills?|needs?|needed|uses?|used|boils?|melts?|"
    r"freezes?|travels?|travelled|spreads?|happen\w*|occur\w*|introduced|created|designed|established|abolished|passed|"
    r"allow\w*|prevent\w*|reduc\w*|protect\w*|affect\w*|destroy\w*|defeat\w*|sold|sells?|earn\w*|paid|pays?|"
    r"correspond\w*|equals?|depend\w*|follow\w*|appear\w*|suggested|recommended|described|called|named|known|absorbs?|"
    r"drives?|reflects?|bends?|ticks?|swings?|stands?|stood|holds?|held|ran|runs?|came|comes?|went|goes|supplied|supply|"
    r"tested|granted|awarded|finished|completed|worked|works?|drown\w*|struck|strikes?|circles?|pulls?|expands?|shrinks?|"
    r"replaced|explains?|explained|convert\w*|release\w*|emits?|stores?|lays?|laid|feeds?|evolved|burns?|burned|erupted|"
    r"collapsed|invaded|conquered|ruled|elected|voted|signed|banned|approved|launched|landed|crashed|sank|exploded)\b",
    re.IGNORECASE,
)
_SUPERLATIVE = re.compile(
    r"\b(?:the )?(?:first|last|only|most|least|largest|biggest|smallest|highest|lowest|longest|shortest|oldest|youngest|fastest|slowest|heaviest|deepest|earliest|latest|greatest|strongest|hottest|coldest|nearest|richest|poorest|worst|best)\b",
    re.IGNORECASE,
)
_COMPARISON = re.compile(r"\b(?:more|less|better|worse|fewer|\w{3,}er) than\b|\bas \w+ as\b", re.IGNORECASE)
_CAUSAL = re.compile(
    r"\b(?:because|caus\w+|due to|led to|leads to|result(?:s|ed)? (?:in|from)|therefore|as a result|thanks to|so that|which is why|owing to|makes? it|prevent\w*|responsible for|depends? on)\b",
    re.IGNORECASE,
)
_HISTORICAL = re.compile(
    r"\b(?:century|centuries|ancient|medieval|war|empire|dynasty|king|queen|emperor|parliament|revolution|treaty|act|voyage|invented|discovered|founded|abolished|originally|until|ago|era|historians?)\b",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"\b(?:scientists?|researchers?|studies|study|experts?|doctors?|percent|average|majority|minority|species|cells?|planets?|stars?|moon|sun|earth|water|animals?|plants?|humans?|people|children|blood|brain|energy|gravity|temperature|pressure|light|metal|government|company|countries|population)\b",
    re.IGNORECASE,
)


def states_a_fact(sentence: str) -> bool:
    """Whether a sentence is worth checking: it states, with a number, a date, a name, a superlative, a cause or a piece of
    history, how the world is or was. Questions, commands, greetings, own experience, opinions, transitions and what stands
    in square brackets are not."""
    said = _LETTER_START.sub("", _BRACKETED.sub(" ", sentence)).strip()
    count = len(words(said))
    if _HEADING.search(sentence) or count < FEWEST_WORDS or _not_a_statement(said):
        return False
    return _weight(said, count) >= FROM


def is_statement(sentence: str, *, personal: bool = False) -> bool:
    """Whether a sentence states something at all: no question, command, greeting, opinion, transition, heading or
    fragment, and unless it is *personal* nothing in the first person. Where it isn't English, questions and fragments
    alone are told."""
    said = _LETTER_START.sub("", _BRACKETED.sub(" ", sentence)).strip()
    if _HEADING.search(sentence) or len(words(said)) < FEWEST_WORDS or _not_a_statement(said):
        return False
    return bool(_ENDED.search(said)) and (personal or not _FIRST_PERSON.search(said))


def takes_sides(sentence: str) -> bool:
    """Whether it values instead of stating."""
    return bool(_OPINION.search(sentence.replace("’", "'")))


def names_in(sentence: str) -> list[str]:
    """The capitalised words inside a sentence, and names such as H4."""
    return [match.group(1) for match in _NAME.finditer(f"{sentence}")]


def factual_sentences(text: str) -> list[Span]:
    """Where the check-worthy sentences of a text stand. A line that is no prose, such as a heading, is no sentence."""
    return [span for span in sentence_spans(text) if states_a_fact(span.of(text))]


def _not_a_statement(said: str) -> bool:
    plain = said.replace("’", "'")
    first = re.sub(
        r"^(?:and|but|so|now|well|okay|ok|then|just|please|first|next)[,\s]+", "", plain, flags=re.IGNORECASE
    )
    opening = first.split(maxsplit=1)[0].strip(',.!*_"“').lower() if first else ""
    commands = opening in COMMANDS and not re.match(r"\w+(?:\s+\w+){0,2}\s+(?:is|are|was|were|has|had)\b", first)
    return bool(
        _QUESTION.search(plain) or commands or _PLEASANTRIES.match(plain) or _TRANSITION.match(plain)
        or _OPINION.search(plain)
    )  # fmt: skip


def _weight(said: str, count: int) -> float:
    plain = said.replace("’", "'")
    amounts = [one for one in quantities(plain) if one.dimension != "ordinal"]
    names = bool(_NAME.search(said)) or _opens_with_name(said)
    verb = bool(_VERBS.search(plain))
    weight = 0.0
    if any(one.dimension == "date" for one in amounts):
        weight += 1.0
    if any(one.dimension not in {"date", "number"} for one in amounts):
        weight += 1.0
    elif any(one.dimension == "number" for one in amounts):
        weight += 0.8
    weight += (
        (0.8 if names else 0.5 * bool(_OPENING_SUBJECT.match(said)))
        + 0.6 * bool(_SUPERLATIVE.search(plain))
        + 0.7 * bool(_CAUSAL.search(plain))
        + 0.6 * bool(_COMPARISON.search(plain))
    )
    weight += 0.5 * bool(_HISTORICAL.search(plain)) + 0.5 * bool(_GENERAL.search(plain)) + 0.3 * verb
    weight += 0.2 * (count >= 8)
    if _FIRST_PERSON.search(plain):
        weight -= 1.2
    if _SECOND_PERSON.search(plain):
        weight -= 0.6
    if _HYPOTHETICAL.search(plain):
        weight -= 0.6
    if _VAGUE_START.match(plain) and not amounts:
        weight -= 0.5
    return weight if verb or amounts else min(weight, 0.9)


def _opens_with_name(said: str) -> bool:
    """A sentence that begins with two capitalised words, or with a name such as H4."""
    match = _OPENING_NAME.match(said)
    if match is None:
        return False
    found = match.group(1).split()
    return len(found) > 1 or any(map(str.isdigit, found[0]))
