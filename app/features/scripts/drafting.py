"""A section without a model: cited material in its order, the creator's own stories, and plain places for their words.

Nothing here pretends to be prose by a model. Whole sentences of the sources stand with their citations; whatever the creator
has to say is reserved as `[your words: ... | N words]`, whose words count, so that the script has its length."""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from app.db.models import ClaimStatus, Stance
from app.features.research.schemas import ClaimRead
from app.features.scripts import citing
from app.features.scripts.budget import Narration, fitted
from app.features.scripts.plan import STORY_SHARE, PlannedPart, Story, content_words
from app.features.scripts.schemas import ScriptCitation
from app.features.scripts.speech import count_words, placeholder
from app.shared.evidence import Span
from app.shared.text import sentence_spans

LEAD_SHARE = 0.18
LEAST_LEAD, MOST_LEAD = 10, 45
FEWEST_STORY_WORDS = 25
END_OF_STORY = 15
"""Words that are kept for the end of a story that is too long."""
_ENDS = re.compile(r"[.!?…][\"'”’)]*$")
_ABOUT = re.compile(r"\b(?:anecdote|personal story|for use in|to be used in)\b", re.IGNORECASE)
_UNITS = (
    "%|percent|seconds?|minutes?|hours?|days?|years?|miles?|km|metres?|meters?|degrees?|pounds?|feet|men|ships?|times"
)
_FIGURE = re.compile(rf"(?<![\w.,-])(?:[£$€]\s?\d[\d.,]*|\d[\d.,]*\s?(?:{_UNITS})|\d[\d.,]*\d)(?!\w)")
"""A sum, a number with its unit, or one of two digits and more; not the 4 of H4."""
_LABELLED = re.compile(r"^(?:conclusion|summary|result|note|answer|in short|caption)\s*:\s*(?=\w)", re.IGNORECASE)
MIDDLE_FROM = 70
"""Words to reserve from which a section has a place for the creator in its middle too."""
MOST_FIGURES = 3


