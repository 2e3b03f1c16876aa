"""Sentences of a script that speak of something a viewer must be told: that it is paid for, or that what is shown was
made or altered by a machine."""

import re

from msgspec import Struct

from app.features.scripts.exports.sentences import ScriptSentence

_NOT = re.compile(r"\b(?:not|nobody|no one|never|isn't|aren't|without|un)\b[^.]{0,30}$|\bun$", re.IGNORECASE)
_PAID = re.compile(
    r"\bsponsor(?:ed|s|ing|ship)?\b|\bpaid (?:promotion|partnership|placement)\b|\baffiliate links?\b|"
    r"\bin partnership with\b|\b(?:promo|discount|coupon) code\b|\b(?:sent|gave|lent) (?:me|us) (?:this|the|one|a|an) [^.]{0,40}\bfor (?:free|review)\b",
    re.IGNORECASE,
)
_SYNTHETIC = re.compile(
    r"\b(?:AI|computer|machine)[- ]generated\b|\b(?:generated|made|created|voiced|cloned) (?:with|by|using) (?:an? )?(?:AI|artificial intelligence)\b|"
    r"\bdeep ?fakes?\b|\bsynthetic (?:voice|video|footage|image|media)s?\b|\b(?:my|a) cloned voice\b|\bdigitally altered\b",
    re.IGNORECASE,
)
LINES = {
    "paid": "This video includes paid promotion.",
    "synthetic": "This video contains altered or synthetic content.",
}


class Disclosure(Struct, frozen=True):
    """`line` is for the description; `because` is the script's sentence that asks for it."""

    kind: str
    line: str
    because: str


def disclosures_of(sentences: list[ScriptSentence]) -> list[Disclosure]:
    """At most one a kind, the first sentence that says so."""
    found: dict[str, Disclosure] = {}
    for sentence in sentences:
        for kind, pattern in (("paid", _PAID), ("synthetic", _SYNTHETIC)):
            match = pattern.search(sentence.text)
            if match and not _NOT.search(sentence.text[: match.start()]) and not _denied(sentence.text[match.end() :]):
                found.setdefault(kind, Disclosure(kind, LINES[kind], sentence.text))
    return list(found.values())


def _denied(after: str) -> bool:
    return bool(re.match(r"\s+by (?:nobody|no one)\b", after, re.IGNORECASE))
