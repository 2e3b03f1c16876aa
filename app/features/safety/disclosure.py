"""What the audience must be told: that somebody paid or gave, and that what looks real was made.

After the FTC's endorsement guides (16 CFR 255) and YouTube's rules on paid promotion and altered content: a connection is
said plainly, in words and near to it; a thank-you is none.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.db.models import AdLevel, FindingField, Severity
from app.features.safety.findings import Draft, TextField
from app.features.safety.policy import Pack
from app.shared.evidence import Span
from app.shared.text import sentence_spans

PACK = "disclosure"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


CONNECTION = _any(
    r"\b(?:use|with|enter|using) (?:my|our|the|promo|discount|coupon) (?:promo |discount |coupon )?code\b",
    r"\b(?:use|enter|with) code (?-i:[A-Z0-9]{3,})",
    r"\bcode (?-i:[A-Z][A-Z0-9]{3,})\b.{0,40}\b(?:off|discount|free)\b",
    r"\b(?:\d{1,2} ?(?:%|per ?cent)|percent|discount) off\b.{0,60}\b(?:link|code|description|checkout)\b",
    r"\b(?:my|our) (?:link|affiliate links?)\b.{0,60}\b(?:description|below|bio|off|discount)\b",
    r"\baffiliate (?:links?|code|programme?)\b",
    r"\b(?:sent|gave|gifted|lent|shipped|provided) (?:me|us) (?:this|these|a|an|one|some|the|their|its|it)\b"
    r"(?=.{0,60}\b(?:free|try|test|review|to keep|camera|product|unit|sample|for this video|course|subscription|kit)\b)",
    r"\b(?:my|our|today['’]?s|this video['’]?s|the) (?:sponsors?|brand partners?|partners?) (?:for|of|on|is|are|at)\b",
    r"\b(?:thanks|thank you|shout-?out|cheers) to (?:my |our )?(?:friends|partners?|sponsors?|good people|team|folks) (?:at|from|over at)\b",
    r"\bthanks to (?-i:[A-Z][\w&]*(?: [A-Z][\w&]*){0,3}) for (?:supporting|making (?:this|today)|backing|helping)\b",
    r"\b(?:i am|we are|i['’]m|we['’]re|i|we|i['’]ve|we['’]ve) (?:an? )?(?:brand )?(?:ambassadors?|partner(?:ed|ing|s)?) (?:for|of|with)\b",
    r"\bin (?:collaboration|partnership) with (?-i:[A-Z])",
    r"\b(?:paid|flew|invited) (?:me|us)\b.{0,50}\b(?:out|over|trip|hotel|flight|event|to (?:try|test|review|visit|make))\b",
    r"\b(?:i|we) (?:own|hold|bought) (?:shares|stock|equity) in\b",
    r"\bi (?:work|consult|used to work) for (?:them|the company|this company)\b",
    r"#(?:partner|collab|sp|spon|gifted|ambassador)\b",
)
"""Signs of a material connection that don't say it plainly."""

DISCLOSED = _any(
    r"\b(?:this|today['’]?s|the following)\b.{0,40}\b(?:is|was|has been) (?:kindly |also )?(?:sponsored|paid for)\b",
    r"\bsponsored by\b",
    r"\bis sponsor(?:ing|ed)\b",
    r"\bbrought to you by\b.{0,60}\b(?:sponsor|paid)",
    r"\b(?:for|of) sponsoring\b",
    r"\bsponsor of (?:this|today['’]?s) (?:video|episode)\b",
    r"\b(?:today['’]?s|this video['’]?s|my|our|the) sponsors?\b(?! (?:of|for|at|in) (?:the )?(?:event|conference|club|team))",
    r"\bpaid (?:promotion|partnership|advertisement|ad|placement|sponsorship)\b",
    r"\b(?:includes?|contains?) (?:a )?(?:paid promotion|advertising|advertisement|sponsored)",
    r"(?:^|[\s(\[])#?(?:ad|advert|advertisement|sponsored)(?:[\s)\].:!]|$)(?=.{0,4}$|[:)\]])",
    r"#(?:ad|sponsored|advertisement|paidpartnership)\b",
    r"\b(?:i|we) (?:earn|get|receive|make) (?:a |some )?(?:small )?(?:commission|money|cut|percentage)\b",
    r"\baffiliate links?\b.{0,120}\b(?:commission|earn|paid|cut)\b",
    r"\b(?:they|the company|the makers?|(?-i:[A-Z]\w+)) (?:has |have |had )?(?:paid|(?:is|are) paying) (?:me|us|for)\b",
    r"\b(?:i|we) (?:was|were|am|are|got|['’]m|['’]re|have been) paid\b",
    r"\b(?:sent|gave|lent|gifted) (?:it|this|these|them|one|me one|us one|(?:me|us) (?:this|these|it|a|an|the)\b.{0,40}?) (?:to (?:me|us) )?(?:for free|free of charge|at no cost|for nothing|on loan|as a (?:gift|loan))\b",
    r"\b(?:full )?disclosure\b",
    r"\bgot (?:it|this|these|them) for (?:free|nothing)\b",
)
"""A connection said so that nobody can miss it."""

