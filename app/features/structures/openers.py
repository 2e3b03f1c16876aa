"""Hooks without a model: claims and questions in the forms that openings take, the creator's own forms first.

A hook states only what a claim says, in the claim's words; all else in it asks, promises, or is the creator's to write.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from app.features.memory.preferences import obeyed, violations
from app.features.structures.frameworks import Blueprint
from app.features.structures.material import Material, Statement, kinds_of, ranked, stands_alone, telling

HOOKS = 5
LONGEST = 250
"""Characters of a claim that opens a video as it is."""
SHORT = 16
"""Words of a bold claim: what takes longer isn't one."""
USUAL = ("question", "statistic", "contrarian", "scene", "promise", "problem", "bold_claim", "comparison", "story", "command", "quote")  # fmt: skip

_FIGURE = re.compile(
    r"(?<![\w,.-])(?!(?:1[0-9]{3}|20[0-9]{2})(?![\d,.]))(?:(?:about|nearly|almost|around|over|more than|less than|roughly) )?"
    r"\d[\d,]*(?:\.\d+)?(?: ?%| (?:hundred|thousand|million|billion))?(?: [a-z]+)?(?: [a-z]+s)?"
)
_LEADS_IN = re.compile(
    r"^(?:In|On|By|Before|After) ((?:[A-Z][a-z]+ )?(?:\d{1,2},? )?(?:1\d{3}|20\d{2})),? (\w.*)$", re.DOTALL
)
_AUXILIARY = re.compile(
    r"^(?:do|does|did|is|are|was|were|can|could|will|would|should|has|have|had|may|might|must|isn't|aren't|wasn't|couldn't|can't|don't|didn't|doesn't)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"^(?:how|why|what|when|where|who|which)\b", re.IGNORECASE)
_UNITS_END = re.compile(r" (?:of|in|to|a|an|the|and|or|for|at|by|on|slow|long|across|out|was|were|is|are|had|that|with|from|per|as|could|after|before|but|which|later|east|west|wide|high)$")  # fmt: skip
_OTHERWISE = re.compile(r"\b(?:wrong|myth|not caused|unfair|popular|actually|in fact|famous|contrary|misconception|supposed(?:ly)?|did not|was not|were not|is not)\b", re.IGNORECASE)  # fmt: skip
_BOLD = re.compile(r"\b(?:never|only|nobody|no one|nothing|every|all|always|most|none|entirely|exactly|cannot|impossible|proved|longest|largest|smallest|oldest|best|worst|more than|not)\b", re.IGNORECASE)  # fmt: skip
_NUMBER_FORMULA = re.compile(r"^(?:let's|let us|time to|here's) .*\b(?:number|figure)s?\b(?: (?:on|to) (?:it|that|this))?\W*$", re.IGNORECASE)  # fmt: skip
_TEASE_FORMULA = re.compile(r"^(?:hold|keep|park|remember) (?:on to )?(?:that|this)(?: \w+)?\W*$", re.IGNORECASE)
_DEED = re.compile(
    r"^(?:In [^,]{3,20}, )?(?:[A-Z][a-z]+ )+(?:of [A-Z][a-z]+ )?(?:\w+ed|took|had|came|made|found|wrote|built|became|began|gave|sent|won|lost|set) (?!of |by )"
)


class Opener(Struct, frozen=True):
    """A hook on its way. `sources`: whose words stand in it; `evidence`: quotes that show where its form or its story is
    from."""

    type: str
    text: str
    claim_ids: tuple[UUID, ...] = ()
    sources: tuple[str, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()


Form = Callable[[Material], Iterator[Opener]]
"""A type of hook: what the material gives for it, the best first."""


def openers(
    blueprint: Blueprint, material: Material, taken: Sequence[Opener] = (), earlier: Sequence[Opener] = ()
) -> list[Opener]:
    """Five hooks of different types beside those *taken* already: first the types that go with the framework, then those
    the creator opens with, then the usual ones. What *earlier* options open with comes last, so that options differ."""
    found = list(taken)
    forms = FORMS if material.english else FORMS_OF_ANY_LANGUAGE
    for kind in _types(blueprint, material, forms):
        if len(found) >= HOOKS:
            break
        if kind in {one.type for one in found}:
            continue
        options = [one for one in forms[kind](material) if not violations(one.text, material.rules)]
        if options:
            found.append(min(options, key=lambda one: (_shared(one, found), _shared(one, earlier))))
    waiting = _to_be_written(material)
    for one in sorted(waiting, key=lambda one: one.type not in blueprint.hooks):
        if len(found) < HOOKS and one.type not in {other.type for other in found}:
            found.append(one)
    return found[:HOOKS]


def _shared(one: Opener, others: Sequence[Opener]) -> int:
    """How many of the others say the same or rest on the same claim."""
    return sum(other.text == one.text or bool(set(other.claim_ids) & set(one.claim_ids)) for other in others)


def _types(blueprint: Blueprint, material: Material, forms: Mapping[str, Form]) -> list[str]:
    habits = sorted(material.voice.hooks, key=lambda habit: -habit.count) if material.voice else []
    wanted = (*blueprint.hooks, *(habit.type for habit in habits), *USUAL)
    return [kind for kind in dict.fromkeys(wanted) if kind in forms]


def _alone(
    material: Material, kind: str | None = None, most_words: int = 32, has: re.Pattern[str] | None = None
) -> list[Statement]:
    """Statements that can open a video and that nobody disputes: the best founded first, then those that say most of what
    the project is about."""
    fit = [
        one
        for one in ranked(material.statements)
        if not one.disputed
        and stands_alone(one, most_words)
        and (kind is None or kind in kinds_of(one))
        and (has is None or has.search(one.text))
    ]
    says = telling(material.statements, f"{material.title} {material.question}")
    return sorted(fit, key=lambda one: (one.status != "supported", -says[one.id]))


def _made(kind: str, text: str, material: Material, *statements: Statement, formula: bool = False) -> Opener:
    """The creator's standing replacements are made in it, as in all that is written for them."""
    evidence = (*_pattern(kind, material), *(_formula_evidence(text, material) if formula else ()))
    sources = tuple(dict.fromkeys(source for one in statements for source in one.sources))
    own = tuple(quote["source_id"] for quote in evidence[-1:]) if formula and evidence else ()
    said = text if kind == "quote" else obeyed(text, material.rules)
    return Opener(kind, said, tuple(one.id for one in statements), (*sources, *own), evidence)


def _pattern(kind: str, material: Material) -> tuple[dict[str, Any], ...]:
    """An opening of the creator's own that has this form."""
    habits = material.voice.hooks if material.voice else ()
    return tuple(habit.example for habit in habits if habit.type == kind and habit.example)[:1]


def _formula(material: Material, pattern: re.Pattern[str]) -> str | None:
    """A sentence that the creator says again and again, where one has this sense."""
    return next(
        (one.said for one in (material.voice.formulas if material.voice else ()) if pattern.search(one.said)), None
    )


def _formula_evidence(text: str, material: Material) -> tuple[dict[str, Any], ...]:
    formulas = material.voice.formulas if material.voice else ()
    return tuple(one.example for one in formulas if one.said in text)[:1]


def _questions(material: Material) -> Iterator[Opener]:
    tease = _formula(material, _TEASE_FORMULA)
    asked = [one for one in (material.question, *material.questions, material.title) if one.rstrip().endswith("?")]
    for question in dict.fromkeys(_sentence(one) for one in asked):
        yield _made("question", f"{question} {tease}" if tease else question, material, formula=bool(tease))
    if not asked:
        yield _made("question", f"{_sentence(material.title, '')}: how much of that do you think you know?", material)


def _statistics(material: Material) -> Iterator[Opener]:
    lead = _formula(material, _NUMBER_FORMULA)
    for one in _alone(material, "number", 26):
        figure = figure_of(one.text)
        if figure is None:
            continue
        early = one.text.find(figure) < 24
        opening = lead or (None if early else f"{figure[:1].upper()}{figure[1:]}.")
        yield _made(
            "statistic", f"{opening} {one.text}" if opening else one.text, material, one, formula=lead is not None
        )


def figure_of(text: str) -> str | None:
    """The first number with what it counts: 39 seconds, about 13 centimetres. None where it only numbers something."""
    for match in _FIGURE.finditer(text):
        figure = match.group()
        while _UNITS_END.search(figure):
            figure = _UNITS_END.sub("", figure)
        if re.search(r"\d.* ?[a-z%]", figure):
            return figure
    return None


def _contrarians(material: Material) -> Iterator[Opener]:
    by_id = material.by_id
    for group in material.contradictions:
        pair = [by_id[claim] for claim in group if claim in by_id and stands_alone(by_id[claim])][:2]
        if len(pair) == 2:
            yield _made("contrarian", f"{pair[0].text} {pair[1].text} My sources say both, and they can't both be right.", material, *pair)  # fmt: skip
    for one in _alone(material, None, 26, _OTHERWISE):
        yield _made("contrarian", f"Have you been told otherwise? {one.text}", material, one)


def _problems(material: Material) -> Iterator[Opener]:
    for one in _alone(material, "problem", 26):
        yield _made("problem", f"Here's the trouble. {one.text}", material, one)


def _bold_claims(material: Material) -> Iterator[Opener]:
    for one in _alone(material, None, SHORT, _BOLD):
        yield _made("bold_claim", one.text, material, one)


def _scenes(material: Material) -> Iterator[Opener]:
    """A dated claim as a place in time: 'In October 1707 a fleet struck ...' becomes 'October 1707. A fleet struck ...'."""
    for one in _alone(material, "time", 30):
        if (match := _LEADS_IN.match(one.text)) and not re.match(
            r"(?:it|he|she|they|this|that)\b", match.group(2), re.IGNORECASE
        ):
            rest = match.group(2)
            yield _made("scene", f"{match.group(1)}. {rest[:1].upper()}{rest[1:]}", material, one)


def _stories(material: Material) -> Iterator[Opener]:
    """The creator's own anecdotes, in their own words; else somebody's deed."""
    for story in material.stories:
        yield Opener("story", story["quote"], (), (story["source_id"],), (story,))
    for one in _alone(material, "person", 26, _DEED):
        if "time" in kinds_of(one):
            yield _made("story", one.text, material, one)


def _promises(material: Material) -> Iterator[Opener]:
    for asked in dict.fromkeys((material.title, material.question, *material.questions)):
        if asked and (what := embedded(asked)):
            yield _made("promise", f"By the end of this video you'll know {what}.", material)
        elif asked.rstrip().endswith("?"):
            yield _made("promise", f"By the end of this video you'll be able to answer one question. {_sentence(asked)}", material)  # fmt: skip


def embedded(asked: str) -> str | None:
    """A question in the form that goes into a sentence: 'How sailors found it' can, 'How did they find it?' can't."""
    plain = asked.strip().rstrip("?.! ")
    match = _ASKS.match(plain)
    if match is None or _AUXILIARY.match(plain[match.end() :].strip()) or ":" in plain:
        return None
    return plain[:1].lower() + plain[1:]


def _comparisons(material: Material) -> Iterator[Opener]:
    for one in _alone(material, "compare", 28):
        if re.search(r"\b(?:than|whereas|unlike|rather than|as \w+ as)\b", one.text):
            yield _made("comparison", one.text, material, one)


def _commands(material: Material) -> Iterator[Opener]:
    for one in _alone(material, "number", 24):
        if figure := figure_of(one.text):
            yield _made("command", f"Write this down: {figure}. {one.text}", material, one)


def _quotations(material: Material) -> Iterator[Opener]:
    for one in _alone(material, None, 24):
        if any(quote.quote == one.text for quote in one.quotes):
            yield _made("quote", f"“{one.text}” Who says so, and is it right?", material, one)


def _questions_as_asked(material: Material) -> Iterator[Opener]:
    for asked in dict.fromkeys((material.question, *material.questions, material.title)):
        if asked.rstrip().endswith(("?", "？", "؟")):
            yield _made("question", asked, material)


def _claims_as_they_are(material: Material) -> Iterator[Opener]:
    for one in ranked(material.statements):
        if not one.disputed and "number" in kinds_of(one) and len(one.text) < LONGEST:
            yield _made("statistic", one.text, material, one)


def _quotations_as_they_are(material: Material) -> Iterator[Opener]:
    for one in ranked(material.statements):
        if not one.disputed and len(one.text) < LONGEST and any(quote.quote == one.text for quote in one.quotes):
            yield _made("quote", f"“{one.text}”", material, one)


FORMS: dict[str, Form] = {
    "question": _questions, "statistic": _statistics, "contrarian": _contrarians, "problem": _problems,
    "bold_claim": _bold_claims, "scene": _scenes, "story": _stories, "promise": _promises, "comparison": _comparisons,
    "command": _commands, "quote": _quotations,
}  # fmt: skip


FORMS_OF_ANY_LANGUAGE: dict[str, Form] = {
    "question": _questions_as_asked, "statistic": _claims_as_they_are, "quote": _quotations_as_they_are,
}  # fmt: skip


def _to_be_written(material: Material) -> list[Opener]:
    """What stands in where there are no claims to open with: it states nothing, and says what is the creator's to write."""
    topic = material.title.rstrip("?.! ")
    return [
        Opener("command", "Before we start, say out loud what you think the answer is. Got it? Then hold on to it."),
        Opener("promise", f"By the end of this video you'll be able to explain it to somebody else: {topic}."),
        Opener("story", f"[your words: a moment of your own that leads to “{topic}”]"),
        Opener("statistic", f"[your words: the number about “{topic}” that surprised you most, with its source]"),
        Opener("contrarian", f"[your words: what most people get wrong about “{topic}”, with its source]"),
        Opener("scene", f"[your words: what is seen and heard where “{topic}” begins]"),
    ]


def _sentence(said: str, ending: str = "?") -> str:
    plain = said.strip().rstrip("?.! ")
    return f"{plain[:1].upper()}{plain[1:]}{ending}"
