"""Which frameworks fit a project: by what its claims are about, what its brief asks for, and how its creator opens."""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.features.structures.frameworks import Blueprint
from app.features.structures.material import Material, counted, strength

OPTIONS = 3
ASKED = 0.6
"""What a word of the title counts, beside material that weighs up to about 2; of the brief half of that."""
HABIT = 0.8
"""What it counts when all of the creator's videos open the way that goes with a framework."""
TOO_SHORT = 1.0


class Fit(Struct, frozen=True):
    """How well a framework fits, and why: kinds of statement with their counts, words of the brief, ways of opening."""

    id: str
    score: float
    kinds: tuple[tuple[str, int], ...]
    asked: tuple[str, ...]
    hooks: tuple[str, ...]


def fit(blueprint: Blueprint, material: Material) -> Fit:
    counts, total = counted(material.statements), len(material.statements)
    weights = blueprint.material
    speaks = {kind: weight * strength(kind, counts[kind], total) for kind, weight in weights.items() if counts[kind]}
    if "questions" in weights and len(material.questions) >= OPTIONS:
        speaks["questions"] = weights["questions"]
    title, brief = f" {material.title.lower()} {material.question.lower()} ", f" {material.brief.lower()} "
    in_title = [word for word in blueprint.asked if _says(title, word)]
    in_brief = [word for word in blueprint.asked if _says(brief, word) and word not in in_title]
    habits = {habit.type: habit.count for habit in (material.voice.hooks if material.voice else ())}
    videos = sum(habits.values())
    mine = [kind for kind in blueprint.hooks if habits.get(kind)]
    score = blueprint.usual + sum(speaks.values()) / (1 + 0.25 * len(weights))
    score += ASKED * min(2, len(in_title) + len(in_brief) / 2)
    score += HABIT * sum(habits[kind] for kind in mine) / videos if videos else 0.0
    score -= TOO_SHORT if material.minutes < blueprint.least_minutes else 0.0
    kinds = sorted((kind for kind in speaks if counts[kind]), key=lambda kind: (-speaks[kind], kind))
    return Fit(
        blueprint.id,
        round(score, 4),
        tuple((kind, counts[kind]) for kind in kinds),
        (*in_title, *in_brief),
        tuple(mine),
    )


def choose(blueprints: Sequence[Blueprint], material: Material, asked_for: str | None = None) -> list[Fit]:
    """The best, and the one that was asked for before them."""
    fits = sorted((fit(one, material) for one in blueprints), key=lambda one: (one.id != asked_for, -one.score, one.id))
    return fits[:OPTIONS]


def _says(text: str, word: str) -> bool:
    """The words as a whole; a pattern that begins or ends with a space or a mark says itself where it ends."""
    left = r"\b" if word[0].isalnum() else ""
    right = r"\b" if word[-1].isalnum() else ""
    return re.search(f"{left}{re.escape(word)}{right}", text) is not None