DENIED = _any(
    r"\b(?:not|isn['’]t|never|was(?:n['’]t)) (?:been )?(?:a )?(?:sponsored|paid|an ad|being paid)\b",
    r"\bno ?(?:body|one) (?:has )?(?:paid|sponsor\w*|sent|asked)\b",
    r"\bno (?:sponsors?|affiliate|paid promotion)\b",
    r"\b(?:bought|paid for) (?:it|this|these|them|everything) (?:myself|ourselves|with my own)\b",
)

SYNTHETIC_SHOWN = _any(
    r"\bai[- ](?:generated|made|created|rendered|enhanced|powered re-?creation)\b",
    r"\b(?:generated|made|created|rendered|synthesi[sz]ed|cloned) (?:by|with|using) (?:an? )?(?:ai|artificial intelligence|midjourney|sora|runway|veo|dall-?e|stable diffusion|elevenlabs)\b",
    r"\bdeep ?fakes?\b",
    r"\b(?:voice|vocal)[- ]clon(?:e|es|ed|ing)\b",
    r"\bcloned voice\b",
    r"\bsynthetic (?:voice|voices|footage|video|media|image|images|speech)\b",
    r"\bface[- ]?swap(?:s|ped)?\b",
    r"\bdigitally (?:altered|inserted|replaced|recreated)\b",
    r"\b(?:altered|manipulated|doctored) (?:footage|photo(?:graph)?s?|video|recording|audio)\b",
    r"\bphoto-?realistic (?:re-?creation|reconstruction|simulation|footage)\b",
)
"""In notes on what is seen: material that may pass for real."""
UNREAL = _any(
    r"\b(?:cartoon|animated|animation|diagram|map|chart|icon|logo|sketch|illustration|drawing|background music|backdrop|"
    r"thumbnail idea|caption|subtitle|storyboard|colou?r grad)\w*\b"
)
"""Nobody takes it for real, so nothing has to be said."""
LABELLED = _any(
    r"\b(?:label|caption|text|super|overlay|banner|title|disclaimer|watermark|on[- ]screen)\w*\b.{0,40}[:\"'“].{0,60}\b(?:ai|generated|altered|synthetic|simulat\w*|re-?(?:creation|construction|enactment)|dramati[sz]ation)\b",
    r"\blabel(?:l?ed|s)? (?:it |them )?(?:as|clearly)\b",
)
"""A note that says what the viewer will read."""
SHOWN_LABEL = _any(
    r"\b(?:ai[- ]generated|generated (?:by|with) ai|made with ai|altered|synthetic|simulat(?:ed|ion)|re-?(?:creation|construction|enactment)|dramati[sz]ation|not (?:a )?real)\b"
)
"""On the screen."""
SPOKEN_LABEL = _any(
    r"\b(?:these|this|the|that|those|all) (?:\w+ ){0,3}(?:images?|pictures?|footage|voices?|videos?|clips?|scenes?|shots?|faces?|portraits?|photos?|recordings?)\b.{0,50}\b(?:ai|generated|altered|synthetic|simulat\w+|re-?creat\w+|re-?construct\w+|re-?enact\w+|not real|isn['’]t real|aren['’]t real)\b",
    r"\b(?:ai|computer)[- ](?:generated|made) (?:image|picture|voice|video|footage|scene|clip|version|portrait)s?\b",
    r"\bgenerated (?:by|with) (?:an? )?(?:ai|artificial intelligence)\b",
    r"\b(?:i|we) (?:used|had|let|asked|got) (?:an? )?(?:ai|artificial intelligence)\b",
    r"\b(?:i|we)(?:['’]ve| have)? (?:cloned|deepfaked|face-?swapped|synthesi[sz]ed|digitally altered)\b",
    r"\b(?:is|are|was|were) (?:a )?(?:re-?construction|re-?enactment|dramati[sz]ation|simulation)s?\b",
)


