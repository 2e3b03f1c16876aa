"""What a log line must not carry: secrets, and characters that make one line look like two."""

import re
from collections.abc import Iterable

MASK = "***"
SHORTEST_SECRET = 6
FORMS = (
    # a password in a URL; one that was cut off before its @ too, where it can't be a port or a place for one
    r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^\s:/@\[]*:)(?:[^\s@/]+(?=@)|(?!\d{1,5}(?:\D|$)|%)[^\s@/\"']+)",
    (r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # a JWT
    (r"\b(?:sk|pk|rk)-[\w-]{8,}|\bstrand_[\w-]{16,}|\bwhsec_[\w+/=-]{8,}|\$argon2[\w$=,+/-]+"),
    (r"(?P<keep2>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}"),
    (  # a value under a telling name: to the end of its quotes, or of its word
        r"(?P<keep3>\b\w*(?:password|passwd|secret|token|ticket|signature|api[_-]?key|authorization|x-amz-\w+|sig|otp)"
        r"(?:\\*[\"'])?\s*[=:]\s*)(?:\\*\"[^\"]*\"?|\\*'[^']*'?|(?:Bearer|Basic)\s+[^\s\"']+|[^\s\"'\\&,;})]+)"
    ),
)
"""Words that stand for secrets by their form, wherever they stand. What is named `keep` stays."""
KNOWN = re.compile("|".join(FORMS), re.IGNORECASE)
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters of both kinds, line and paragraph separators, what turns the direction of writing around, and
halves of characters."""


def masked(text: str, secrets: re.Pattern[str] | None = None) -> str:
    """The text without what has a secret's form, and without the *secrets* themselves."""
    if secrets is not None:
        text = secrets.sub(MASK, text)
    return KNOWN.sub(_keep, text)


def _keep(found: re.Match[str]) -> str:
    return next((part for part in found.groups() if part), "") + MASK


def pattern_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """What finds these secrets, and nothing so short that it would be found everywhere."""
    long_enough = sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long_enough))) if long_enough else None


def seen(text: str, *, lines: bool = False) -> str:
    """The text with every character that can't be seen written out; *lines*: line breaks stay."""
    return UNSEEN.sub(lambda found: "\n" if lines and found.group() == "\n" else f"\\u{ord(found.group()):04x}", text)
