"""The sub-questions of a question, as code alone can pose them: the sides that most topics have."""

import re
from collections.abc import Callable

from msgspec import Struct

from app.db.models import Depth
from app.features.research.passages import Sentence
from app.features.research.relevance import Asked, read_question
from app.shared.text import sentence_spans

_CAUSE = re.compile(
    r"\b(?:because|caus\w+|due to|led to|reasons?|result(?:s|ed) (?:in|from)|therefore|so that|since|owing to|in order to|"
    r"needed|depends? on|thanks to)\b",
    re.IGNORECASE,
)
_DISPUTE = re.compile(
    r"\b(?:but|however|although|though|myth|wrong|contrary|disput\w+|argu\w+|critic\w*|not|never|doubt\w*|unlike|instead|"
    r"despite|mistak\w+|rather than|yet|claim\w*|quarrel)\b",
    re.IGNORECASE,
)
_METHOD = re.compile(
    r"\b(?:by \w+ing|using|uses?|method|measur\w+|compar\w+|works?|means of|requires?|must|can be|"
    r"multipli\w+|multiply\w*|calculate\w*|calculati\w+|step|process|instrument|machine|device|designed|built|made of|consists?)\b",
    re.IGNORECASE,
)
_OUTCOME = re.compile(
    r"\b(?:became|later|afterwards?|eventually|until|still|today|finally|replaced|abolished|since then|as a result|ended|"
    r"consequence\w*|survive\w*|led to|after)\b",
    re.IGNORECASE,
)


class Facet(Struct, frozen=True):
    """A side of a topic: how it is asked, which sentences speak of it, what to bring where none does."""

    key: str
    question: str
    shows: Callable[[Sentence], bool]
    advice: str
    words: str = ""
    """What is looked for besides the topic's own words."""


FACETS = (
    Facet("how", "How does it work, or how was it done?", lambda one: bool(_METHOD.search(one.text)),
          "a source that explains the method step by step: a manual, a textbook chapter, a lecture", "method by using"),
    Facet("when", "When did it happen, and in what order?", lambda one: one.has_date,
          "a source with dates: a chronology, an encyclopaedia article, archive records", "year"),
    Facet("who", "Who was involved, and what did they do?", lambda one: len(one.names) >= 2,
          "a source about the people: a biography, an obituary, letters"),
    Facet("why", "Why: what were the causes and reasons?", lambda one: bool(_CAUSE.search(one.text)),
          "a source that gives reasons: a history, a study, a review of the research", "because caused reason"),
    Facet("figures", "What are the figures?", lambda one: one.has_number,
          "a source with measurements: a study, a table, a data sheet, official statistics"),
    Facet("dispute", "What is disputed, and what speaks against the usual account?", lambda one: bool(_DISPUTE.search(one.text)),
          "a source that argues the other side: a critical review, a rebuttal, a newer study", "not wrong myth disputed however"),
    Facet("outcome", "What came of it?", lambda one: bool(_OUTCOME.search(one.text)),
          "a source from after the event: a later history, a follow-up study, recent news", "later became until"),
)  # fmt: skip
BY_KEY = {facet.key: facet for facet in FACETS}
_ASKED_ALREADY = {
    "how": r"^how\b(?! (?:many|much|long|far))",
    "why": r"\bwhy\b",
    "when": r"\bwhen\b",
    "who": r"\bwho\b",
}


class Reach(Struct, frozen=True):
    """How much a depth looks at: sub-questions, passages and claims, at most."""

    questions: int
    passages: int
    claims: int
    contradictions: int


REACH = {
    Depth.QUICK: Reach(1, 12, 6, 3),
    Depth.STANDARD: Reach(4, 48, 16, 6),
    Depth.DEEP: Reach(8, 160, 36, 15),
}


def questions_of(question: str, depth: Depth) -> list[str]:
    """The question, taken apart where it holds several, and for a broad one the sides of its topic."""
    parts = [span.of(question) for span in sentence_spans(question)]
    asked = [part for part in parts if part.endswith("?")]
    most = REACH[depth].questions
    if len(asked) > 1:
        return [question, *asked][: most + 1][:most] if most > 1 else [question]
    if read_question(question).wanted != "broad":
        return [question]
    low = question.lower()
    sides = [one.question for one in FACETS if not re.search(_ASKED_ALREADY.get(one.key, r"(?!)"), low)]
    return [question, *sides][:most]


def facet_of(question: str) -> Facet | None:
    return next((one for one in FACETS if one.question == question), None)


def advice_for(asked: Asked) -> str:
    """What kind of source would answer the question."""
    if facet := facet_of(asked.question):
        return facet.advice
    by_kind = {
        "date": BY_KEY["when"].advice,
        "number": BY_KEY["figures"].advice,
        "name": BY_KEY["who"].advice,
        "broad": "a source that treats the topic as a whole: an encyclopaedia article, a textbook chapter, a review",
    }
    return by_kind.get(
        asked.wanted, "a source that treats this very point: a study, a report, a record made at the time"
    )
