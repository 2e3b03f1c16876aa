"""Rules that see more than words: threats, dares, offers, instructions, charges and false claims, by their wording."""

import re
from collections.abc import Iterator, Sequence

from app.features.safety.context import context_of, cues, lowered
from app.features.safety.drafting import Found, draft_of, readings_of, strictest
from app.features.safety.findings import Draft, TextField
from app.features.safety.lexicon import disguised
from app.features.safety.patterns import Rule, rules
from app.features.safety.policy import Pack
from app.features.safety.reading import Reading

_NO_NAMES = frozenset(["he", "she", "it", "they", "we", "you", "this", "that", "there", "what", "who", "which", "everybody", "everyone", "nobody", "somebody", "someone", "i", "the", "a", "an", "my", "his", "her", "their", "our", "your", "and", "but", "so", "if", "when", "while", "then", "today", "here", "where", "why", "how", "one", "these", "those", "all", "some", "many", "most", "no", "yes", "his", "smoking", "money"])  # fmt: skip

_OF_PLACES = frozenset(["on", "in", "at", "of", "from", "near", "over", "to", "towards", "around", "across"])
"""Before a name they tell that it is no doer: the bomb on Hiroshima killed."""


class Phrases:
    name = "phrases"
    version = "1"

    def detect(self, fields: Sequence[TextField], packs: Sequence[Pack]) -> list[Draft]:
        wanted = {pack.id for pack in packs}
        held = [rule for rule in rules() if rule.pack in wanted]
        read = readings_of(fields, disguised())
        title = next((reading for field, reading in zip(fields, read, strict=True) if field.position == "title"), None)
        drafts: list[Draft] = []
        for field, reading in zip(fields, read, strict=True):
            around = title if field.position != "title" else None
            found = [one for rule in held for one in found_by(rule, field, reading, around)]
            kept = strictest(draft_of(one, f"{self.name}-{self.version}") for one in found)
            drafts += sorted(kept, key=lambda draft: (draft.span.start if draft.span else 0, draft.category))
        return drafts


def found_by(rule: Rule, field: TextField, reading: Reading, title: Reading | None) -> Iterator[Found]:
    for match in rule.matches.finditer(reading.plain):
        start, end = match.span()
        if rule.kind == "charge":
            name = _charged(match, field, reading)
            if name is None:
                continue
            start += name
        less = lowered(rule.level, rule.kind, context_of(reading, start, end, title))
        yield Found(
            field, reading, start, end, rule.pack, rule.category, rule.category, rule.level, less, rule.severity,
            rule.confidence, rule.says, rule.id,
        )  # fmt: skip


def _charged(match: re.Match[str], field: TextField, reading: Reading) -> int | None:
    """Where in the match the name begins of whom it charges; None where it names nobody, or the sentence says whose charge
    it is."""
    name = next(filter(None, match.groups()), "")
    start = match.start()
    said = reading.span(start, start + len(name)).of(field.text).split()
    lower = next((number for number, word in enumerate(reversed(said)) if not word[:1].isupper()), len(said))
    named = said[len(said) - lower :]
    if not named or named[0].lower() in _NO_NAMES:
        return None
    first, last = reading.sentence(start)
    before = f"{reading.plain[first:start]} {' '.join(said[: -len(named)])}".split()
    if before and before[-1].lower() in _OF_PLACES:
        return None
    if len(said) == 1 and not reading.plain[first:start].strip(" \"'("):
        return None  # at the start of a sentence every word has a capital
    sentence = reading.plain[first:last]
    if cues()["attributing"].search(sentence) or cues()["history"].search(sentence):
        return None
    return len(name) - len(" ".join(named))
