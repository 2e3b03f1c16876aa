"""What a creator's correction asks for, read from their own English: words to avoid, to replace, or a matter of style.

Only what leaves no doubt is read as words that code then looks for. 'Don't use jargon' doesn't forbid the word jargon, and
'never say X in titles' doesn't forbid it elsewhere: both are style, in the creator's words.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from app.db.models import PreferenceKind
from app.shared.text import sentence_spans

MOST_WORDS = 50
LONGEST_WORD = 100
LONGEST_SENTENCE = 500
MOST_UNQUOTED = 4
"""Words of a phrase without quotation marks; what is longer describes something."""

_OPEN, _CLOSE = "'\"‘“«`", "'\"’”»`"
_POLITE = r"(?:(?:please|and|also|but|so|ok|hey|actually|in future|from now on|next time)[,:]?\s+)*"
_NOT = r"(?:never|(?:please )?(?:don't|do not|dont)(?: ever)?|you (?:should|must|can) (?:never|not)|i (?:would |will )?never|i don't|stop|quit|avoid|no more|ban|drop|lose|skip|no)"
_SAYING = r"(?:say(?:ing)?|writ(?:e|ing)|us(?:e|ing)|put(?:ting)?|include|including|utter(?:ing)?)"
_NOUN = (
    r"(?:(?:the|that|this|these|those|any)\s+)?(?:(?:words?|phrases?|terms?|expressions?|clich[eé]s?)\s+(?:like\s+)?)?"
)
_TAIL = r"(?:[,]?\s+(?:again|any ?more|please|ever|at all|thanks|thank you|either|instead))*\s*[.!]*"
_AVOID = re.compile(
    rf"{_POLITE}(?P<not>{_NOT})\s+(?P<say>{_SAYING}\s+)?(?P<noun>{_NOUN})(?P<list>.+?){_TAIL}", re.IGNORECASE
)
_BANNED = re.compile(
    rf"{_POLITE}{_NOUN}(?P<list>[{_OPEN}].+?)\s+(?:is|are)\s+(?:banned|forbidden|out|off[- ]limits|not allowed|a no-?go){_TAIL}",
    re.IGNORECASE,
)
_CALL_NOT = re.compile(
    rf"{_POLITE}(?:never|don't|do not|dont|stop)\s+(?:call|calling|address|addressing)\s+.+?\s+(?:as\s+)?(?P<list>[{_OPEN}].+?){_TAIL}",
    re.IGNORECASE,
)
_REPLACE = tuple(
    re.compile(f"{_POLITE}{pattern}{_TAIL}", re.IGNORECASE)
    for pattern in (
        rf"(?:always\s+)?{_SAYING}\s+{_NOUN}(?P<use>.+?)(?:,)?\s+(?:instead of|rather than|in place of|and not|not|over)\s+(?:{_SAYING}\s+)?{_NOUN}(?P<list>.+?)",
        rf"instead of\s+(?:{_SAYING}\s+)?{_NOUN}(?P<list>.+?),?\s+{_SAYING}\s+{_NOUN}(?P<use>.+?)",
        rf"(?:{_NOT})\s+{_SAYING}\s+{_NOUN}(?P<list>.+?)[,;:.–—-]+\s*(?:but\s+)?(?:please\s+)?{_SAYING}\s+{_NOUN}(?P<use>.+?)",
        rf"(?:replace|swap|change|substitute)\s+{_NOUN}(?P<list>.+?)\s+(?:with|by|to|for|into)\s+{_NOUN}(?P<use>.+?)",
        rf"call\s+(?:it|this|that|them|him|her)\s+(?P<use>[{_OPEN}].+?[{_CLOSE}]),?\s+(?:and\s+)?(?:not|never)\s+(?P<list>[{_OPEN}].+?)",
        rf"(?:always\s+)?call\s+(?:my\s+|our\s+|the\s+)?(?P<list>[{_OPEN}].+?[{_CLOSE}]|(?!(?:me|it|us|him|her|them|this|that|these|those)\b)[\w-]+)\s+(?P<use>[{_OPEN}].+?[{_CLOSE}]|[\w-]+)",
        rf"(?P<list>[{_OPEN}][^{_CLOSE}]+[{_CLOSE}])\s*(?:->|→|=>|should be|becomes)\s*(?P<use>.+?)",
    )
)
_PARTS = re.compile(r"\s*(?:,\s*(?:and|or|nor)\s+|,|;|/|\s(?:and|or|nor)\s)\s*", re.IGNORECASE)
_QUOTED = re.compile(rf"[{_OPEN}]((?:[^{_OPEN}{_CLOSE}]|(?<=\w)['’](?=\w))+)[{_CLOSE}]")
_BETWEEN = re.compile(r"[\s,;/]*(?:(?:and|or|nor)\b)?(?:\s*(?:the (?:words?|phrases?)))?\s*", re.IGNORECASE)
_REASON = re.compile(
    r"\s*(?:[,;:–—-]+\s*|\s)(?=(?:because|since|as|it|it's|its|that|that's|they|i|we|nobody|no one|sounds)\b)(?!as an?\b).*",
    re.IGNORECASE | re.DOTALL,
)
_UNQUOTED_REASON = re.compile(
    r"[,;:–—]\s*(?:because|since|it|it's|that's|they|i)\b|\s+because\b|(?<=\w)\s+(?:it|that) (?:sounds|feels|is|makes)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:in|when|if|unless|except|until|more than|too|at the|at|before|after|twice|once|often|so|as|for|about|without|with|while|during|instead|to)\b",
    re.IGNORECASE,
)
_MATTERS = frozenset(
    [
        "sentence",
        "sentences",
        "paragraph",
        "paragraphs",
        "word",
        "words",
        "jargon",
        "slang",
        "cliche",
        "cliches",
        "cliché",
        "clichés",
        "adverb",
        "adverbs",
        "emoji",
        "emojis",
        "question",
        "questions",
        "voice",
        "metaphor",
        "metaphors",
        "pun",
        "puns",
        "joke",
        "jokes",
        "contraction",
        "contractions",
        "abbreviation",
        "abbreviations",
        "acronym",
        "acronyms",
        "sarcasm",
        "filler",
        "fillers",
        "hype",
        "buzzword",
        "buzzwords",
        "number",
        "numbers",
        "list",
        "lists",
        "tone",
        "exclamation",
        "exclamations",
        "mark",
        "marks",
        "caps",
        "capitals",
        "intro",
        "intros",
        "introduction",
        "introductions",
        "outro",
        "outros",
        "hook",
        "hooks",
        "call",
        "calls",
        "title",
        "titles",
        "clickbait",
        "repetition",
        "repetitions",
        "repeats",
        "rhetoric",
        "swearing",
        "profanity",
        "hashtags",
        "hashtag",
        "dash",
        "dashes",
        "semicolon",
        "semicolons",
        "comma",
        "commas",
        "bullet",
        "bullets",
        "statistics",
        "stats",
        "quotes",
        "quotations",
        "spoilers",
        "superlatives",
        "superlative",
        "passive",
        "details",
        "detail",
        "examples",
        "example",
        "politics",
        "religion",
        "language",
        "grammar",
        "style",
        "speech",
        "phrase",
        "phrases",
        "things",
        "thing",
        "stuff",
        "it",
        "them",
        "this",
        "that",
        "me",
        "you",
        "anything",
        "everything",
        "sections",
        "section",
        "story",
        "stories",
        "analogies",
        "analogy",
        "comparisons",
        "comparison",
        "fluff",
        "padding",
    ]
)
"""What a rule may speak about without meaning the word itself."""


class Reading(Struct, frozen=True):
    """A rule in the creator's words, and what code can check of it."""

    rule: str
    kind: PreferenceKind
    avoid: tuple[str, ...] = ()
    use: str | None = None


