"""A brand's own rules: words that it bans, and claims of which one wording must be said."""

import re
from collections.abc import Iterator, Sequence

from app.db.models.safety import AdLevel, Severity
from app.features.safety.findings import Draft, TextField
from app.features.safety.policy import BRAND, Clause, ClauseKind, Pack
from app.features.safety.reading import Reading


class BrandRules:
    name = "brand"
    version = "1"

    def detect(self, fields: Sequence[TextField], packs: Sequence[Pack]) -> list[Draft]:
        read = [Reading(field.text) for field in fields]
        return [
            draft
            for pack in packs
            for clause in pack.clauses
            if clause.kind is not ClauseKind.POLICY
            for draft in self._of(pack, clause, fields, read)
        ]

    def _of(self, pack: Pack, clause: Clause, fields: Sequence[TextField], read: Sequence[Reading]) -> Iterator[Draft]:
        detector = f"{self.name}-{self.version}"
        says = saying(clause.words)
        if clause.kind is ClauseKind.REQUIRED_CLAIM:
            if not any(says.search(reading.plain) for reading in read):
                why = f"{pack.name} asks that this is said, and it is not: {clause.text}"
                yield Draft(BRAND, AdLevel.LIMITED, Severity.MEDIUM, 0.9, None, None, None, None, why, pack.id, clause.id, [{"wanted": clause.words}], None, detector)  # fmt: skip
            return
        for field, reading in zip(fields, read, strict=True):
            for found in says.finditer(reading.plain):
                span = reading.span(*found.span())
                quote = span.of(field.text)
                why = f"{pack.name} does not want this word: {clause.text}"
                yield Draft(BRAND, AdLevel.LIMITED, Severity.MEDIUM, 0.95, field.field, field.section_id, span, quote, why, pack.id, clause.id, [{"match": quote, "rule": clause.id}], None, detector)  # fmt: skip


def saying(words: Sequence[str]) -> re.Pattern[str]:
    """Any of the words or phrases, whole, up to case, marks and white space."""
    plain = [re.escape(Reading(word.strip()).plain) for word in words if word.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(plain, key=len, reverse=True))})(?!\w)")
