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
        if rule.kind == "charge" and not _charges_somebody(match, field, reading):
            continue
        less = lowered(rule.level, rule.kind, context_of(reading, start, end, title))
        yield Found(
            field, reading, start, end, rule.pack, rule.category, rule.category, rule.level, less, rule.severity,
            rule.confidence, rule.says, rule.id,
        )  # fmt: skip


def _charges_somebody(match: re.Match[str], field: TextField, reading: Reading) -> bool:
    """Whether the match begins with a name, and the sentence names nobody who says it."""
    name = next(filter(None, match.groups()), "")
    start = match.start()
    said = reading.span(start, start + len(name)).of(field.text).split()
    if not said or not all(word[:1].isupper() for word in said) or said[0].lower() in _NO_NAMES:
        return False
    first, last = reading.sentence(start)
    if len(said) == 1 and not reading.plain[first:start].strip(" \"'("):
        return False  # at the start of a sentence every word has a capital
    sentence = reading.plain[first:last]
    return not (cues()["attributing"].search(sentence) or cues()["history"].search(sentence))