def read_rules(correction: str) -> list[Reading]:
    """The rules of a correction: one for each sentence that names words, with what is said beside it; else one of style."""
    said = correction.strip()
    sentences = [span.of(said) for span in sentence_spans(said)] or [said]
    found: list[Reading] = []
    lead = ""
    for sentence in sentences:
        read = _read(sentence)
        if read is not None:
            found.append(Reading(f"{lead} {sentence}".strip(), *read))
            lead = ""
        elif found:
            last = found[-1]
            found[-1] = Reading(f"{last.rule} {sentence}", last.kind, last.avoid, last.use)
        else:
            lead = f"{lead} {sentence}".strip()
    if (whole := _read(said)) is not None and len(sentences) > 1 and len(found) < 2:
        return [Reading(said, *whole)]
    return found or [Reading(said, PreferenceKind.STYLE)]


def read_rule(rule: str) -> Reading:
    """The same as one rule: several that avoid are one, other mixtures are style."""
    found = read_rules(rule)
    if len(found) == 1:
        return found[0]
    if all(one.kind is PreferenceKind.AVOID for one in found):
        return Reading(rule.strip(), PreferenceKind.AVOID, tuple(word for one in found for word in one.avoid))
    return Reading(rule.strip(), PreferenceKind.STYLE)


