"""What a creator wants of every text that is made for them: said to the engine, checked in what it writes."""

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Preference, PreferenceKind
from app.features.memory.inflection import forms
from app.shared.evidence import Span

MOST_RULES = 200
_APOSTROPHES = "'’"
_QUOTED = re.compile(r"“[^”]{0,1000}”|«[^»]{0,1000}»|\"[^\"\n]{0,1000}\"")
_VOWEL_SOUND = re.compile(r"[aeiou]", re.IGNORECASE)
_ARTICLE = re.compile(r"\ban?\s+$", re.IGNORECASE)


class Rule(Struct, frozen=True):
    """A preference as generation uses it. `avoid` are words or phrases that must not stand, `use` what stands instead."""

    id: UUID
    rule: str
    kind: PreferenceKind
    avoid: tuple[str, ...] = ()
    use: str | None = None


class Violation(Struct, frozen=True):
    """A place in a text that a rule forbids; `word` is what stands there."""

    rule_id: UUID
    span: Span
    word: str
    message: str


async def rules_for(session: AsyncSession, owner_id: UUID) -> list[Rule]:
    """The owner's rules, oldest first, so that a prompt with the same rules is the same prompt."""
    rows = await session.scalars(
        select(Preference).where(Preference.owner_id == owner_id).order_by(Preference.created_at, Preference.id)
    )
    return [Rule(row.id, row.rule, row.kind, tuple(row.avoid), row.use) for row in rows.all()]


def as_instructions(rules: Sequence[Rule]) -> str:
    """What a prompt says of the rules; empty where there are none."""
    if not rules:
        return ""
    said = "\n".join(f"- {_told(rule)}" for rule in rules)
    return f"The creator has set these rules. Every one holds for every sentence that you write:\n{said}"


def violations(text: str, rules: Sequence[Rule]) -> list[Violation]:
    """Where the text says what a rule forbids, in the order of the text: whole words in any case, a single word in its
    regular forms too. Rules of style are for people and models to judge."""
    found = [
        Violation(rule.id, span, span.of(text), _message(rule, span.of(text)))
        for rule in rules
        for avoided in rule.avoid
        for span in _places(text, avoided)
        if not _within_use(text, span, rule.use)
    ]
    distinct = {(one.span.start, one.span.end, one.rule_id): one for one in found}
    return [distinct[place] for place in sorted(distinct, key=lambda place: place[:2])]


def obeyed(text: str, rules: Sequence[Rule]) -> str:
    """The text with what `replace` rules name replaced, where that is safe: the very form that the rule names, outside of
    quotation marks and compounds, where the article before it still fits. Capitals are kept; doing it twice changes
    nothing."""
    forbidden = [avoided for rule in rules for avoided in rule.avoid]
    wanted: dict[str, str] = {}
    for rule in rules:
        if rule.kind is PreferenceKind.REPLACE and rule.use and not _says_any(rule.use, forbidden):
            for avoided in rule.avoid:
                wanted.setdefault(_plain(avoided), rule.use)
    if not wanted:
        return text
    longest_first = sorted(wanted, key=len, reverse=True)
    pattern = _whole("|".join(_loose(avoided) for avoided in longest_first), compounds=False)
    quoted = [Span(*match.span()) for match in _QUOTED.finditer(text)]

    def replaced(match: re.Match[str]) -> str:
        said = match.group()
        use = wanted[_plain(said)]
        inside = any(span.start <= match.start() < span.end for span in quoted)
        return said if inside or not _article_fits(text[: match.start()], said, use) else _in_case_of(said, use)

    return pattern.sub(replaced, text)


def _told(rule: Rule) -> str:
    """The creator's words on one line, and what they come to where code has read it from them."""
    words = ", ".join(f'"{avoided}"' for avoided in rule.avoid)
    said = " ".join(rule.rule.split())
    if rule.kind is PreferenceKind.AVOID:
        return f"{said} (Never write {words}, in any form.)"
    if rule.kind is PreferenceKind.REPLACE:
        return f'{said} (Never write {words}; write "{rule.use}".)'
    return said


def _message(rule: Rule, said: str) -> str:
    instead = f" say '{rule.use}'." if rule.use else " find another word."
    return f"Your rule '{rule.rule}' is against '{said}';{instead}"


def _places(text: str, avoided: str) -> Iterator[Span]:
    single = not re.search(r"\s", avoided)
    wanted = (
        "|".join(_loose(form) for form in sorted(forms(avoided), key=len, reverse=True)) if single else _loose(avoided)
    )
    for match in _whole(wanted, compounds=True).finditer(text):
        yield Span(*match.span())


def _whole(alternatives: str, *, compounds: bool) -> re.Pattern[str]:
    """The alternatives as whole words. A word that a hyphen joins to one before it is another word; one that leads a
    compound counts where *compounds* says so."""
    after = r"(?!\w)" if compounds else rf"(?!\w|[{_APOSTROPHES}-]\w)"
    return re.compile(rf"(?<![\w-])(?<!\w[{_APOSTROPHES}])(?:{alternatives}){after}", re.IGNORECASE)


def _loose(phrase: str) -> str:
    """A pattern for the phrase whatever its spaces and apostrophes are."""
    parts = [re.escape(part) for part in phrase.replace("’", "'").split()]
    return r"\s+".join(parts).replace("'", f"[{_APOSTROPHES}]")


def _plain(phrase: str) -> str:
    return " ".join(phrase.replace("’", "'").lower().split())


def _within_use(text: str, span: Span, use: str | None) -> bool:
    """Whether what stands there belongs to the very words that the rule wants: 'the viewers' instead of 'viewers'."""
    if not use:
        return False
    begin = max(0, span.start - len(use))
    near = re.compile(_loose(use), re.IGNORECASE).finditer(text, begin, span.end + len(use))
    return any(match.start() <= span.start and span.end <= match.end() for match in near)


def _says_any(use: str, forbidden: Sequence[str]) -> bool:
    return any(next(_places(use, avoided), None) for avoided in forbidden)


def _article_fits(before: str, said: str, use: str) -> bool:
    if not _ARTICLE.search(before):
        return True
    return bool(_VOWEL_SOUND.match(said)) == bool(_VOWEL_SOUND.match(use))


def _in_case_of(said: str, use: str) -> str:
    if said.isupper() and len(said) > 1:
        return use.upper()
    return use[:1].upper() + use[1:] if said[:1].isupper() else use