class Mention(Struct, frozen=True):
    """A sentence of a field."""

    field: TextField
    span: Span
    place: int

    @property
    def quote(self) -> str:
        return self.span.of(self.field.text)


class DisclosureDetector:
    """Sponsorship and synthetic media that the audience isn't told of. Where the telling is absent, so are span and quote;
    the evidence is the mention that asks for it."""

    name, version = "disclosure", "1"

    def detect(self, fields: Sequence[TextField], packs: Sequence[Pack]) -> list[Draft]:
        if not any(pack.id == PACK for pack in packs):
            return []
        sentences = list(_sentences(fields))
        return [*self._connections(sentences), *self._synthetic(sentences)]

    def _connections(self, sentences: Sequence[Mention]) -> Iterator[Draft]:
        mentions = [one for one in sentences if CONNECTION.search(one.quote) and not DENIED.search(one.quote)]
        told = [one for one in sentences if DISCLOSED.search(one.quote) and not DENIED.search(one.quote)]
        if not mentions:
            return
        if not told:
            first = mentions[0]
            yield self._absent(
                "sponsorship", Severity.HIGH, 0.8, mentions,
                "The script speaks of a gift, a code or a partner, and nowhere says plainly that you were paid or given "
                "something. Say it in words, at or before the first mention, and tick the box for paid promotion.",
                "This video includes paid promotion.",
            )  # fmt: skip
            return
        first, said = mentions[0], told[0]
        if said.place > first.place + 3 or (
            said.field.section_id != first.field.section_id and said.place > first.place
        ):
            yield self._draft(
                "sponsorship", Severity.LOW, 0.7, first,
                "The audience hears of the offer here and is told of the connection only later; say it before.", [said],
            )  # fmt: skip

    def _synthetic(self, sentences: Sequence[Mention]) -> Iterator[Draft]:
        shown = [one for one in sentences if _is_synthetic(one)]
        if shown and not any(_labels(one) for one in sentences):
            yield self._absent(
                "altered-or-synthetic", Severity.MEDIUM, 0.75, shown,
                "Something that may pass for real is to be generated or altered, and neither narration nor screen tells the "
                "viewer. Label it where it is shown, and tick the box for altered content.",
                "Images generated by AI",
            )  # fmt: skip

    def _absent(
        self,
        clause_id: str,
        severity: Severity,
        confidence: float,
        mentions: Sequence[Mention],
        rationale: str,
        suggestion: str,
    ) -> Draft:
        return Draft(
            category=clause_id, level=AdLevel.LIMITED, severity=severity, confidence=confidence, field=None,
            section_id=None, span=None, quote=None, rationale=rationale, pack=PACK, clause_id=clause_id,
            evidence=[_evidence(one) for one in mentions], suggestion=suggestion, detector=self._tag,
        )  # fmt: skip

    def _draft(
        self,
        clause_id: str,
        severity: Severity,
        confidence: float,
        mention: Mention,
        rationale: str,
        more: Sequence[Mention],
    ) -> Draft:
        return Draft(
            category=clause_id, level=AdLevel.FULL, severity=severity, confidence=confidence, field=mention.field.field,
            section_id=mention.field.section_id, span=mention.span, quote=mention.quote, rationale=rationale, pack=PACK,
            clause_id=clause_id, evidence=[_evidence(one) for one in more], suggestion=None, detector=self._tag,
        )  # fmt: skip

    @property
    def _tag(self) -> str:
        return f"{self.name}-{self.version}"


def _sentences(fields: Sequence[TextField]) -> Iterator[Mention]:
    place = 0
    for field in fields:
        for span in sentence_spans(field.text):
            yield Mention(field, span, place)
            place += 1


def _is_synthetic(one: Mention) -> bool:
    shown = one.field.field is FindingField.VISUALS and SYNTHETIC_SHOWN.search(one.quote)
    return bool(shown) and not UNREAL.search(one.quote)


def _labels(one: Mention) -> bool:
    match one.field.field:
        case FindingField.ON_SCREEN_TEXT:
            return bool(SHOWN_LABEL.search(one.quote))
        case FindingField.NARRATION:
            return bool(SPOKEN_LABEL.search(one.quote))
        case FindingField.VISUALS:
            return bool(LABELLED.search(one.quote))
    return False


def _evidence(one: Mention) -> dict[str, object]:
    return {
        "field": one.field.field.value, "section_id": one.field.section_id, "quote": one.quote,
        "span": {"start": one.span.start, "end": one.span.end},
    }  # fmt: skip