def assemble(part: PlannedPart, claims: Mapping[str, ClaimRead], story_words: int) -> Narration:
    """The narration of one section, to its budget."""
    narration = Narration("")
    if part.hook:
        narration = _hook(part, claims)
    used = set(part.hook_claims)
    left = [label for label in part.claims if label not in used and label in claims]
    reserve = min(MOST_LEAD, max(LEAST_LEAD, round(part.words * LEAD_SHARE)))
    if left or part.story:
        narration = _join(narration, Narration(placeholder(_lead(part), reserve)))
    if part.story is not None:
        narration = _join(narration, _story(part.story, min(story_words, part.words // 2)))
    narration, told = _told(narration, part, [claims[label] for label in left])
    lacking = part.words - count_words(narration.text)
    if len(told) > 1 and lacking > MIDDLE_FROM:
        narration = _with_middle(narration, told, lacking // 2)
    return fitted(narration, part.words, closing(part))


def _told(narration: Narration, part: PlannedPart, left: Sequence[ClaimRead]) -> tuple[Narration, list[int]]:
    """The claims in their order as far as there is room, those that contradict each other together; and where each ends."""
    ends: list[int] = []
    taken: set[UUID] = set()
    for claim in left:
        if claim.id in taken:
            continue
        against = next((one for one in left if one.id not in {claim.id, *taken} and _differ(claim, one)), None)
        said = _claim(claim, against)
        if count_words(narration.text) + count_words(said.text) > part.words * 1.05:
            break
        narration = _join(narration, said)
        ends.append(len(narration.text))
        taken |= {claim.id, against.id} if against else {claim.id}
    return narration, ends


def _differ(one: ClaimRead, other: ClaimRead) -> bool:
    quotes = {
        " ".join(quote.quote.split()) for quote in one.citations if quote.stance is Stance.CONTRADICTS and quote.quote
    }
    return " ".join(other.text.split()) in quotes or any(
        quote.quote and " ".join(quote.quote.split()) in quotes
        for quote in other.citations
        if quote.stance is Stance.SUPPORTS
    )


def _with_middle(narration: Narration, ends: Sequence[int], count: int) -> Narration:
    """The same with a place for the creator's own words after the first half of the claims."""
    middle = (len(ends) - 1) // 2
    free = [place for place in range(len(ends) - 1) if not narration.text[: ends[place]].endswith("]")]
    if not free:
        return narration
    at = ends[min(free, key=lambda place: abs(place - middle))]
    here = f"\n\n{placeholder('say in your own words what this means, with an example or a picture', count)}"
    before = [one for one in narration.citations if one.narration_span.end <= at]
    after = [one for one in narration.citations if one.narration_span.end > at]
    return Narration(narration.text[:at] + here + narration.text[at:], [*before, *citing.shift(after, len(here))])


def figures(narration: Narration) -> str:
    """The figures of the cited sentences, for the screen."""
    found: list[str] = []
    for one in narration.citations:
        for match in _FIGURE.finditer(one.narration_span.of(narration.text)):
            if match.group().strip(" .,") not in found:
                found.append(match.group().strip(" .,"))
    return " · ".join(found[:MOST_FIGURES])


def pictures(narration: Narration, titles: Mapping[str, str]) -> str:
    """What can be shown of the sources: where each quote stands."""
    lines = []
    for one in narration.citations:
        title = titles.get(str(one.source_id))
        if title is None:
            continue
        where = f", page {one.page}" if one.page else ""
        lines.append(f"Show the source: {title}{where}")
    return "\n".join(dict.fromkeys(lines))


def _hook(part: PlannedPart, claims: Mapping[str, ClaimRead]) -> Narration:
    text = (part.hook or "").strip()
    citations: list[ScriptCitation] = []
    for label in part.hook_claims:
        claim = claims.get(label)
        sentence = _sentence_about(text, claim.text) if claim else None
        if claim and sentence:
            citations.extend(citing.cite(claim, sentence))
    return Narration(text, citations)


def _sentence_about(text: str, claim: str) -> Span | None:
    """The sentence of a hook that shares most with the claim."""
    sentences = sentence_spans(text)
    about = content_words(claim)
    best = max(sentences, key=lambda span: len(content_words(span.of(text)) & about), default=None)
    return best if best and content_words(best.of(text)) & about else None


def _claim(claim: ClaimRead, against: ClaimRead | None) -> Narration:
    """The claim as its source says it; where sources differ, both of them, and the creator is told so in place."""
    narration = _sentence(claim)
    if against is not None:
        narration = _join(narration, _sentence(against))
        return _join(narration, Narration(placeholder("your sources differ here: say both, and which you trust", 20)))
    if claim.status is ClaimStatus.CONTRADICTED:
        other = next((one.quote for one in claim.citations if one.stance is Stance.CONTRADICTS and one.quote), None)
        said = f' another says "{_short(other)}".' if other else ""
        note = f"your sources differ here:{said} Say both, and which you trust"
        return _join(narration, Narration(placeholder(note, 20)))
    return narration


def _sentence(claim: ClaimRead) -> Narration:
    """Without the label that an article may put before it, such as 'Conclusion:'."""
    text = _LABELLED.sub("", claim.text.strip())
    text = text[:1].upper() + text[1:]
    return Narration(text, citing.cite(claim, Span(0, len(text))))


def _short(quote: str, most: int = 140) -> str:
    plain = " ".join(quote.split())
    return plain if len(plain) <= most else plain[: most - 1].rsplit(" ", 1)[0] + "…"


def _story(story: Story, most: int) -> Narration:
    """The story from its beginning in its own words, all of it or as many whole sentences as fit; then a place for the rest."""
    spans = told_sentences(story.text)
    if most < FEWEST_STORY_WORDS or not spans:
        return Narration(placeholder(_short(story.title, 80), max(10, most), "story"))
    counts = [count_words(span.of(story.text)) for span in spans]
    whole = sum(counts) <= most
    end, total = 0, 0
    while end < len(spans) and total + counts[end] <= (most if whole else most - END_OF_STORY):
        total += counts[end]
        end += 1
    if not end:
        return Narration(placeholder(_short(story.title, 80), most, "story"))
    paragraph = next((at for at in range(end, 0, -1) if _ends_paragraph(story.text, spans, at)), 0)
    if not whole and sum(counts[:paragraph]) >= total / 2:
        end = paragraph
    span = Span(spans[0].start, spans[end - 1].end)
    text = span.of(story.text)
    citations = []
    if story.source_id is not None:
        citations.append(ScriptCitation(None, Span(0, len(text)), story.source_id, story.source_version, span, text))
    narration = Narration(text, citations)
    return (
        narration
        if whole
        else _join(
            narration, Narration(placeholder("tell how it ended", max(END_OF_STORY, most - count_words(text)), "story"))
        )
    )


def told_sentences(text: str) -> list[Span]:
    """What of a saved story is told: neither its title nor a line that says what it is."""
    spans = [span for span in sentence_spans(text) if not span.of(text).lstrip().startswith(("#", "*", "-"))]
    first = next(
        (at for at, span in enumerate(spans) if _ENDS.search(span.of(text)) and not _ABOUT.search(span.of(text))), 0
    )
    return spans[first:]


def _ends_paragraph(text: str, spans: Sequence[Span], count: int) -> bool:
    return count == len(spans) or "\n" in text[spans[count - 1].end : spans[count].start]


def story_budget(total_words: int) -> int:
    return round(total_words * STORY_SHARE)


def _lead(part: PlannedPart) -> str:
    """What the creator is asked to open the section with."""
    if part.hook:
        return "say who you are and what the viewer will know at the end"
    return f"lead into “{_short(part.title, 60)}”: {_lower(_short(part.purpose, 120)).rstrip('.')}"


def closing(part: PlannedPart) -> str:
    """What the creator is asked for where a section is too short."""
    if part.type in {"outro", "call_to_action", "cta"}:
        return "say goodbye in your way, and the one thing you ask of the viewer"
    if part.hook and not part.claims:
        return "say who you are and what the viewer will know at the end"
    purpose = _lower(_short(part.purpose, 100)).rstrip(".")
    if part.type in {"recap", "summary"} or not (part.claims or part.story):
        return f"sum it up: {purpose}" if part.type in {"recap", "summary"} else purpose
    if part.leads_to:
        return f"draw it together for the viewer, and lead over to “{_short(part.leads_to, 60)}”"
    return f"draw it together with an example of your own: {purpose}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _join(first: Narration, second: Narration) -> Narration:
    if not first.text:
        return second
    lead = f"{first.text}\n\n"
    return Narration(lead + second.text, [*first.citations, *citing.shift(second.citations, len(lead))])


def joined(narrations: Sequence[Narration]) -> Narration:
    whole = Narration("")
    for one in narrations:
        whole = _join(whole, one) if one.text else whole
    return whole
