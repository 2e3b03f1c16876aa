"""A section without a model: cited material in its order, the creator's own stories, and plain places for their words.

Nothing here pretends to be prose by a model. Whole sentences of the sources stand with their citations; whatever the creator
has to say is reserved as `[your words: ... | N words]`, whose words count, so that the script has its length."""

import re
from collections.abc import Mapping, Sequence

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
_FIGURE = re.compile(r"(?:[£$€]\s?)?\d[\d.,]*(?:\s?(?:%|percent|seconds?|minutes?|hours?|days?|years?|miles?|km|metres?|meters?|degrees?|pounds?|feet|men|ships?))?")  # fmt: skip
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
        narration = _join(narration, _story(part.story, min(story_words, part.words // 2), part))
    for label in left:
        told = _claim(claims[label])
        if count_words(narration.text) + count_words(told.text) > part.words * 1.05:
            break
        narration = _join(narration, told)
    return fitted(narration, part.words, closing(part))


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


def _claim(claim: ClaimRead) -> Narration:
    """The claim as its source says it; where sources differ, the creator is told so in place."""
    text = claim.text.strip()
    narration = Narration(text, citing.cite(claim, Span(0, len(text))))
    if claim.status is ClaimStatus.CONTRADICTED:
        against = next((one.quote for one in claim.citations if one.stance is Stance.CONTRADICTS and one.quote), None)
        other = f' Another says: "{_short(against)}".' if against else ""
        note = f"your sources differ here; say which you trust, or say both.{other}"
        narration = Narration(f"{text}\n\n{placeholder(note, 20)}", narration.citations)
    return narration


def _short(quote: str, most: int = 140) -> str:
    plain = " ".join(quote.split())
    return plain if len(plain) <= most else plain[: most - 1].rsplit(" ", 1)[0] + "…"


def _story(story: Story, most: int, part: PlannedPart) -> Narration:
    """The story's own sentences, from the one that has most to do with the section, as many as fit; else a place for it."""
    spans = [
        span for span in sentence_spans(story.text) if not span.of(story.text).lstrip().startswith(("#", "*", "-"))
    ]
    if most < FEWEST_STORY_WORDS or not spans:
        return Narration(placeholder(_short(story.title, 80), max(10, most), "story"))
    about = content_words(f"{part.title} {part.purpose}")
    counts = [count_words(span.of(story.text)) for span in spans]
    runs = []
    for start in range(len(spans)):
        end, total = start, 0
        while end < len(spans) and total + counts[end] <= most:
            total += counts[end]
            end += 1
        if end > start:
            said = story.text[spans[start].start : spans[end - 1].end]
            runs.append((len(content_words(said) & about), -start, start, end))
    if not runs:
        return Narration(placeholder(_short(story.title, 80), most, "story"))
    _, _, start, end = max(runs)
    span = Span(spans[start].start, spans[end - 1].end)
    text = span.of(story.text)
    citations = []
    if story.source_id is not None:
        citations.append(ScriptCitation(None, Span(0, len(text)), story.source_id, story.source_version, span, text))
    return Narration(text, citations)


def story_budget(total_words: int) -> int:
    return round(total_words * STORY_SHARE)


def _lead(part: PlannedPart) -> str:
    """What the creator is asked to open the section with."""
    if part.hook:
        return "say who you are and what the viewer will know at the end"
    return f"lead into “{_short(part.title, 60)}”: {_lower(_short(part.purpose, 120))}"


def closing(part: PlannedPart) -> str:
    if part.type in {"outro", "call_to_action", "cta"}:
        return "say goodbye in your way, and the one thing you ask of the viewer"
    if part.hook and not part.claims:
        return "say who you are and what the viewer will know at the end"
    return f"explain it with an example or a picture of your own ({_lower(_short(part.purpose, 100)).rstrip('.')})"


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