def _read(sentence: str) -> tuple[PreferenceKind, tuple[str, ...], str | None] | None:
    """Kind, what to avoid, what to use; None where no words are named beyond doubt."""
    if len(sentence) > LONGEST_SENTENCE:
        return None
    plain = re.sub(r"(?<=\w)’(?=\w)", "'", sentence.strip())
    for pattern in _REPLACE:
        if match := pattern.fullmatch(plain):
            use, avoid = _one(match["use"]), _listed(match["list"], words_are_meant=True)
            if use and avoid and use.lower() not in {word.lower() for word in avoid}:
                return PreferenceKind.REPLACE, avoid, use
            return None
    if match := _CALL_NOT.fullmatch(plain) or _BANNED.fullmatch(plain):
        avoid = _listed(match["list"], words_are_meant=True)
        return (PreferenceKind.AVOID, avoid, None) if avoid else None
    if match := _AVOID.fullmatch(plain):
        say = (match["say"] or "").lower()
        meant = bool(re.search(r"word|phrase|term|expression", match["noun"], re.IGNORECASE)) or say.startswith(
            ("say", "utter")
        )
        avoid = _listed(match["list"], words_are_meant=meant)
        return (PreferenceKind.AVOID, avoid, None) if avoid else None
    return None


def _listed(said: str, *, words_are_meant: bool) -> tuple[str, ...]:
    """The words of a list; none where it goes on with a condition, or may describe rather than name."""
    if quoted := list(_QUOTED.finditer(said)):
        between = [said[a.end() : b.start()] for a, b in pairwise(quoted)]
        after = said[quoted[-1].end() :]
        whole = not said[: quoted[0].start()].strip() and all(_BETWEEN.fullmatch(part) for part in between)
        if not whole or not (not after.strip() or _REASON.fullmatch(after)):
            return ()
        return _tidy([match.group(1) for match in quoted])
    unreasoned = _UNQUOTED_REASON.split(said)[0]
    parts = [part for part in _PARTS.split(unreasoned) if part.strip()]
    if not parts or any(_describes(part, words_are_meant=words_are_meant) for part in parts):
        return ()
    return _tidy(parts)


def _describes(part: str, *, words_are_meant: bool) -> bool:
    words = re.findall(r"[\w'’-]+", part.lower())
    if not words or len(words) > MOST_UNQUOTED or (len(words) > 1 and _CONDITION.search(part)):
        return True
    if words_are_meant:
        return False
    return words[-1] in _MATTERS or words[0] in _MATTERS or (len(words) > 1 and words[0].endswith("ing"))


def _one(said: str) -> str | None:
    """The one word or phrase that is to stand; None where it is described rather than named."""
    if (match := _QUOTED.match(said)) and (not said[match.end() :].strip() or _REASON.fullmatch(said[match.end() :])):
        return " ".join(match.group(1).split()) or None
    plain = " ".join(said.strip(f" .!,{_OPEN}{_CLOSE}").split())
    words = re.findall(r"[\w'’-]+", plain)
    fits = 0 < len(words) <= MOST_UNQUOTED and not _CONDITION.search(plain) and words[-1].lower() not in _MATTERS
    return plain if fits and len(plain) <= LONGEST_WORD else None


def _tidy(parts: Sequence[str]) -> tuple[str, ...]:
    """Each once, without marks around it; none of them too long to be a phrase."""
    found: dict[str, str] = {}
    for part in parts:
        plain = " ".join(part.strip(f" .!?,;:{_OPEN}{_CLOSE}").split())
        if plain and len(plain) <= LONGEST_WORD and re.search(r"\w", plain):
            found.setdefault(plain.lower(), plain)
    return tuple(found.values())[:MOST_WORDS]
