"""Data that identify or reach a person: addresses, telephone numbers, cards, accounts, numbers of identity papers."""

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from app.db.models.safety import AdLevel, Severity
from app.features.safety.findings import Draft, TextField
from app.features.safety.policy import Pack
from app.shared.evidence import Span

PACK = "personal-data"
CONTACT, NUMBERS = "contact", "numbers-of-account-and-identity"

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])", re.IGNORECASE)
_SPELT_EMAIL = re.compile(r"\b[\w.+-]{2,64} ?(?:\(at\)|\[at\]| at ) ?[\w-]{2,63} ?(?:\(dot\)|\[dot\]| dot ) ?(?:com|org|net|io|co|de|uk|fr|es|edu)\b", re.IGNORECASE)  # fmt: skip
_PHONE = re.compile(
    r"(?<![\w.,/+#$€£-])(?:\+|00)[1-9]\d{0,2}[ ./-]?(?:\(0\)[ ./-]?)?(?:\(\d{1,5}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}(?![\d-])"
    r"|(?<![\w.,/+#$€£-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d-])"
    r"|(?<![\w.,/+#$€£-])\(?0\d{2,4}\)?[ /-]\d{3,8}(?:[ -]\d{2,5}){0,3}(?![\d-])"
)
_PHONE_CUE = re.compile(r"\b(?:call|phone|tel|telephone|text|ring|whatsapp|mobile|cell|fax|reach|dial|hotline)\b", re.IGNORECASE)  # fmt: skip
_BARE_PHONE = re.compile(r"(?<![\w.,/+#$€£-])\d{9,12}(?![\w-])")
_NO_PHONE = re.compile(r"(?:isbn|issn|doi|version|order|serial|invoice|part|model|build|pmid|article)[\w .:#-]{0,20}$", re.IGNORECASE)  # fmt: skip
_CARD = re.compile(r"(?<![\w.,-])(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}|3\d{3}[ -]\d{6}[ -]\d{5}|\d{13,19})(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_SOCIAL = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
_INSURANCE = re.compile(r"(?<!\w)(?![DFIQUV])[A-Z](?![DFIQUVO])[A-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)")
_STREET = re.compile(
    r"(?<![\w.])\d{1,5}[a-zA-Z]? (?:(?:North|South|East|West|[NSEW]\.?) )?(?:(?:[A-Z][\w'.-]+|\d{1,3}(?:st|[nr]d|th)) ){1,4}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Terrace|Way|Close|Crescent|Gardens|Square)\b\.?"
    r"(?:,? [A-Z][\w'. -]{1,40})?"
    r"|\b[A-ZÄÖÜ][\wäöüß-]+(?:straße|strasse|str\.|weg|allee|platz|gasse) \d{1,4}[a-z]?\b(?:,? \d{5} [A-ZÄÖÜ][\wäöüß-]+)?"
    r"|\b\d{1,4}(?: bis)?,? (?:rue|avenue|boulevard|place|chemin|impasse) (?:[\w'’àâéèêîôûç-]+ ?){1,5}"
)
_HOME = re.compile(
    r"\b(?:lives?|living|home|resides?|address|house|flat|apartment|find (?:him|her|them))\b", re.IGNORECASE
)
_MADE_UP = re.compile(r"\b(?:example|fictional|fictitious|made[- ]up|invented|placeholder|dummy|sample|test (?:card|number))\b|example\.(?:com|org|net)|\b555[ .-]?01\d\d\b", re.IGNORECASE)  # fmt: skip
_FAMOUS = re.compile(
    r"10 Downing Street|1600 Pennsylvania Ave|221B Baker Street|Wall Street|4059 Mt Lee", re.IGNORECASE
)
_OFFICE = re.compile(r"^(?:info|contact|hello|support|press|office|help|service|sales|team|mail|noreply|no-reply|webmaster|privacy)@", re.IGNORECASE)  # fmt: skip
_IBAN_LENGTHS = dict(pair.split(":") for pair in ["AD:24", "AE:23", "AT:20", "BA:20", "BE:16", "BG:22", "BR:29", "CH:21", "CY:28", "CZ:24", "DE:22", "DK:18", "EE:20", "ES:24", "FI:18", "FR:27", "GB:22", "GE:22", "GI:23", "GR:27", "HR:21", "HU:28", "IE:22", "IL:23", "IS:26", "IT:27", "KW:30", "LB:28", "LI:21", "LT:20", "LU:20", "LV:21", "MC:27", "MD:24", "ME:22", "MK:19", "MT:31", "NL:18", "NO:15", "PK:24", "PL:28", "PT:25", "QA:29", "RO:24", "RS:22", "SA:24", "SE:24", "SI:19", "SK:24", "SM:27", "TN:24", "TR:26", "UA:29"])  # fmt: skip
_TEST_CARDS = frozenset(
    {"4111111111111111", "4242424242424242", "5555555555554444", "378282246310005", "4012888888881881"}
)


class Datum(Struct, frozen=True):
    """What was found, and what can stand in its place."""

    span: Span
    what: str
    level: AdLevel
    severity: Severity
    confidence: float
    clause_id: str
    says: str


class PersonalData:
    name = "personal-data"
    version = "1"

    def detect(self, fields: Sequence[TextField], packs: Sequence[Pack]) -> list[Draft]:
        if not any(pack.id == PACK for pack in packs):
            return []
        return [
            Draft(
                PACK, one.level, one.severity, one.confidence, field.field, field.section_id, one.span,
                one.span.of(field.text), one.says, PACK, one.clause_id,
                [{"match": one.span.of(field.text), "rule": one.what}], None, f"{self.name}-{self.version}",
            )
            for field in fields
            for one in data_in(field.text)
        ]  # fmt: skip


def data_in(text: str) -> list[Datum]:
    """In the order of the text; none overlaps another."""
    kept: list[Datum] = []
    for find in FINDERS:
        for datum in find(text):
            if not any(datum.span.start < other.span.end and other.span.start < datum.span.end for other in kept):
                kept.append(_as_said(datum, text))
    return sorted(kept, key=lambda datum: datum.span.start)


def _as_said(datum: Datum, text: str) -> Datum:
    """What the text itself calls made up harms nobody."""
    around = text[max(0, datum.span.start - 60) : datum.span.end + 40]
    if not (_MADE_UP.search(around) or _FAMOUS.search(datum.span.of(text))):
        return datum
    says = f"{datum.says} The text or the number itself says that it is made up or public."
    return Datum(datum.span, datum.what, AdLevel.FULL, Severity.INFO, datum.confidence / 2, datum.clause_id, says)


def ibans(text: str) -> Iterator[Datum]:
    for found in _IBAN.finditer(text):
        for end in _ends(found):
            if is_iban(text[found.start() : end]):
                yield Datum(Span(found.start(), end), "IBAN", AdLevel.NONE, Severity.CRITICAL, 0.97, NUMBERS, "It is an IBAN: its check digits hold.")  # fmt: skip
                break


def _ends(found: re.Match[str]) -> Iterator[int]:
    """Where a number can end: a capital word after it may look like its last group."""
    yield found.end()
    said = found.group()
    for place in range(len(said) - 1, 14, -1):
        if said[place] == " ":
            yield found.start() + place


def is_iban(said: str) -> bool:
    """ISO 13616: the country's length, and 1 modulo 97 with letters as numbers and the first four signs at the end."""
    signs = said.replace(" ", "")
    if len(signs) != int(_IBAN_LENGTHS.get(signs[:2], 0)):
        return False
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1


def cards(text: str) -> Iterator[Datum]:
    for found in _CARD.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if not (13 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 2 and passes_luhn(digits)):
            continue
        if len(digits) in {13, 14} and digits[0] not in "4356":
            continue
        span = Span(*found.span())
        if digits in _TEST_CARDS:
            yield Datum(span, "card number", AdLevel.FULL, Severity.INFO, 0.4, NUMBERS, "It is a card number that is published for tests.")  # fmt: skip
        else:
            yield Datum(span, "card number", AdLevel.NONE, Severity.CRITICAL, 0.95, NUMBERS, "It looks like the number of a bank card: its check digit holds (Luhn).")  # fmt: skip


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812: every second digit from the right is doubled, and its digits are added up."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def emails(text: str) -> Iterator[Datum]:
    for pattern in (_EMAIL, _SPELT_EMAIL):
        for found in pattern.finditer(text):
            span = Span(*found.span())
            if _OFFICE.match(found.group()):
                yield Datum(span, "e-mail address", AdLevel.FULL, Severity.INFO, 0.8, CONTACT, "It is the e-mail address of an office, not of a person.")  # fmt: skip
            else:
                yield Datum(span, "e-mail address", AdLevel.LIMITED, Severity.MEDIUM, 0.9, CONTACT, "It is an e-mail address. Publish it only if its owner wants that.")  # fmt: skip


def identity_numbers(text: str) -> Iterator[Datum]:
    for pattern, what in ((_SOCIAL, "social security number"), (_INSURANCE, "national insurance number")):
        for found in pattern.finditer(text):
            named = re.search(r"social security|\bssn\b|insurance number|\bni number", text[max(0, found.start() - 60) : found.end() + 30], re.IGNORECASE)  # fmt: skip
            level, severity, sure = (AdLevel.NONE, Severity.CRITICAL, 0.95) if named else (AdLevel.LIMITED, Severity.MEDIUM, 0.6)  # fmt: skip
            yield Datum(Span(*found.span()), what, level, severity, sure, NUMBERS, f"It has the form of a {what}.")


def streets(text: str) -> Iterator[Datum]:
    for found in _STREET.finditer(text):
        home = _HOME.search(text[max(0, found.start() - 60) : found.start()])
        level, severity = (AdLevel.NONE, Severity.HIGH) if home else (AdLevel.LIMITED, Severity.MEDIUM)
        end = found.start() + len(found.group().rstrip(" .,"))
        yield Datum(Span(found.start(), end), "postal address", level, severity, 0.8 if home else 0.55, CONTACT, "It has the form of a postal address" + (", said to be a home." if home else "."))  # fmt: skip


def phones(text: str) -> Iterator[Datum]:
    """Numbers in a telephone's form; bare digits only beside a word such as "call"."""
    for pattern in (_PHONE, _BARE_PHONE):
        for found in pattern.finditer(text):
            before = text[max(0, found.start() - 40) : found.start()]
            cued = _PHONE_CUE.search(before) is not None
            count = len(re.sub(r"\D", "", found.group()))
            if _NO_PHONE.search(before) or not 7 <= count <= 15 or (pattern is _BARE_PHONE and not cued):
                continue
            yield Datum(Span(*found.span()), "telephone number", AdLevel.LIMITED, Severity.MEDIUM, 0.9 if cued else 0.7, CONTACT, "It has the form of a telephone number. Publish it only if its owner wants that.")  # fmt: skip


FINDERS: tuple[Callable[[str], Iterator[Datum]], ...] = (ibans, cards, emails, identity_numbers, streets, phones)
