"""Why an option fits: each reason with the quotes that it rests on."""

from collections.abc import Sequence
from typing import Any

from app.features.structures.choosing import Fit
from app.features.structures.frameworks import Blueprint
from app.features.structures.material import CONTRADICTION, Material, Statement, kinds_of, ranked, year_of
from app.features.structures.placing import MEASURED_BEATS
from app.features.structures.schemas import PlannedSection, Reason

MOST_QUOTES = 2
MOST_KINDS = 2

_ABOUT = {
    "number": "carry a number, and this form gives numbers a place of their own",
    "time": "are dated{years}, and this form keeps their order",
    "cause": "say what made something happen, which is the chain that this form follows",
    "step": "tell what is done, one thing after another",
    "compare": "set one thing against another",
    "belief": "put something right that is told otherwise",
    "definition": "say what something is, which a lesson builds on",
    "person": "are about what somebody did",
    "problem": "say what was hard or went wrong",
    "solution": "say what helped",
}
_HOOK_NAMES = {
    "bold_claim": "a bold claim", "statistic": "a number", "contrarian": "what others get wrong", "promise": "a promise",
    "problem": "a problem", "question": "a question", "story": "a story", "scene": "a scene", "command": "something to do",
    "comparison": "a comparison", "quote": "a quotation",
}  # fmt: skip


def reasons(
    blueprint: Blueprint, chosen: Fit, material: Material, sections: Sequence[PlannedSection], asked_for: str | None
) -> list[Reason]:
    """In the order in which a person would ask: the wish, the material, the brief, the voice, and what is missing."""
    found: list[Reason] = []
    if chosen.id == asked_for:
        found.append(Reason(f"You asked for this form: {blueprint.name} ({blueprint.origin})."))
    found += _from_material(chosen, material)
    if chosen.asked:
        said = chosen.asked[0].strip()
        asks = "asks a question" if said == "?" else f"says “{said}”"
        where = "title, brief or question"
        found.append(Reason(f"Your {where} {asks}; this form is for that: {_lower_first(blueprint.fits)}"))
    elif not found:
        found.append(Reason(f"It is for this: {_lower_first(blueprint.fits)}"))
    if not material.english:
        found.append(Reason("The forms of openings and what claims are about are known for English; here questions and claims stand as they are."))  # fmt: skip
    found += _from_voice(blueprint, chosen, material)
    found.append(_what_is_placed(material, sections))
    if material.minutes < blueprint.least_minutes:
        found.append(Reason(f"It needs about {blueprint.least_minutes:g} minutes; in {material.minutes:g} its parts are very short."))  # fmt: skip
    return found


def _from_material(chosen: Fit, material: Material) -> list[Reason]:
    total = len(material.statements)
    found = []
    for kind, count in chosen.kinds[:MOST_KINDS]:
        showing = [one for one in ranked(material.statements) if kind in kinds_of(one)]
        if kind == CONTRADICTION:
            text = (
                f"Your sources contradict each other in {count} of {total} claims; this form gives both sides a part."
            )
        else:
            years = [year for one in showing if (year := year_of(one))]
            span = f" from {min(years)} to {max(years)}" if len(set(years)) > 1 else ""
            text = f"{count} of {total} claims {_ABOUT[kind].format(years=span)}."
        found.append(Reason(text, [claim_evidence(one) for one in showing[:MOST_QUOTES] if one.quotes]))
    return found


def _from_voice(blueprint: Blueprint, chosen: Fit, material: Material) -> list[Reason]:
    voice = material.voice
    if voice is None:
        return [
            Reason("No voice is chosen for this project; with a DNA profile the openings and the timing become yours.")
        ]
    found = []
    habits = [habit for habit in voice.hooks if habit.type in chosen.hooks]
    if habits:
        habit = max(habits, key=lambda one: one.count)
        name = _HOOK_NAMES.get(habit.type, habit.type)
        opens = "opens" if habit.count == 1 else "open"
        text = f"{habit.count} of your {voice.n_sources} videos {opens} with {name}, which is how this form can begin."
        found.append(Reason(text, [_profile_evidence(habit.example)] if habit.example else []))
    own = [(beat, voice.beats[beat.type]) for beat in blueprint.beats if voice.beats.get(beat.type) and beat.type in MEASURED_BEATS]  # fmt: skip
    if own:
        beat, percent = own[0]
        names = {"hook": "opening", "outro": "ending"}
        text = f"The {names.get(beat.type, beat.type)} takes {percent:.0f} % of your videos; the timing here goes half-way to that."
        found.append(Reason(text, [_profile_evidence(quote) for quote in voice.exemplars[:1]]))
    return found


def _what_is_placed(material: Material, sections: Sequence[PlannedSection]) -> Reason:
    if not material.research:
        return Reason("There is no research brief for this project, so no section has claims; this rests on the title, the brief and your voice alone.")  # fmt: skip
    placed = sum(len(section.claim_ids) for section in sections)
    total = len(material.statements)
    if not total:
        return Reason("The research brief holds no claims, so no section has any; this rests on the title and the brief alone.")  # fmt: skip
    rest = f"; {material.minutes:g} minutes have no room for the other {total - placed}" if placed < total else ""
    return Reason(f"{placed} of {total} claims have their place{rest}.")


def claim_evidence(statement: Statement) -> dict[str, Any]:
    quote = statement.quotes[0]
    return {
        "of": "claim", "claim_id": str(statement.id), "quote": quote.quote, "source_id": quote.source_id,
        "source_version": quote.source_version, "span": {"start": quote.start, "end": quote.end},
        "start_seconds": quote.start_seconds, "stale": False,
    }  # fmt: skip


def _profile_evidence(quote: dict[str, Any]) -> dict[str, Any]:
    return {"of": "profile", **quote}


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if not text[1:2].isupper() else text
